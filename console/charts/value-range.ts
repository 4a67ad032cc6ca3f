/**
 * Range of a value axis: all values, and the limits near enough not to squeeze the curve under a quarter of the height;
 * the lightest limit is shown wherever it does not squeeze it under a fifth. From zero where the values are near it.
 * `span_min` keeps the noise of the last digit from filling the pane.
 */
export function axisRange(
  values: readonly [number, number] | null,
  limits: readonly number[],
  span_min = 0,
): [number, number] {
  let [low, high] = values ?? (limits.length > 0 ? [limits[0]!, limits[0]!] : [0, 1])
  const first = limits[0]
  const span = Math.max(high - low, Math.abs(high) * 0.02, span_min, 1e-9)
  for (const value of [...limits].sort((a, b) => Math.abs(a - high) - Math.abs(b - high))) {
    const next = Math.max(high, value) - Math.min(low, value)
    if (next <= 2.6 * span || (value === first && next <= 4.5 * span)) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  const room = Math.max(high - low, Math.abs(high) * 0.02, span_min, 1e-9)
  // What is flatter than the range lies in its middle, except above zero.
  const spare = (room - (high - low)) / 2
  const floor = low >= 0 && low < room * 0.6 ? 0 : low - spare - room * 0.08
  return [floor, Math.max(high + spare, floor + room) + room * 0.1]
}

const apart_px = 44
/** Round values inside a range, about 44 px apart, at least two where the range allows it. */
export function valueTicks(low: number, high: number, height_px: number): number[] {
  const rough = (high - low) / Math.max(2, Math.floor(height_px / apart_px))
  const power = 10 ** Math.floor(Math.log10(rough))
  const round = [0.5, 1, 2, 5, 10].map((m) => m * power)
  const first = round.findIndex((s) => s >= rough * 0.999)
  const ticks = multiples(round[first] ?? power * 10, low, high)
  // One mark alone says nothing of the scale.
  return ticks.length < 2 && first > 0 ? multiples(round[first - 1]!, low, high) : ticks
}
function multiples(step: number, low: number, high: number): number[] {
  const out: number[] = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    out.push(Number((k * step).toPrecision(12)))
  return out
}
/** Digits after the point that tell the values of an axis apart. */
export const digitsOf = (ticks: readonly number[]): number =>
  Math.max(0, ...ticks.map((v) => (String(Number(v.toPrecision(6))).split(".")[1] ?? "").replace(/e.*$/, "").length))
