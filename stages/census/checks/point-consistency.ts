import { materialCode } from "../survey/codes.ts"
import { culprits } from "./blame.ts"
import { type Context, type Ends, line_flag, lineText, planLength, pointKey, shown, sizeM } from "./context.ts"
import { called, isDrop, isInlet, isStraight } from "./kinds.ts"

type Clash = { pairs: [number, number][]; points: number[] }

/**
 * One point has one height on all its lines (wells may set gravity pipes by their crowns, and take short connections of
 * inlets and named drops at any height); a straight point has one material and one section.
 */
export function pointConsistency(c: Context, ends: Ends, flow: Int8Array): void {
  heights(c, ends, flow)
  const material = (i: number) => {
    const text = lineText(c, i, "material")
    return materialCode(text) ?? text
  }
  makes(c, ends, "material", material)
  makes(c, ends, "section", (i) => {
    const section = c.section(i)
    return section ? JSON.stringify(section) : lineText(c, i, "section")
  })
}

function heights(c: Context, { start, ends }: Ends, flow: Int8Array): void {
  const tolerance = c.settings.point_tolerance_m
  const clash: Clash = { pairs: [], points: [] }
  const height = (e: number) => (Number.isNaN(c.elevation[e]!) ? -c.depth[e]! : c.elevation[e]!)
  for (let p = 0; p < c.survey.points.count; p++) {
    const [from, to] = [start[p]!, start[p + 1]!]
    if (to - from < 2 || isDrop(called(c, p))) continue
    let [low, high] = [Infinity, -Infinity]
    for (let k = from; k < to; k++) {
      const value = c.height_doubted[ends[k]!] ? Number.NaN : height(ends[k]!)
      if (value < low) low = value
      if (value > high) high = value
    }
    if (high - low <= tolerance) continue
    const known = Array.from(ends.subarray(from, to)).filter((e) => !c.height_doubted[e] && !Number.isNaN(height(e)))
    const apart = (a: number, b: number) => Math.abs(height(a) - height(b)) > tolerance + crownM(c, a, b)
    for (let a = 0; a < known.length; a++)
      for (let b = a + 1; b < known.length; b++) {
        const [one, other] = [known[a]!, known[b]!]
        if (!apart(one, other) || [one, other].some((e) => connection(c, e))) continue
        clash.pairs.push([one, other])
        clash.points.push(p)
      }
  }
  const found = culprits(clash.pairs, (e) => doubtOfHeight(c, e, flow))
  const said = new Set<number>()
  for (const [e, k] of found) {
    const i = e >> 1
    c.height_doubted[e] = 1
    if (said.has(i)) continue
    said.add(i)
    const [a, b] = clash.pairs[k]!
    const other = a === e ? b : a
    const by_height = !Number.isNaN(c.elevation[e]!)
    const field = `${e & 1 ? "to" : "from"}_${by_height ? "elevation" : "depth"}_m` as const
    const [own, theirs] = by_height ? [c.elevation[e]!, c.elevation[other]!] : [c.depth[e]!, c.depth[other]!]
    c.sayLine(
      "point-consistency",
      i,
      field,
      {
        zh: `在 ${pointKey(c, clash.points[k]!)}：${by_height ? "高程" : "埋深"} ${shown(own)} 与第 ${c.survey.lines.row[other >> 1]} 行的 ${shown(theirs)} 不一致`,
        en: `At ${pointKey(c, clash.points[k]!)}: ${by_height ? "height" : "depth"} ${shown(own)} differs from ${shown(theirs)} of row ${c.survey.lines.row[other >> 1]}`,
      },
      Number.isNaN(theirs)
        ? null
        : { field, value: shown(theirs), words: { zh: `改为 ${shown(theirs)}`, en: `Make it ${shown(theirs)}` } },
    )
  }
}

/** Pipes of different size may be set by their crowns or axes: their inverts then differ by their difference in size. */
const crownM = (c: Context, a: number, b: number): number =>
  Math.abs(sizeM(c.section(a >> 1)).height - sizeM(c.section(b >> 1)).height)

/** A gravity line whose other end is a street inlet. */
function connection(c: Context, e: number): boolean {
  const other = c.end_point[e ^ 1]!
  return c.gravity[e >> 1] === 1 && other >= 0 && isInlet(called(c, other))
}

/** How odd a line is by itself: rising against its flow counts most, then its steepness. */
function doubtOfHeight(c: Context, e: number, flow: Int8Array): number {
  const i = e >> 1
  const rise = c.elevation[2 * i + 1]! - c.elevation[2 * i]!
  const steep = Math.abs(rise) / planLength(c, i)
  return (flow[i]! * rise > c.settings.uphill_tolerance_m ? 10 : 0) + (Number.isFinite(steep) ? steep : 0)
}

function makes(c: Context, { start, ends }: Ends, field: "material" | "section", value: (i: number) => string): void {
  if (!c.survey.lines.text[field]) return
  const clash: Clash = { pairs: [], points: [] }
  for (let p = 0; p < c.survey.points.count; p++) {
    if (start[p + 1]! - start[p]! !== 2 || !isStraight(called(c, p))) continue
    const [a, b] = [ends[start[p]!]! >> 1, ends[start[p]! + 1]! >> 1]
    const [one, other] = [value(a), value(b)]
    if (one === "" || other === "" || one === other) continue
    clash.pairs.push([a, b])
    clash.points.push(p)
  }
  const agreeing = (i: number, p: number): number => {
    const far = c.end_point[2 * i] === p ? c.end_point[2 * i + 1]! : c.end_point[2 * i]!
    if (far < 0) return 0
    let count = 0
    for (let k = start[far]!; k < start[far + 1]!; k++)
      if (ends[k]! >> 1 !== i && value(ends[k]! >> 1) === value(i)) count++
    return count
  }
  for (const [i, k] of culprits(clash.pairs, (row, pair) => -agreeing(row, clash.points[pair]!))) {
    c.line_flags[i]! |= line_flag.make
    const [a, b] = clash.pairs[k]!
    const theirs = lineText(c, a === i ? b : a, field)
    const [zh, en] = field === "material" ? ["材质", "material"] : ["断面", "section"]
    c.sayLine(
      "point-consistency",
      i,
      field,
      {
        zh: `在直线点 ${pointKey(c, clash.points[k]!)}：${zh} ${lineText(c, i, field)} 与相邻管段的 ${theirs} 不一致`,
        en: `At straight point ${pointKey(c, clash.points[k]!)}: ${en} ${lineText(c, i, field)} differs from ${theirs} of the next line`,
      },
      { field, value: theirs, words: { zh: `改为 ${theirs}`, en: `Make it ${theirs}` } },
    )
  }
}
