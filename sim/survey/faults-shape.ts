/** Errors of place, height and size: what was measured or drawn wrong. Ground = depth + pipe height holds in all. */
import { all_classes, classNumber } from "./classes.ts"
import { linesAt } from "./network.ts"
import {
  classOf,
  type Ground,
  isKind,
  isPlain,
  isPressure,
  isStub,
  line,
  move,
  neighbours,
  planLength,
  point,
} from "./planting.ts"

type Planter = (g: Ground, count: number) => void

/** A house's sewer that begins beyond the district's southern edge. */
export const outsideDistrict: Planter = (g, count) => {
  const { points } = g.net
  for (const p of g.pick(count, (q) => isKind(g, q, "house_sewer") && points.street[q] === 0)) {
    move(g, p, points.s[p]! - 18, points.t[p]!)
    g.faults.push({ rule: "outside-district", at: point(p), also: linesAt(g.at, p).map(line) })
  }
}

/** A water service pipe that leaves its main almost along it. */
export const angle: Planter = (g, count) => {
  const { points } = g.net
  const tee = (p: number) => neighbours(g.net, g.at, p)[0]!
  // The next point of the main must lie well beyond the end of the turned pipe.
  const roomy = (p: number) =>
    linesAt(g.at, tee(p)).every((l) => planLength(g, l) < 3 || planLength(g, l) > 20) &&
    neighbours(g.net, g.at, tee(p)).length === 3
  for (const p of g.pick(count, (q) => isStub(g, q, "JS") && roomy(q))) {
    const [q, along_ew] = [tee(p), points.street[p]! < g.layout.s.length]
    if (along_ew) move(g, p, points.s[q]! - 1.67, points.t[q]! + 16)
    else move(g, p, points.s[q]! + 16, points.t[q]! - 1.67)
    g.faults.push({
      rule: "angle",
      at: line(linesAt(g.at, p)[0]!),
      also: [point(q), point(p), ...linesAt(g.at, q).map(line)],
    })
  }
}

/** A short service pipe whose end lies 1.8 m deeper than its start. */
export const slope: Planter = (g, count) => {
  for (const p of g.pick(count, (q) => isStub(g, q, "JS"))) {
    const l = linesAt(g.at, p)[0]!
    g.net.lines.to_depth[l]! += 180
    g.faults.push({ rule: "slope", at: line(l), also: [] })
  }
}

/** A sewer's service pipe that begins 0.3 m below the manhole it runs to. */
export const uphill: Planter = (g, count) => {
  const { points, lines } = g.net
  for (const p of g.pick(count, (q) => isKind(g, q, "inlet", "house_sewer"))) {
    const l = linesAt(g.at, p)[0]!
    const invert = points.ground[lines.to[l]!]! - lines.to_depth[l]!
    lines.from_depth[l] = points.ground[p]! - (invert - 30)
    g.faults.push({ rule: "uphill", at: line(l), also: [] })
  }
}

/** One sewer between two manholes smaller than the one before it. */
export const diameterShrinks: Planter = (g, count) => {
  const { lines } = g.net
  const smallest: Record<string, string> = { YS: "300", WS: "200" }
  const isMain = (l: number) => Number(lines.section[l]) > Number(smallest[all_classes[lines.class_no[l]!]!.code])
  const after = (p: number) => linesAt(g.at, p).find((l) => lines.from[l] === p)
  const fits = (p: number) =>
    !isPressure(g, p) && after(p) !== undefined && linesAt(g.at, p).some((l) => lines.to[l] === p && isMain(l))
  for (const p of g.pick(count, fits)) {
    const l = after(p)!
    lines.section[l] = smallest[classOf(g, p)]!
    g.faults.push({ rule: "diameter-shrinks", at: line(l), also: [point(p), ...linesAt(g.at, p).map(line)] })
  }
}

/** At a straight point one of two lines has another material, another diameter, or another depth. */
export const pointConsistency: Planter = (g, count) => {
  const { lines } = g.net
  const may_change = ["tee", "cross", "reducer"] as const
  // The changed line's other end is where changes are allowed, so that only this point disagrees.
  const changed = (p: number) =>
    linesAt(g.at, p).find((l) => isKind(g, lines.from[l] === p ? lines.to[l]! : lines.from[l]!, ...may_change))
  // Beyond this point the main goes on as it was, so that it is clear which line is the odd one.
  const fits = (p: number) =>
    isPlain(g, p) &&
    ["JS", "RQ", "RS"].includes(classOf(g, p)) &&
    changed(p) !== undefined &&
    neighbours(g.net, g.at, p).some((q) => isPlain(g, q))
  g.pick(count, fits).forEach((p, n) => {
    const l = changed(p)!
    if (n % 3 === 0) lines.material[l] = lines.material[l] === "G" ? "PE" : "G"
    else if (n % 3 === 1) lines.section[l] = "90"
    else if (lines.from[l] === p) lines.from_depth[l]! += 40
    else lines.to_depth[l]! += 40
    const other = linesAt(g.at, p).find((k) => k !== l)!
    g.faults.push({ rule: "point-consistency", at: line(l), also: [point(p), line(other)] })
  })
}

/** Heating mains along each east–west street: lines by street, to be found by their place along it. */
function heatingMains(g: Ground): Map<number, number[]> {
  const { lines } = g.net
  const by_street = new Map<number, number[]>()
  const rs = classNumber("RS")
  lines.from.forEach((_, l) => {
    if (lines.class_no[l] !== rs || lines.street[l]! >= g.layout.s.length || lines.removed.has(l)) return
    const list = by_street.get(lines.street[l]!)
    if (list) list.push(l)
    else by_street.set(lines.street[l]!, [l])
  })
  return by_street
}

/** Water service pipes across from a heating main that nobody else has touched, with that main's line. */
function stubsByHeating(g: Ground, count: number): { end: number; tee: number; stub: number; main: number }[] {
  const { points, lines } = g.net
  const mains = heatingMains(g)
  const mainOf = (p: number) =>
    mains.get(points.street[p]!)?.find((l) => {
      const [a, b] = [points.t[lines.from[l]!]!, points.t[lines.to[l]!]!]
      return (points.t[p]! - a) * (points.t[p]! - b) < 0
    })
  const fits = (p: number) => {
    if (!isStub(g, p, "JS")) return false
    const main = mainOf(p)
    return main !== undefined && g.free(lines.from[main]!) && g.free(lines.to[main]!)
  }
  return g.pick(count, fits).map((end) => {
    const main = mainOf(end)!
    g.take(lines.from[main]!)
    g.take(lines.to[main]!)
    return { end, tee: neighbours(g.net, g.at, end)[0]!, stub: linesAt(g.at, end)[0]!, main }
  })
}

/** A water service pipe that rises to a heating main's height and goes through it. */
export const crossing: Planter = (g, count) => {
  const { points, lines } = g.net
  for (const { end, tee, stub, main } of stubsByHeating(g, count)) {
    move(g, end, points.s[tee]! - 8, points.t[tee]!)
    const start = lines.from_depth[stub]!
    lines.to_depth[stub] = Math.round(start + ((147 - start) * 8) / 5.5)
    g.faults.push({ rule: "crossing", at: line(stub), also: [line(main)] })
  }
}

/** A water service pipe that ends half a metre beside a heating main, at its height. */
export const clearance: Planter = (g, count) => {
  const { points, lines } = g.net
  for (const { end, tee, stub, main } of stubsByHeating(g, count)) {
    move(g, end, points.s[tee]! - 5.05, points.t[tee]!)
    lines.to_depth[stub] = 150
    g.faults.push({ rule: "clearance", at: line(stub), also: [line(main)] })
  }
}
