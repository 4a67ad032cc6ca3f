import { type Context, line_flag, lineText } from "./context.ts"

/** A line from a point to itself. */
export function startIsEnd(c: Context): void {
  const { lines } = c.survey
  for (let i = 0; i < lines.count; i++) {
    const number = lineText(c, i, "from_no")
    if (number === "" || number !== lineText(c, i, "to_no")) continue
    c.line_flags[i]! |= line_flag.void
    c.sayLine("start-is-end", i, "to_no", { zh: `起点和终点都是 ${number}`, en: `Start and end are both ${number}` })
  }
}
