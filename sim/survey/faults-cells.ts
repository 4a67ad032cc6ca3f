/** Human errors in single cells: typing, leaving out, mixing up. None changes what the network is. */
import { all_classes, kindNumber, pointCode } from "./classes.ts"
import { addLine, linesAt } from "./network.ts"
import { classOf, edit, type Ground, isKind, isPlain, line, planLength, point } from "./planting.ts"

type Planter = (g: Ground, count: number) => void

/** A blank coordinate; every third time a line that says where it begins and not where it ends. */
export const required: Planter = (g, count) => {
  g.pick(count, (p) => isKind(g, p, "hand") && linesAt(g.at, p).length === 2).forEach((p, n) => {
    if (n % 3 !== 2) {
      edit(g.edits.points, p, { [n % 3 === 0 ? "x" : "y"]: null })
      g.faults.push({ rule: "required", at: point(p), also: [] })
    } else {
      const l = addLine(g.net, p, p, all_classes[g.net.points.class_no[p]!]!.sections.main, "", g.net.points.street[p]!)
      copyFirstLine(g, p, l)
      edit(g.edits.lines, l, { to_no: null, to_depth_m: null, to_elevation_m: null })
      g.faults.push({ rule: "required", at: line(l), also: [] })
    }
  })
}

/** Two dots, a word before the number, a unit behind it. */
export const numeric: Planter = (g, count) => {
  g.pick(count, (p) => isPlain(g, p)).forEach((p, n) => {
    const l = linesAt(g.at, p)[0]!
    const ground = (g.net.points.ground[p]! / 100).toFixed(2)
    const depth = (g.net.lines.from_depth[l]! / 100).toFixed(2)
    if (n % 3 === 0) edit(g.edits.points, p, { ground_m: `约${ground}` })
    else if (n % 3 === 1) edit(g.edits.lines, l, { from_depth_m: `${depth.replace(".", "..")}` })
    else edit(g.edits.lines, l, { from_depth_m: `${depth.slice(0, 3)}.${depth.slice(3)}` })
    g.faults.push({ rule: "numeric", at: n % 3 === 0 ? point(p) : line(l), also: [] })
  })
}

/** The number on the map is another than the surveyor's. `number(p)` is a point's own. */
export const pointNumber =
  (number: (p: number) => string): Planter =>
  (g, count) => {
    for (const p of g.pick(count, (q) => isPlain(g, q) || isKind(g, q, "manhole"))) {
      edit(g.edits.points, p, { map_no: `${number(p)}A` })
      g.faults.push({ rule: "point-number", at: point(p), also: [] })
    }
  }

/** A point that is called both a feature and an appurtenance, or neither. */
export const featureXorAppurtenance: Planter = (g, count) => {
  g.pick(count, (p) => isPlain(g, p) && classOf(g, p) === "JS").forEach((p, n) => {
    edit(g.edits.points, p, n % 3 === 2 ? { feature: null, appurtenance: null } : { appurtenance: "阀门井" })
    g.faults.push({ rule: "feature-xor-appurtenance", at: point(p), also: [] })
  })
}

/** The code of a tee on a straight point, or of an inlet on a manhole. */
export const codeName: Planter = (g, count) => {
  for (const p of g.pick(count, (q) => isPlain(g, q) || (classOf(g, q) === "YS" && isKind(g, q, "manhole")))) {
    const of = all_classes[g.net.points.class_no[p]!]!
    edit(g.edits.points, p, { code: pointCode(of, kindNumber[of.code === "YS" ? "inlet" : "tee"]) })
    g.faults.push({ rule: "code-name", at: point(p), also: [] })
  }
}

/** Pipe height or depth mistyped by a quarter of a metre where one line ends alone, so that no other line disagrees. */
export const groundHeight: Planter = (g, count) => {
  const ends = g.pick(count, (p) => {
    const lines = linesAt(g.at, p)
    return lines.length === 1 && isKind(g, p, "reserved", "house", "meter") && planLength(g, lines[0]!) >= 2
  })
  ends.forEach((p, n) => {
    const l = linesAt(g.at, p)[0]!
    const { lines, points } = g.net
    const end = lines.from[l] === p ? "from" : "to"
    const depth = end === "from" ? lines.from_depth[l]! : lines.to_depth[l]!
    if (n % 2 === 0) edit(g.edits.lines, l, { [`${end}_elevation_m`]: (points.ground[p]! - depth + 25) / 100 })
    else edit(g.edits.lines, l, { [`${end}_depth_m`]: (depth - 25) / 100 })
    g.faults.push({ rule: "ground-height", at: line(l), also: [point(p)] })
  })
}

/** A point named a tee that joins two lines, or a cross that is called a tee. */
export const teeDegree: Planter = (g, count) => {
  const crosses = g.pick(Math.floor(count / 4), (p) => isKind(g, p, "cross"))
  const plain = g.pick(count - crosses.length, (p) => isPlain(g, p) && ["JS", "RQ", "RS"].includes(classOf(g, p)))
  for (const p of [...crosses, ...plain]) {
    g.net.points.kind[p] = kindNumber.tee
    g.faults.push({ rule: "tee-degree", at: point(p), also: linesAt(g.at, p).map(line) })
  }
}

/** Coordinates typed to the whole metre. */
export const coordinatePrecision: Planter = (g, count) => {
  for (const p of g.pick(count, (q) => isPlain(g, q))) {
    const { points } = g.net
    points.north[p] = Math.round(points.north[p]!)
    points.east[p] = Math.round(points.east[p]!)
    g.faults.push({ rule: "coordinate-precision", at: point(p), also: [] })
  }
}

/** X and Y swapped, the zone's number left out or put before, or the row worked out in the next zone. */
export const zoneMismatch =
  (plane: { prefix: boolean; nextZone(north_m: number, east_m: number): [number, number] }): Planter =>
  (g, count) => {
    g.pick(count, (p) => isPlain(g, p)).forEach((p, n) => {
      const [x, y] = [g.net.points.north[p]!, g.net.points.east[p]!]
      const round = (v: number) => Math.round(v * 1000) / 1000
      const [wrong_x, wrong_y] =
        n % 3 === 0 ? [y, x] : n % 3 === 1 ? plane.nextZone(x, y) : [x, plane.prefix ? y - 39_000_000 : y + 39_000_000]
      edit(g.edits.points, p, { x: round(wrong_x), y: round(wrong_y) })
      g.faults.push({ rule: "zone-mismatch", at: point(p), also: linesAt(g.at, p).map(line) })
    })
  }

/** Gives a new line at `p` the section, material and depths of the first line there. */
export function copyFirstLine(g: Ground, p: number, l: number): void {
  const { lines } = g.net
  const like = linesAt(g.at, p)[0]!
  lines.section[l] = lines.section[like]!
  lines.material[l] = lines.material[like]!
  const depth = lines.from[like] === p ? lines.from_depth[like]! : lines.to_depth[like]!
  lines.from_depth[l] = depth
  lines.to_depth[l] = depth
}
