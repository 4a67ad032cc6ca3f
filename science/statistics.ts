/** Robust statistics for series with outliers and gaps. Pure; arrays are never changed. */

/** Median of finite values; NaN for none. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5)
}

/** Quantile `q` in [0, 1] of the finite values, linear between order statistics (Hyndman & Fan type 7); NaN for none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const finite = Float64Array.from(values as ArrayLike<number>).filter(Number.isFinite)
  if (finite.length === 0) return Number.NaN
  finite.sort()
  const at = (finite.length - 1) * q
  const low = Math.floor(at)
  const rest = at - low
  return rest === 0 ? finite[low]! : finite[low]! * (1 - rest) + finite[low + 1]! * rest
}

/** Factor from the median absolute deviation to the standard deviation of a normal distribution, 1 / Φ⁻¹(3/4). */
const mad_to_sd = 1.4826

/** Standard deviation estimated from the median absolute deviation; half of the values may be wild. */
export function robustSd(values: ArrayLike<number>): number {
  const centre = median(values)
  return mad_to_sd * median(Array.from(values, (v) => Math.abs(v - centre)))
}

/** Mean of the finite values; NaN for none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0
  let n = 0
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i]!)) {
      sum += values[i]!
      n++
    }
  return n === 0 ? Number.NaN : sum / n
}

/** One-sided cumulative sum (Page 1954) of what exceeds an allowance, with the run it began in. Plain data. */
export type Cusum = {
  /** Σ max(0, x − allowance) since the run began; 0 when no run. */
  sum: number
  /** Steps in the run and the plain sum of x over them. */
  steps: number
  total: number
  /** Time at which the run began; null when no run. */
  since: number | null
}

export const cusumZero: Cusum = { sum: 0, steps: 0, total: 0, since: null }

/** The cumulative sum after one more value `x` of an interval that began at `time`. */
export function cusum(state: Cusum, x: number, allowance: number, time: number): Cusum {
  const sum = state.sum + x - allowance
  if (sum <= 0) return cusumZero
  return { sum, steps: state.steps + 1, total: state.total + x, since: state.since ?? time }
}

/** A straight line through points: the value at x is `at0 + slope · x`. */
export type Line = { at0: number; slope: number }

/**
 * Theil–Sen line (Sen 1968): the median of all pairwise slopes, and the median intercept. Up to 29 % of the points may
 * be wild. Takes at most `points_max` points, evenly chosen; null for fewer than two different x.
 */
export function theilSen(x: ArrayLike<number>, y: ArrayLike<number>, points_max = 40): Line | null {
  const stride = Math.max(1, Math.ceil(x.length / points_max))
  const slopes: number[] = []
  for (let i = 0; i < x.length; i += stride)
    for (let j = i + stride; j < x.length; j += stride)
      if (x[j]! !== x[i]!) slopes.push((y[j]! - y[i]!) / (x[j]! - x[i]!))
  if (slopes.length === 0) return null
  const slope = median(slopes)
  return { slope, at0: median(Array.from(y, (v, i) => v - slope * x[i]!)) }
}
