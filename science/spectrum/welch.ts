/** Spectra of sampled values. Pure; times are seconds, frequencies Hz, densities the square of the unit per Hz. */
import { createPeriodogram, segment_max, segment_min } from "./periodogram.ts"

export type SpectrumOptions = {
  /** Samples of a segment, a power of two; 512 when not given, less where there are fewer samples. */
  segment?: number
  /** Share of a segment that the next one has in common with it, 0 ≤ overlap < 1; 0.5 when not given. */
  overlap?: number
}

export type Spectrum = {
  frequency_hz: Float64Array
  /** One-sided power spectral density. */
  density: Float64Array
  /** Segments it is the mean of. */
  segments: number
}

export type Spectrogram = {
  /** Middle of each segment, seconds after the first sample. */
  time_s: Float64Array
  frequency_hz: Float64Array
  /** Densities, one row of frequency_hz.length for each time. */
  density: Float32Array
}

const samples_max = 20_000_000
const columns_max = 4096

/** Root mean square about the mean; NaN for no samples. */
export function rms(samples: ArrayLike<number>): number {
  let mean = 0
  let m2 = 0
  // Welford's recurrence: the mean may be large against the swing.
  for (let i = 0; i < samples.length; i++) {
    const off = samples[i]! - mean
    mean += off / (i + 1)
    m2 += off * (samples[i]! - mean)
  }
  return samples.length === 0 ? Number.NaN : Math.sqrt(m2 / samples.length)
}

/**
 * Power spectral density by Welch's method (P. D. Welch 1967, The use of fast Fourier transform for the estimation of
 * power spectra): overlapping Hann segments, each without its mean, averaged. Its sum × the step of frequency is the
 * mean square. RangeError for fewer than 8 samples, more than 20 million, or options out of their range.
 */
export function welch(samples: ArrayLike<number>, rate_hz: number, options: SpectrumOptions = {}): Spectrum {
  const { size, step } = cut(samples.length, rate_hz, options)
  const periodogram = createPeriodogram(size)
  const density = new Float64Array(periodogram.bins)
  let segments = 0
  for (let from = 0; from + size <= samples.length; from += step, segments++) periodogram.add(samples, from, density, 0)
  scale(density, 0, periodogram, rate_hz, segments)
  return { frequency_hz: frequencies(size, rate_hz), density, segments }
}

/**
 * Densities over time, one column a segment; segments stand further apart than the overlap asks for where there would be
 * more than `columns` of them (at most 4,096). Errors as of welch.
 */
export function spectrogram(
  samples: ArrayLike<number>,
  rate_hz: number,
  options: SpectrumOptions & { columns?: number } = {},
): Spectrogram {
  const { size, step } = cut(samples.length, rate_hz, options)
  const wished = Math.floor((samples.length - size) / step) + 1
  const limit = options.columns ?? 1000
  if (!(limit >= 1)) throw new RangeError(`columns ${limit} must be at least 1`)
  const most = Math.min(columns_max, Math.floor(limit))
  const count = Math.min(wished, most)
  const stride = count === wished ? step : count === 1 ? 0 : (samples.length - size) / (count - 1)
  const periodogram = createPeriodogram(size)
  const { bins } = periodogram
  const density = new Float32Array(count * bins)
  const time_s = new Float64Array(count)
  for (let c = 0; c < count; c++) {
    const from = Math.floor(c * stride)
    periodogram.add(samples, from, density, c * bins)
    scale(density, c * bins, periodogram, rate_hz, 1)
    time_s[c] = (from + size / 2) / rate_hz
  }
  return { time_s, frequency_hz: frequencies(size, rate_hz), density }
}

function cut(n: number, rate_hz: number, { segment = 512, overlap = 0.5 }: SpectrumOptions) {
  if (!(rate_hz > 0 && rate_hz <= 1e9)) throw new RangeError(`rate_hz ${rate_hz} must be above 0 and at most 1e9`)
  if (!(overlap >= 0 && overlap < 1)) throw new RangeError(`overlap ${overlap} must be from 0 to below 1`)
  if (n < segment_min || n > samples_max)
    throw new RangeError(`${n} samples: a spectrum needs ${segment_min} to ${samples_max}`)
  if (segment > segment_max || segment < segment_min)
    throw new RangeError(`segment ${segment} must be a power of two from ${segment_min} to ${segment_max}`)
  const size = Math.min(segment, 2 ** Math.floor(Math.log2(n)))
  return { size, step: Math.max(1, Math.round(size * (1 - overlap))) }
}

const frequencies = (size: number, rate_hz: number): Float64Array =>
  Float64Array.from({ length: size / 2 + 1 }, (_, k) => (k * rate_hz) / size)

/** From sums of |X|² to a one-sided density: every line but the first and the last stands for two. */
function scale(
  density: Float32Array | Float64Array,
  at: number,
  { bins, window_power }: { bins: number; window_power: number },
  rate_hz: number,
  segments: number,
): void {
  const one = 1 / (rate_hz * window_power * segments)
  for (let k = 0; k < bins; k++) density[at + k]! *= k === 0 || k === bins - 1 ? one : 2 * one
}
