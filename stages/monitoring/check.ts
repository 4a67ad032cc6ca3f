import type { Indicator } from "../../lifelines/contract.ts"
import { conversion, fail, ok, problem, quality, type Result } from "../../model/index.ts"
import type { SaidValue } from "./decode.ts"
import type { PointRecord } from "./registry.ts"

/** Tolerance for clocks of devices that run ahead of the city's. */
export const future_ms_max = 5 * 60_000
/** Older readings are refused: "a reading from last year". Editable default. */
export const age_ms_max = 90 * 86_400_000
/** Older than this on arrival is marked late. */
export const late_ms = 3_600_000
/** As many identical values in a row as are called stuck, for values that move. */
export const stuck_count = 60

/** What is remembered of a point to judge its next value. */
export type PointTrace = { time: number; value: number; same: number }

/** A value checked against its point: canonical unit and quality flags. Flags never delete; a refusal says why. */
export function checkReading(
  said: SaidValue,
  point: PointRecord,
  indicator: Indicator,
  trace: PointTrace | undefined,
  now: number,
): Result<{ value: number; flags: number }> {
  if (said.time > now + future_ms_max) {
    return fail(
      problem(
        "future",
        400,
        "读数时间晚于当前时间超过 5 分钟，请校准设备时钟",
        "The reading is from the future by more than 5 minutes; set the device's clock",
        { field: "time", value: said.time },
      ),
    )
  }
  if (said.time < now - age_ms_max) {
    return fail(
      problem(
        "too-old",
        400,
        "读数早于 90 天前，未采用；补录历史数据请用导入",
        "The reading is older than 90 days and was not taken; import history instead",
        { field: "time", value: said.time },
      ),
    )
  }
  let value = said.value
  if (said.unit !== null && said.unit !== point.unit) {
    const factor = conversion(indicator.dimension, said.unit, point.unit)
    if (!factor.ok) return factor
    value *= factor.value
    if (!Number.isFinite(value)) {
      return fail(
        problem(
          "not-a-number",
          400,
          "数值换算单位后超出范围，请检查单位",
          "The value is beyond all numbers after conversion; check its unit",
          { field: "value", value: said.value },
        ),
      )
    }
  }
  let flags = said.flags
  if (value < indicator.min || value > indicator.max) flags |= quality.range
  if (said.time > now) flags |= quality.future
  if (said.time < now - late_ms) flags |= quality.late
  if (trace && said.time > trace.time) {
    const minutes = Math.max((said.time - trace.time) / 60_000, 1)
    if (
      indicator.rate_per_min_max !== undefined &&
      Math.abs(value - trace.value) / minutes > indicator.rate_per_min_max
    )
      flags |= quality.rate
    if (value === trace.value && value !== 0 && trace.same >= stuck_count) flags |= quality.stuck
  }
  return ok({ value, flags })
}

/** The trace after a reading; readings that are not newer leave it as it is. */
export function nextTrace(trace: PointTrace | undefined, time: number, value: number): PointTrace {
  if (!trace) return { time, value, same: 1 }
  if (time > trace.time) {
    trace.same = value === trace.value ? trace.same + 1 : 1
    trace.time = time
    trace.value = value
  }
  return trace
}
