import { inDegrees } from "../survey/place.ts"
import { type Context, point_flag } from "./context.ts"

/** Decimals that place a point to better than a metre: five of a degree (1 m); one of a metre. */
const degree_decimals_poor = 3

/** Coordinates written with too few decimals: three or fewer of a degree (100 m); none of a metre in both numbers. */
export function coordinatePrecision(c: Context): void {
  const { x, y } = c.survey.points.number
  if (!x || !y) return
  const degrees = inDegrees(x, y)
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]! + y[i]!) || c.point_flags[i]! & point_flag.place) continue
    const poor = degrees
      ? few(x[i]!, degree_decimals_poor) && few(y[i]!, degree_decimals_poor)
      : Number.isInteger(x[i]) && Number.isInteger(y[i])
    if (!poor) continue
    const said = `${x[i]}, ${y[i]}`
    c.sayPoint(
      "coordinate-precision",
      i,
      "x",
      degrees
        ? {
            zh: `坐标 ${said} 的度只有不多于三位小数（约 ±100 m）；请按不少于七位小数重新导出`,
            en: `Coordinates ${said} have three decimals of a degree or fewer (about ±100 m); export them with seven`,
          }
        : {
            zh: `坐标 ${said} 没有小数（±0.5 m）；请按三位小数重新导出`,
            en: `Coordinates ${said} have no decimals (±0.5 m); export them with three`,
          },
      null,
      said,
    )
  }
}
const few = (value: number, decimals: number): boolean =>
  Math.abs(value * 10 ** decimals - Math.round(value * 10 ** decimals)) < 1e-7
