import { type Context, type Ends, endsOf, type Fix, line_flag, pointKey, shown } from "./context.ts"
import { habit } from "./habit.ts"

/** Ground height = depth + pipe height at every end. One wrong ground is said of its point, else of the line. */
export function groundHeight(c: Context): void {
  const { lines } = c.survey
  const tolerance = c.settings.ground_tolerance_m
  const off = (e: number): number => {
    const p = c.end_point[e]!
    return p < 0 || c.height_doubted[e] ? Number.NaN : c.ground[p]! - c.depth[e]! - c.elevation[e]!
  }
  const asked = (i: number) => (c.line_flags[i]! & line_flag.void) === 0 && (c.line_flags[i]! & line_flag.length) === 0
  const wrong = (e: number) => asked(e >> 1) && Math.abs(off(e)) > tolerance
  const own_way = habit(
    lines,
    (i) => asked(i) && !(Number.isNaN(off(2 * i)) && Number.isNaN(off(2 * i + 1))),
    (i) => wrong(2 * i) || wrong(2 * i + 1),
  )
  for (const table of own_way) sayTable(c, table)
  const all = endsOf(c, c.end_point)
  const said_point = groundsWrong(c, all, off, wrong, (e) => own_way.has(lines.table[e >> 1]!))
  for (const p of said_point) {
    const e = all.ends[all.start[p]!]!
    const value = shown(c.depth[e]! + c.elevation[e]!)
    c.sayPoint(
      "ground-height",
      p,
      "ground_m",
      {
        zh: `地面高程 ${shown(c.ground[p]!)} 与各管线的埋深加管高程 ${value} 不符`,
        en: `Ground height ${shown(c.ground[p]!)} is not depth plus pipe height of its lines, ${value}`,
      },
      { field: "ground_m", value, words: { zh: `地面高程改为 ${value}`, en: `Ground height becomes ${value}` } },
    )
    c.ground[p] = Number.NaN
  }
  for (let i = 0; i < lines.count; i++) {
    if (own_way.has(lines.table[i]!)) continue
    const bad = [2 * i, 2 * i + 1].filter((e) => wrong(e))
    for (const e of bad) c.height_doubted[e] = 1
    if (bad.length > 0) sayEnd(c, all, i, bad[0]!)
  }
}

/** Points at which two lines or more agree that the ground is another. */
function groundsWrong(
  c: Context,
  all: Ends,
  off: (e: number) => number,
  wrong: (e: number) => boolean,
  skipped: (e: number) => boolean,
): number[] {
  const found: number[] = []
  for (let p = 0; p < c.survey.points.count; p++) {
    const [from, to] = [all.start[p]!, all.start[p + 1]!]
    let [low, high, known] = [Infinity, -Infinity, 0]
    for (let k = from; k < to; k++) {
      const e = all.ends[k]!
      const value = off(e)
      if (Number.isNaN(value) || skipped(e)) continue
      known++
      low = Math.min(low, value)
      high = Math.max(high, value)
      if (!wrong(e)) low = -Infinity
    }
    if (known >= 2 && high - low <= c.settings.ground_tolerance_m) found.push(p)
  }
  return found
}

function sayEnd(c: Context, all: Ends, i: number, e: number): void {
  const p = c.end_point[e]!
  const others = Array.from(all.ends.subarray(all.start[p]!, all.start[p + 1]!)).filter(
    (k) => k !== e && !c.height_doubted[k],
  )
  const level = others.some((k) => Math.abs(c.elevation[k]! - c.elevation[e]!) <= c.settings.point_tolerance_m)
  const deep = others.some((k) => Math.abs(c.depth[k]! - c.depth[e]!) <= c.settings.point_tolerance_m)
  const depth = shown(c.ground[p]! - c.elevation[e]!)
  const height = shown(c.ground[p]! - c.depth[e]!)
  const which = e & 1 ? (["to_depth_m", "to_elevation_m"] as const) : (["from_depth_m", "from_elevation_m"] as const)
  const field = level && !deep ? which[0] : which[1]
  const value = field === which[0] ? depth : height
  const fix: Fix = {
    field,
    value,
    words:
      field === which[0]
        ? { zh: `埋深改为 ${value}（地面高程减管高程）`, en: `Depth becomes ${value} (ground less pipe height)` }
        : { zh: `管高程改为 ${value}（地面高程减埋深）`, en: `Pipe height becomes ${value} (ground less depth)` },
  }
  const sum = shown(c.depth[e]! + c.elevation[e]!)
  c.sayLine(
    "ground-height",
    i,
    field,
    {
      zh: `在 ${pointKey(c, p)}：埋深加管高程为 ${sum}，地面高程为 ${shown(c.ground[p]!)}`,
      en: `At ${pointKey(c, p)}: depth plus pipe height is ${sum}, ground height is ${shown(c.ground[p]!)}`,
    },
    fix,
  )
}

function sayTable(c: Context, table: number): void {
  const { file, name } = c.survey.tables[table]!
  c.issues.push({
    rule: "ground-height",
    table,
    file,
    table_name: name,
    row: 0,
    key: "",
    field: "from_elevation_m",
    value: "",
    words: {
      zh: "多数管线的埋深加管高程不等于地面高程；请核对各列的含义（管顶或管底）与单位",
      en: "For most lines depth plus pipe height is not the ground height; check what the columns mean (top or invert) and their units",
    },
    at: null,
    fix: null,
  })
}
