/** What both engines of the comparison are sent: the same points, the same values, to the last digit. */

export const kinds = ["peer_pressure", "peer_flow", "peer_level", "peer_temperature"] as const
export const pointCode = (k: number): string => `P${k}`
export const kindOf = (k: number): (typeof kinds)[number] => kinds[k % kinds.length]!

const noise_length = 1 << 20
/** Hundredths: a slow random walk that is drawn back to its middle, as readings of a pressure or a level are. */
const noise = ((): Int16Array => {
  const out = new Int16Array(noise_length)
  let [x, seed] = [0, 20_241]
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32 - 0.5
  }
  for (let i = 0; i < noise_length; i++) {
    x += -0.01 * x + 12 * (random() + random() + random())
    out[i] = Math.round(x + 6 * (random() + random()))
  }
  return out
})()

/** Value of point k at its r-th reading, in hundredths: between about 10 and 60. */
export const hundredths = (k: number, r: number): number =>
  3000 + (k % 50) * 20 + noise[(k * 7919 + r) & (noise_length - 1)]!

const texts = Array.from({ length: 9000 }, (_, v) => String(v / 100))
/** The same as it is written: "31.4". */
export const valueText = (k: number, r: number): string => texts[hundredths(k, r)] ?? String(hundredths(k, r) / 100)
