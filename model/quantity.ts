import { fail, ok, problem, type Result } from "./result.ts"

/** Units known to the product, by physical dimension, each with the factor to the dimension's base unit. */
const dimensions = {
  pressure: { base: "m", units: { m: 1, kPa: 0.101972, MPa: 101.972, bar: 10.1972 } },
  flow: { base: "m3/h", units: { "m3/h": 1, "L/s": 3.6, "L/h": 0.001, "m3/s": 3600 } },
  level: { base: "m", units: { m: 1, cm: 0.01, mm: 0.001 } },
  methane: { base: "%VOL", units: { "%VOL": 1, "%LEL": 0.05, ppm: 0.0001 } },
  ratio: { base: "%", units: { "%": 1 } },
  temperature: { base: "degC", units: { degC: 1 } },
  voltage: { base: "V", units: { V: 1, mV: 0.001 } },
  signal: { base: "dBm", units: { dBm: 1 } },
  count: { base: "1", units: { "1": 1 } },
  rate: { base: "1/h", units: { "1/h": 1, "1/d": 1 / 24 } },
  angle: { base: "deg", units: { deg: 1 } },
  acceleration: { base: "m/s2", units: { "m/s2": 1, "mm/s2": 0.001, g: 9.80665, mg: 0.00980665, gal: 0.01 } },
  velocity: { base: "mm/s", units: { "mm/s": 1, "cm/s": 10, "m/s": 1000 } },
  strain: { base: "1e-6", units: { "1e-6": 1, "1e-3": 1000 } },
  force: { base: "kN", units: { kN: 1, N: 0.001, t: 9.80665 } },
  frequency: { base: "Hz", units: { Hz: 1, mHz: 0.001 } },
  length: { base: "mm", units: { mm: 1, cm: 10, m: 1000 } },
} as const

export type Dimension = keyof typeof dimensions

/** Every unit name the product knows. */
export const units: readonly string[] = [...new Set(Object.values(dimensions).flatMap((d) => Object.keys(d.units)))]

/** The factor that turns a value in `from` into `to` within one dimension; a problem names the units that would do. */
export function conversion(dimension: Dimension, from: string, to: string): Result<number> {
  const table = dimensions[dimension].units as Record<string, number>
  const a = Object.hasOwn(table, from) ? table[from] : undefined
  const b = Object.hasOwn(table, to) ? table[to] : undefined
  if (a === undefined || b === undefined) {
    const known = Object.keys(table).join(", ")
    return fail(
      problem(
        "unit-unknown",
        400,
        `单位「${from}」不能换算为「${to}」，可用：${known}`,
        `Unit "${from}" cannot become "${to}"; use one of ${known}`,
        { field: "unit", value: from },
      ),
    )
  }
  return ok(a / b)
}
