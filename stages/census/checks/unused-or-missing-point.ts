import type { Issue } from "../survey/types.ts"
import { type Context, line_flag, lineText, point_flag, pointKey } from "./context.ts"
import type { LostEnds } from "./lost-ends.ts"

/** Ends that are in no point table; points that no line uses. Classes without any points, or any lines, are let be. */
export function unusedOrMissingPoint(c: Context, lost: LostEnds): void {
  const with_points = new Set(c.major_of_point)
  const said = new Set<number>()
  const propose = numberProposals(c)
  for (const [e, meant] of lost.missing) {
    const i = e >> 1
    if (said.has(i) || !(with_points.has(c.major_of_line[i]!) || with_points.has(""))) continue
    const field = e & 1 ? "to_no" : "from_no"
    const number = lineText(c, i, field)
    // A point whose own number is wrong is said there, with this number as its fix.
    if (meant >= 0 && c.point_flags[meant]! & point_flag.number) {
      propose(meant, number)
      continue
    }
    said.add(i)
    const value = meant < 0 ? "" : pointKey(c, meant)
    c.sayLine(
      "unused-or-missing-point",
      i,
      field,
      { zh: `点表中没有管点 ${number}`, en: `Point ${number} is in no point table` },
      value === ""
        ? null
        : {
            field,
            value,
            words: { zh: `应为 ${value}：高程与位置相符`, en: `Should be ${value}: height and place fit` },
          },
    )
  }
  unused(c)
}

/** The number that lines give a point whose own is wrong, as the fix of what is said of the point. */
function numberProposals(c: Context): (point: number, number: string) => void {
  const by = new Map<string, Issue>()
  for (const issue of c.issues)
    if ((issue.rule === "required" || issue.rule === "duplicate-number") && issue.field === "exp_no")
      by.set(`${issue.table} ${issue.row}`, issue)
  return (point, number) => {
    const { table, row } = c.survey.points
    const issue = by.get(`${table[point]} ${row[point]}`)
    const words = { zh: `应为 ${number}：有管线与它相连`, en: `Should be ${number}: lines join it` }
    if (issue) issue.fix = { field: "exp_no", value: number, words }
  }
}

function unused(c: Context): void {
  const { points, lines } = c.survey
  const with_lines = new Set(c.major_of_line)
  const used = new Uint8Array(points.count)
  for (let e = 0; e < c.meant_point.length; e++) if (c.meant_point[e]! >= 0) used[c.meant_point[e]!] = 1
  const own_numbers = namedByVoid(c)
  for (let p = 0; p < points.count; p++) {
    if (used[p] || c.point_flags[p]! & point_flag.number || own_numbers.has(p)) continue
    if (
      lines.count === 0 ||
      !(with_lines.has(c.major_of_point[p]!) || with_lines.has("") || c.major_of_point[p] === "")
    )
      continue
    if (isDuplicateHere(c, p)) continue
    c.sayPoint("unused-or-missing-point", p, "exp_no", {
      zh: `没有管线连接管点 ${pointKey(c, p)}`,
      en: `No line joins point ${pointKey(c, p)}`,
    })
  }
}

/** Points that a line names which is void for another reason: that reason is said already. */
function namedByVoid(c: Context): Set<number> {
  const named = new Set<number>()
  for (let e = 0; e < c.end_point.length; e++)
    if (c.line_flags[e >> 1]! & line_flag.void && c.end_point[e]! >= 0) named.add(c.end_point[e]!)
  return named
}
const isDuplicateHere = (c: Context, p: number): boolean =>
  (c.point_flags[p]! & point_flag.place) !== 0 && (c.point_flags[p]! & point_flag.ground) !== 0
