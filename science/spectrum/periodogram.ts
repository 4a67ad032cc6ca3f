/** The power of one windowed segment, and the frequency of the highest peak. */
import FFT from "fft.js"

type Transform = { realTransform(out: number[], data: number[]): void; createComplexArray(): number[] }

export type Periodogram = {
  /** Samples of a segment. */
  size: number
  /** size / 2 + 1 frequencies from 0 to half the rate. */
  bins: number
  /** Sum of the squared window; |X|² × 2 / (rate × window_power) is a one-sided density. */
  window_power: number
  /** Adds |X|² of the Hann-windowed segment samples[from … from + size), its mean taken off, to power[at … at + bins). */
  add(samples: ArrayLike<number>, from: number, power: Float32Array | Float64Array, at: number): void
}

export const segment_min = 8
export const segment_max = 65_536

/** A periodogram of segments of `size` samples, a power of two from 8 to 65,536; RangeError otherwise. */
export function createPeriodogram(size: number): Periodogram {
  if (!Number.isInteger(Math.log2(size)) || size < segment_min || size > segment_max)
    throw new RangeError(`segment ${size} must be a power of two from ${segment_min} to ${segment_max}`)
  const fft = new (FFT as unknown as new (size: number) => Transform)(size)
  // The periodic Hann window, as spectra want it.
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size))
  const data: number[] = Array.from({ length: size }, () => 0.5)
  const out = fft.createComplexArray()
  const bins = size / 2 + 1
  return {
    size,
    bins,
    window_power: window.reduce((sum, w) => sum + w * w, 0),
    add(samples, from, power, at) {
      let sum = 0
      for (let i = 0; i < size; i++) sum += samples[from + i]!
      const mean = sum / size
      for (let i = 0; i < size; i++) data[i] = (samples[from + i]! - mean) * window[i]!
      fft.realTransform(out, data)
      for (let k = 0, p = 0; k < bins; k++, p += 2) power[at + k]! += out[p]! * out[p]! + out[p + 1]! * out[p + 1]!
    },
  }
}

/**
 * Frequency in Hz of the highest of power[at + 1 … at + bins − 1), the bin of the mean left out; null where all is zero
 * or not finite. Between bins it is the top of the parabola through the logarithms of three powers (Gasior & Gonzalez
 * 2004, Improving FFT frequency measurement resolution by parabolic and Gaussian spectrum interpolation).
 */
export function peakFrequency(
  power: ArrayLike<number>,
  rate_hz: number,
  size: number,
  at = 0,
  bins = size / 2 + 1,
): number | null {
  let best = 0
  let most = 0
  for (let k = 1; k < bins; k++)
    if (power[at + k]! > most) {
      most = power[at + k]!
      best = k
    }
  if (best === 0 || !Number.isFinite(most)) return null
  const [left, right] = [power[at + best - 1]!, best + 1 < bins ? power[at + best + 1]! : 0]
  let shift = 0
  if (best > 1 && left > 0 && right > 0) {
    const [a, b, c] = [Math.log(left), Math.log(most), Math.log(right)]
    const curve = a - 2 * b + c
    if (curve < 0) shift = (0.5 * (a - c)) / curve
  }
  return ((best + shift) * rate_hz) / size
}
