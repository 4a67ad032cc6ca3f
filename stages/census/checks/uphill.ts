import { type Context, line_flag, lineText, shown } from "./context.ts"
import { called, isPumped, isSiphon } from "./kinds.ts"

/** Gravity lines that rise along their flow. Pressure mains of drainage, siphons and pumped lines may. */
export function uphill(c: Context, flow: Int8Array): void {
  const { lines } = c.survey
  for (let i = 0; i < lines.count; i++) {
    if (
      !flow[i] ||
      c.line_flags[i]! & (line_flag.void | line_flag.length) ||
      c.height_doubted[2 * i] ||
      c.height_doubted[2 * i + 1]
    )
      continue
    const rise = flow[i]! * (c.elevation[2 * i + 1]! - c.elevation[2 * i]!)
    if (!(rise > c.settings.uphill_tolerance_m + 1e-9) || underPressure(c, i)) continue
    c.sayLine(
      "uphill",
      i,
      flow[i]! > 0 ? "to_elevation_m" : "from_elevation_m",
      { zh: `沿流向升高 ${rise.toFixed(3)} m`, en: `Rises by ${rise.toFixed(3)} m along its flow` },
      null,
      shown(rise),
    )
  }
}

export function underPressure(c: Context, i: number): boolean {
  const pressure = lineText(c, i, "pressure")
  if (/压力|有压|泵/.test(pressure) && !/无压|非压/.test(pressure)) return true
  if (Number(pressure.replace(/[a-zA-Z]+$/, "")) > 0) return true
  const words = [
    lineText(c, i, "note"),
    lineText(c, i, "line_type"),
    ...[0, 1].map((end) => (c.end_point[2 * i + end]! < 0 ? "" : called(c, c.end_point[2 * i + end]!))),
  ].join(" ")
  return isSiphon(words) || isPumped(words) || /压力流|压力管/.test(words)
}
