/**
 * How the samples of a run are laid in the columns `low` and `high` of packed waveforms. Both columns are compressed by
 * Parquet itself (zstd); apart, because the high bytes are almost all zero and the low ones almost noise.
 *
 * encoding 0, int16: the samples are differenced `difference` times (0, 1 or 2; what comes before the first sample
 *   counts as zero; modulo 2^16), zigzag turns small negative numbers into small ones (z = d << 1 ^ d >> 15), `low` has
 *   the low byte of each z and `high` the high byte.
 * encoding 1, float32: `low` has byte 0 of all samples, then byte 1 of all; `high` byte 2 of all, then byte 3 of all.
 */
export type PackedSamples = { difference: number; low: Uint8Array; high: Uint8Array }

/** Samples that are looked at to choose how often to difference; neighbours are alike. */
const looked_at = 512

/** The number of differences that leaves the smallest numbers. */
function bestDifference(samples: Int16Array): number {
  const n = Math.min(samples.length, looked_at)
  let [a, b] = [0, 0]
  const sums = [0, 0, 0] as [number, number, number]
  for (let k = 0; k < n; k++) {
    const v = samples[k]!
    sums[0] += Math.abs(v)
    sums[1] += Math.abs(v - a)
    sums[2] += Math.abs(v - 2 * a + b)
    b = a
    a = v
  }
  return sums[2] < sums[1] && sums[2] < sums[0] ? 2 : sums[1] < sums[0] ? 1 : 0
}

/** Packs int16 samples. */
export function packInt16(samples: Int16Array): PackedSamples {
  const n = samples.length
  const difference = bestDifference(samples)
  const low = new Uint8Array(n)
  const high = new Uint8Array(n)
  const first = difference === 0 ? 0 : difference
  const second = difference === 2 ? 1 : 0
  let [a, b] = [0, 0]
  for (let k = 0; k < n; k++) {
    const v = samples[k]!
    const d = ((v - first * a + second * b) << 16) >> 16
    const z = (d << 1) ^ (d >> 15)
    low[k] = z
    high[k] = z >> 8
    b = a
    a = v
  }
  return { difference, low, high }
}

/** Unpacks int16 samples. */
export function unpackInt16(packed: PackedSamples): Int16Array {
  const { low, high, difference } = packed
  const n = low.length
  const out = new Int16Array(n)
  const first = difference === 0 ? 0 : difference
  const second = difference === 2 ? 1 : 0
  let [a, b] = [0, 0]
  for (let k = 0; k < n; k++) {
    const z = low[k]! | (high[k]! << 8)
    const d = (z >>> 1) ^ -(z & 1)
    const v = ((d + first * a - second * b) << 16) >> 16
    out[k] = v
    b = a
    a = v
  }
  return out
}

/** Packs float32 samples given as their bytes. */
export function packFloat32(bytes: Uint8Array): PackedSamples {
  const n = bytes.length >> 2
  const low = new Uint8Array(2 * n)
  const high = new Uint8Array(2 * n)
  for (let k = 0, p = 0; k < n; k++, p += 4) {
    low[k] = bytes[p]!
    low[n + k] = bytes[p + 1]!
    high[k] = bytes[p + 2]!
    high[n + k] = bytes[p + 3]!
  }
  return { difference: 0, low, high }
}

/** Unpacks float32 samples to their bytes. */
export function unpackFloat32(packed: PackedSamples): Uint8Array {
  const { low, high } = packed
  const n = low.length >> 1
  const out = new Uint8Array(4 * n)
  for (let k = 0, p = 0; k < n; k++, p += 4) {
    out[p] = low[k]!
    out[p + 1] = low[n + k]!
    out[p + 2] = high[k]!
    out[p + 3] = high[n + k]!
  }
  return out
}
