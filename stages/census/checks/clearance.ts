import { culprits } from "./blame.ts"
import type { CloseLines } from "./close-lines.ts"
import { type Context, line_flag, lineKey } from "./context.ts"
import { yields } from "./crossing.ts"

/** What the rule table asks of two classes, each by its own code or its class of appendix B; null where nothing. */
export function clearanceTable(
  c: Context,
): (a: number, b: number) => { horizontal_m: number; vertical_m: number } | null {
  const table = new Map<string, { horizontal_m: number; vertical_m: number }>()
  for (const rule of c.settings.clearance) {
    table.set(`${rule.class_a} ${rule.class_b}`, rule)
    table.set(`${rule.class_b} ${rule.class_a}`, rule)
  }
  const codes = c.survey.lines.class_code
  const majors = c.major_of_line
  return (a, b) =>
    table.get(`${codes[a]} ${codes[b]}`) ??
    table.get(`${codes[a]} ${majors[b]}`) ??
    table.get(`${majors[a]} ${codes[b]}`) ??
    table.get(`${majors[a]} ${majors[b]}`) ??
    null
}

/** Lines nearer to each other, crossing or side by side, than the rule table allows. */
export function clearance(c: Context, close: readonly CloseLines[]): void {
  const asked = clearanceTable(c)
  const hits = close.filter((pair) => {
    const rule = asked(pair.a, pair.b)
    if (!rule || (c.line_flags[pair.a]! | c.line_flags[pair.b]!) & line_flag.length) return false
    return pair.vertical_m === null
      ? pair.horizontal_m < rule.horizontal_m
      : pair.vertical_m > 0 && pair.vertical_m < rule.vertical_m
  })
  for (const [i, k] of culprits(
    hits.map(({ a, b }) => [a, b] as const),
    (row) => yields(c, row),
  )) {
    const { a, b, at, vertical_m, horizontal_m } = hits[k]!
    const other = a === i ? b : a
    const rule = asked(a, b)!
    const crossing = vertical_m !== null
    const [free, least] = crossing ? [vertical_m, rule.vertical_m] : [horizontal_m, rule.horizontal_m]
    const issue = c.sayLine(
      "clearance",
      i,
      "from_elevation_m",
      {
        zh: `与 ${lineKey(c, other)}（第 ${c.survey.lines.row[other]} 行）的${crossing ? "垂直" : "水平"}净距 ${free.toFixed(2)} m，应不小于 ${least} m`,
        en: `${crossing ? "Vertical" : "Horizontal"} clearance to ${lineKey(c, other)} (row ${c.survey.lines.row[other]}) is ${free.toFixed(2)} m; at least ${least} m is asked`,
      },
      null,
      free.toFixed(2),
    )
    issue.at = at
  }
}
