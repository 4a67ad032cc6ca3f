import { burialCode } from "../survey/codes.ts"
import { type Context, line_flag, lineText, planLength } from "./context.ts"
import { called, isVertical } from "./kinds.ts"

/** Angle between line and horizon, from the heights of its ends; pipes that go up or down by design are let be. */
export function slope(c: Context): void {
  const { lines } = c.survey
  for (let i = 0; i < lines.count; i++) {
    if (
      c.line_flags[i]! & (line_flag.void | line_flag.length) ||
      c.height_doubted[2 * i] ||
      c.height_doubted[2 * i + 1]
    )
      continue
    const plan = planLength(c, i)
    const rise = Math.abs(c.elevation[2 * i]! - c.elevation[2 * i + 1]!)
    if (Number.isNaN(plan + rise)) continue
    const max = c.gravity[i] ? c.settings.gravity_slope_deg_max : c.settings.slope_deg_max
    const degrees = (Math.atan2(rise, plan) * 180) / Math.PI
    if (degrees <= max) continue
    if (["SJ", "JK", "JN"].includes(burialCode(lineText(c, i, "burial")) ?? "")) continue
    if ([0, 1].some((end) => isVertical(called(c, c.end_point[2 * i + end]!)))) continue
    c.line_flags[i]! |= line_flag.length
    c.sayLine(
      "slope",
      i,
      "to_elevation_m",
      {
        zh: `倾角 ${degrees.toFixed(1)}° 大于 ${max}°（${plan.toFixed(2)} m 内高差 ${rise.toFixed(2)} m）`,
        en: `Angle ${degrees.toFixed(1)}° is more than ${max}° (${rise.toFixed(2)} m over ${plan.toFixed(2)} m)`,
      },
      null,
      degrees.toFixed(1),
    )
  }
}
