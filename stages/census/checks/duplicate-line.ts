import { type Context, line_flag, lineText } from "./context.ts"

/** The same two points joined twice, in either direction: the later row is said, to be deleted. */
export function duplicateLine(c: Context): void {
  const { lines, points } = c.survey
  const key = new Float64Array(lines.count)
  const joined: number[] = []
  for (let i = 0; i < lines.count; i++) {
    const [a, b] = [c.end_point[2 * i]!, c.end_point[2 * i + 1]!]
    if (a < 0 || b < 0 || c.line_flags[i]! & line_flag.void) continue
    key[i] = Math.min(a, b) * points.count + Math.max(a, b)
    joined.push(i)
  }
  const order = Uint32Array.from(joined)
  order.sort((a, b) => key[a]! - key[b]! || a - b)
  let first = 0
  for (let k = 1; k < order.length; k++) {
    const i = order[k]!
    if (key[i] !== key[order[first]!]) {
      first = k
      continue
    }
    const row = lines.row[order[first]!]!
    const reversed = lineText(c, i, "from_no") !== lineText(c, order[first]!, "from_no")
    c.line_flags[i]! |= line_flag.void | line_flag.twice
    c.sayLine(
      "duplicate-line",
      i,
      "from_no",
      reversed
        ? { zh: `与第 ${row} 行是同一管线（方向相反）`, en: `The same line as row ${row}, reversed` }
        : { zh: `与第 ${row} 行是同一管线`, en: `The same line as row ${row}` },
      { field: "$delete", value: "", words: { zh: "删除本行", en: "Delete this row" } },
    )
  }
}
