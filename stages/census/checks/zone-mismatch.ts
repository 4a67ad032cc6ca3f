import { inDegrees } from "../survey/place.ts"
import { type Context, type Fix, point_flag, shown } from "./context.ts"

/** Farther than this from the middle of the delivery in one axis, a row is in no part of the same city. */
const city_reach_m = 100_000
const city_reach_deg = 1.5
const zone_width_m = 1_000_000

/**
 * Rows whose coordinates lie in another zone, with another prefix or in the other order of axes than most rows of the
 * delivery. What would bring them among the others is proposed.
 */
export function zoneMismatch(c: Context): void {
  const { points } = c.survey
  const { x, y } = points.number
  if (!x || !y) return
  const degrees = inDegrees(x, y)
  const reach = degrees ? city_reach_deg : city_reach_m
  const [x0, y0] = [median(x), median(y)]
  const near = (a: number, b: number) => Math.abs(a - x0) <= reach && Math.abs(b - y0) <= reach
  for (let i = 0; i < points.count; i++) {
    const [a, b] = [x[i]!, y[i]!]
    if (Number.isNaN(a + b) || near(a, b)) continue
    c.point_flags[i]! |= point_flag.place
    c.north[i] = c.east[i] = Number.NaN
    const said = `X ${shown(a)}, Y ${shown(b)}`
    if (near(b, a)) {
      const words = { zh: "X 与 Y 对调", en: "Swap X and Y" }
      const fix: Fix = { field: "$swap-xy", value: "", words }
      c.sayPoint("zone-mismatch", i, "x", { zh: `${said}：X 与 Y 颠倒`, en: `${said}: X and Y are swapped` }, fix, said)
      continue
    }
    const moved = y0 - (((y0 % zone_width_m) - (b % zone_width_m)) as number)
    if (!degrees && near(a, moved)) {
      const fix: Fix = {
        field: "y",
        value: shown(moved),
        words: {
          zh: `带号与整批一致：Y 改为 ${shown(moved)}`,
          en: `Prefix as in the delivery: Y becomes ${shown(moved)}`,
        },
      }
      c.sayPoint(
        "zone-mismatch",
        i,
        "y",
        { zh: `${said}：带号与整批数据不同`, en: `${said}: another zone prefix than the delivery's` },
        fix,
        said,
      )
      continue
    }
    c.sayPoint(
      "zone-mismatch",
      i,
      Math.abs(b - y0) > reach ? "y" : "x",
      { zh: `${said}：不在整批数据所在的坐标带或城市`, en: `${said}: not in the zone or city of the delivery` },
      null,
      said,
    )
  }
}

function median(values: Float64Array): number {
  const known = values.filter((value) => Number.isFinite(value)).sort()
  return known.length === 0 ? Number.NaN : known[known.length >> 1]!
}
