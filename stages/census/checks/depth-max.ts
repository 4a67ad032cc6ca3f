import { burialCode } from "../survey/codes.ts"
import { type Context, line_flag, lineText, shown } from "./context.ts"

/** Ways of laying under ground; elsewhere a depth may be negative. */
const buried = new Set(["ZM", "GM", "GK", "GG", "DG", "SX", "ZH", "JN"])
/** A cover given as 0 less rounding is no depth above ground. */
const negative_m = -0.05

/** Depths past the maximum, or above ground for a line that is laid in it. */
export function depthMax(c: Context): void {
  const { lines, points } = c.survey
  const { depth_m_max } = c.settings
  for (let i = 0; i < lines.count; i++) {
    if (c.line_flags[i]! & line_flag.void && c.end_point[2 * i] !== c.end_point[2 * i + 1]) {
      // A duplicate says its depths once more; they are asked of the first.
      if (c.end_point[2 * i]! >= 0 && c.end_point[2 * i + 1]! >= 0) continue
    }
    let said = false
    for (const end of [0, 1] as const) {
      const depth = c.depth[2 * i + end]!
      const deep = depth > depth_m_max
      const above = depth < negative_m && buried.has(burialCode(lineText(c, i, "burial")) ?? "")
      if (!deep && !above) continue
      c.height_doubted[2 * i + end] = 1
      if (said) continue
      said = true
      const p = c.end_point[2 * i + end]!
      const computed = p < 0 ? Number.NaN : c.ground[p]! - c.elevation[2 * i + end]!
      const fits = computed >= negative_m && computed <= depth_m_max
      const field = end ? "to_depth_m" : "from_depth_m"
      c.sayLine(
        "depth-max",
        i,
        field,
        deep
          ? {
              zh: `埋深 ${shown(depth)} m 大于最大值 ${depth_m_max} m`,
              en: `Depth ${shown(depth)} m is more than the maximum of ${depth_m_max} m`,
            }
          : {
              zh: `埋地管线的埋深 ${shown(depth)} m 为负`,
              en: `A buried line has the negative depth ${shown(depth)} m`,
            },
        fits
          ? {
              field,
              value: shown(computed),
              words: {
                zh: `按地面高程减管高程为 ${shown(computed)}`,
                en: `Ground height less pipe height gives ${shown(computed)}`,
              },
            }
          : null,
      )
    }
  }
  const wells = points.number.well_depth_m
  for (let p = 0; wells && p < points.count; p++)
    if (wells[p]! > depth_m_max)
      c.sayPoint("depth-max", p, "well_depth_m", {
        zh: `井底深 ${shown(wells[p]!)} m 大于最大值 ${depth_m_max} m`,
        en: `Well depth ${shown(wells[p]!)} m is more than the maximum of ${depth_m_max} m`,
      })
}
