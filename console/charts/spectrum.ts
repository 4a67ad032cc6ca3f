/** Picture of frequencies: peaks and colour scales, apart from any canvas. */
export type Peak = { frequency_hz: number; amplitude: number }

/**
 * Highest local maxima, strongest first: each above `times` the median of all and not within `apart` lines of a
 * stronger one. The frequency is that of the parabola through the three values around the maximum.
 */
export function peaksOf(
  frequency: readonly number[],
  amplitude: readonly number[],
  most = 5,
  times = 4,
  apart = 3,
): Peak[] {
  const sorted = amplitude.filter((v) => v > 0).sort((a, b) => a - b)
  const median = sorted[sorted.length >> 1] ?? 0
  const tops: number[] = []
  for (let i = 1; i < amplitude.length - 1; i++)
    if (amplitude[i]! > amplitude[i - 1]! && amplitude[i]! >= amplitude[i + 1]! && amplitude[i]! > times * median)
      tops.push(i)
  tops.sort((a, b) => amplitude[b]! - amplitude[a]!)
  const taken: number[] = []
  for (const i of tops) {
    if (taken.length >= most) break
    if (taken.every((j) => Math.abs(i - j) > apart)) taken.push(i)
  }
  return taken.map((i) => {
    const [a, b, c] = [amplitude[i - 1]!, amplitude[i]!, amplitude[i + 1]!]
    const bend = a - 2 * b + c
    const shift = bend === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (0.5 * (a - c)) / bend))
    return { frequency_hz: frequency[i]! + shift * (frequency[i + 1]! - frequency[i]!), amplitude: b }
  })
}

/** Place of a frequency on the axis, 0 to 1; the logarithmic axis begins at the first frequency above zero. */
export function placeOf(frequency: number, low: number, high: number, log: boolean): number {
  if (!log) return (frequency - low) / (high - low)
  return Math.log(Math.max(frequency, low) / low) / Math.log(high / low)
}
export const frequencyAt = (place: number, low: number, high: number, log: boolean): number =>
  log ? low * (high / low) ** place : low + place * (high - low)

/** Marks of a frequency axis: round numbers, or 1 2 5 of each power of ten. */
export function frequencyTicks(low: number, high: number, log: boolean): number[] {
  if (!log) {
    const rough = (high - low) / 6
    const power = 10 ** Math.floor(Math.log10(rough))
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power * 10
    const out: number[] = []
    for (let k = Math.ceil(low / step); k * step <= high * (1 + 1e-9); k++) out.push(Number((k * step).toPrecision(10)))
    return out
  }
  const out: number[] = []
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high); p++)
    for (const m of [1, 2, 5]) {
      const value = m * 10 ** p
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) out.push(Number(value.toPrecision(10)))
    }
  return out
}

/** Decibels between the palest and the darkest ink of a spectrogram: its 20th percentile and its maximum. */
export function inkRange(values: readonly number[]): [number, number] {
  const finite = values.filter((v) => Number.isFinite(v) && v > 0).map((v) => 20 * Math.log10(v))
  if (finite.length === 0) return [-60, 0]
  finite.sort((a, b) => a - b)
  const low = finite[Math.floor(finite.length * 0.2)]!
  const high = finite.at(-1)!
  return high - low < 10 ? [high - 10, high] : [low, high]
}
