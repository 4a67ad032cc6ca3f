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
