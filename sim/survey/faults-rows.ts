/** Human errors that add rows or leave some out: done twice, forgotten, left alone. */
import { all_classes, classNumber } from "./classes.ts"
import { copyFirstLine } from "./faults-cells.ts"
import { addPoint } from "./mains.ts"
import { addLine, linesAt } from "./network.ts"
import { classOf, edit, type Ground, isKind, isPlain, line, neighbours, point } from "./planting.ts"

type Planter = (g: Ground, count: number) => void

const copyOf = (g: Ground, p: number, s: number, t: number): number => {
  const { points } = g.net
  const q = addPoint(g, points.class_no[p]!, s, t, "straight", points.street[p]!)
  points.kind[q] = points.kind[p]!
  points.depth[q] = points.depth[p]!
  return q
}
const alongEw = (g: Ground, p: number) => g.net.points.street[p]! < g.layout.s.length

/** A point measured again a step aside and written under its old number. */
export const duplicateNumber =
  (number: (p: number) => string): Planter =>
  (g, count) => {
    for (const p of g.pick(count, (q) => isPlain(g, q) && classOf(g, q) === "JS")) {
      const { s, t } = g.net.points
      const q = alongEw(g, p) ? copyOf(g, p, s[p]! + 1.6, t[p]!) : copyOf(g, p, s[p]!, t[p]! + 1.6)
      edit(g.edits.points, q, { exp_no: number(p), map_no: number(p) })
      g.faults.push({ rule: "duplicate-number", at: point(q), also: [point(p)] })
    }
  }

/**
 * Breaks a water main at a straight point: one of its lines ends at a second point instead. Only east–west mains north
 * of the second street are broken, and once between two crossings, so that the loops still join everything.
 */
function breakMain(
  g: Ground,
  broken: Set<string>,
  count: number,
  beside_m: number,
): { line: number; old: number; made: number }[] {
  const { points, lines } = g.net
  const js = classNumber("JS")
  const key = (p: number) => `${points.street[p]}/${g.layout.t.findLastIndex((v) => v <= points.t[p]!)}`
  const fits = (p: number) => {
    if (points.class_no[p] !== js || points.street[p]! < 2 || !alongEw(g, p) || !isPlain(g, p) || broken.has(key(p)))
      return false
    broken.add(key(p))
    return true
  }
  return g.pick(count, fits).map((p) => {
    const l = linesAt(g.at, p).find((k) => lines.to[k] === p)!
    const made = copyOf(g, p, points.s[p]! + beside_m, points.t[p]!)
    lines.to[l] = made
    return { line: l, old: p, made }
  })
}

/** A point surveyed twice under two numbers: one line ends at the first, the next begins at the second. */
export const duplicatePosition =
  (broken: Set<string>): Planter =>
  (g, count) => {
    for (const { line: l, old, made } of breakMain(g, broken, count, 0))
      g.faults.push({ rule: "duplicate-position", at: point(made), also: [point(old), line(l)] })
  }

/** A line that ends 0.3 m beside the point it should join. */
export const nearMiss =
  (broken: Set<string>): Planter =>
  (g, count) => {
    for (const { line: l, old, made } of breakMain(g, broken, count, 0.3))
      g.faults.push({ rule: "near-miss", at: line(l), also: [point(made), point(old)] })
  }

export const startIsEnd: Planter = (g, count) => {
  for (const p of g.pick(count, (q) => isKind(g, q, "hand"))) {
    const l = addLine(g.net, p, p, "", "", g.net.points.street[p]!)
    copyFirstLine(g, p, l)
    g.faults.push({ rule: "start-is-end", at: line(l), also: [] })
  }
}

/** A line written twice, every other time from its end to its start. */
export const duplicateLine: Planter = (g, count) => {
  const { lines } = g.net
  const next = (p: number) => linesAt(g.at, p).find((l) => isPlain(g, lines.from[l]!) && isPlain(g, lines.to[l]!))
  g.pick(count, (p) => isPlain(g, p) && next(p) !== undefined).forEach((p, n) => {
    const old = next(p)!
    const ends = [lines.from[old]!, lines.to[old]!] as const
    const [a, b] = n % 2 === 0 ? ends : [ends[1], ends[0]]
    const l = addLine(g.net, a, b, lines.section[old]!, lines.material[old]!, lines.street[old]!)
    const depths = [lines.from_depth[old]!, lines.to_depth[old]!] as const
    ;[lines.from_depth[l], lines.to_depth[l]] = n % 2 === 0 ? depths : [depths[1], depths[0]]
    g.faults.push({ rule: "duplicate-line", at: line(l), also: [line(old)] })
  })
}

/** Every other time a point that no line uses, else a line to a point that nobody delivered. */
export const unusedOrMissing =
  (number: (p: number) => string): Planter =>
  (g, count) => {
    g.pick(count, (q) => isKind(g, q, "hand")).forEach((p, n) => {
      if (n % 2 === 0) {
        const { s, t } = g.slot()
        const q = addPoint(g, classNumber(n % 4 === 0 ? "JS" : "RQ"), s, t, "valve", g.net.points.street[p]!)
        g.faults.push({ rule: "unused-or-missing-point", at: point(q), also: [] })
      } else {
        const l = addLine(g.net, p, p, "", "", g.net.points.street[p]!)
        copyFirstLine(g, p, l)
        edit(g.edits.lines, l, { to_no: `${number(p).slice(0, 2)}9${number(p).slice(2).padStart(7, "0")}` })
        g.faults.push({ rule: "unused-or-missing-point", at: line(l), also: [] })
      }
    })
  }

/** Three straight points not delivered: one line of more than 80 m where four were. */
export const length: Planter = (g, count) => {
  const { points, lines } = g.net
  const runOf = (p: number): number[] | null => {
    const [a, b] = neighbours(g.net, g.at, p)
    if (!isPlain(g, p) || !["RS", "DL", "TX"].includes(classOf(g, p))) return null
    const outer = [a!, b!].map((q) => (isPlain(g, q) ? neighbours(g.net, g.at, q).find((r) => r !== p)! : -1))
    if (outer.includes(-1)) return null
    const [x, y] = outer as [number, number]
    const reach = Math.hypot(points.north[x]! - points.north[y]!, points.east[x]! - points.east[y]!)
    return reach > 80 ? [x, a!, p, b!, y] : null
  }
  for (const p of g.pick(count, (q) => runOf(q) !== null)) {
    const [x, a, , b, y] = runOf(p) as [number, number, number, number, number]
    const gone = new Set([a, p, b].flatMap((q) => linesAt(g.at, q)))
    const first = [...gone].find((l) => lines.from[l] === x || lines.from[l] === y)!
    const last = [...gone].find((l) => l !== first && (lines.to[l] === x || lines.to[l] === y))!
    lines.to_depth[first] = lines.to_depth[last]!
    lines.to[first] = lines.to[last]!
    for (const l of gone) if (l !== first) lines.removed.add(l)
    for (const q of [a, p, b]) points.removed.add(q)
    g.faults.push({ rule: "length", at: line(first), also: [] })
  }
}

/** Two points and the line between them, alone inside a block. */
export const connectivity: Planter = (g, count) => {
  for (let n = 0; n < count; n++) {
    const { s, t } = g.slot()
    const class_no = classNumber(["JS", "RQ", "RS"][n % 3]!)
    const [a, b] = [addPoint(g, class_no, s, t, "reserved", 0), addPoint(g, class_no, s, t + 20, "reserved", 0)]
    const of = all_classes[class_no]!
    const l = addLine(g.net, a, b, of.sections.main, of.materials.main, 0)
    g.faults.push({ rule: "connectivity", at: point(a), also: [point(b), line(l)] })
  }
}

/** A small class of its own: a chain of `count` lines that goes to and fro inside a block. */
export function chain(g: Ground, class_code: string, count: number, depth_cm: number): number[] {
  const { s, t } = g.block()
  const class_no = classNumber(class_code)
  const of = all_classes[class_no]!
  const made: number[] = []
  const lines: number[] = []
  for (let n = 0; n <= count; n++) {
    const [row, step] = [Math.floor(n / 5), n % 5]
    const turns = step === 0 || step === 4
    const kind = n === 0 || n === count ? "reserved" : turns ? (class_code === "XS" ? "bend" : "turn") : "straight"
    const p = addPoint(g, class_no, s + row * 12, t + (row % 2 === 0 ? step : 4 - step) * 21, kind, 0)
    g.net.points.depth[p] = depth_cm
    if (n > 0) lines.push(addLine(g.net, made[n - 1]!, p, of.sections.main, of.materials.main, 0))
    made.push(p)
  }
  return lines
}
export const chain_lines_max = 44
/** A small class whose depths were all written with the point in the wrong place. */
export const depthMax: Planter = (g, count) => {
  for (const l of chain(g, "XS", count, 3800)) g.faults.push({ rule: "depth-max", at: line(l), also: [] })
}

export const header_chain_lines = 9
/** Small classes whose point table has a column without a name, or one name over two columns. */
export const header: Planter = (g) => {
  for (const [class_code, how] of [
    ["LD", "empty"],
    ["XH", "duplicate"],
    ["GB", "duplicate"],
  ] as const) {
    chain(g, class_code, header_chain_lines, 70)
    g.edits.headers.set(class_code, how)
    g.faults.push({ rule: "header", at: { kind: "header", class_code, of: "point" }, also: [] })
  }
}
