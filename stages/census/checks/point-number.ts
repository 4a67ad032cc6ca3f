import { type Context, point_flag, pointText } from "./context.ts"
import { habit } from "./habit.ts"

/** Number on the map and point number agree, in deliveries that use one numbering for both. */
export function pointNumber(c: Context): void {
  const { points } = c.survey
  const [map_no, exp_no] = [points.text.map_no, points.text.exp_no]
  if (!map_no || !exp_no) return
  const both = (i: number) => map_no[i] !== "" && exp_no[i] !== ""
  const breaks = (i: number) => both(i) && map_no[i] !== exp_no[i]
  const own_way = habit(points, both, breaks)
  for (let i = 0; i < points.count; i++) {
    if (!breaks(i) || own_way.has(points.table[i]!) || c.point_flags[i]! & point_flag.number) continue
    const value = pointText(c, i, "map_no")
    c.sayPoint(
      "point-number",
      i,
      "exp_no",
      {
        zh: `图上点号 ${value} 与物探点号 ${exp_no[i]} 不同`,
        en: `Number on the map ${value} differs from point number ${exp_no[i]}`,
      },
      {
        field: "map_no",
        value: exp_no[i]!,
        words: { zh: `图上点号改为 ${exp_no[i]}`, en: `Number on the map becomes ${exp_no[i]}` },
      },
    )
  }
}
