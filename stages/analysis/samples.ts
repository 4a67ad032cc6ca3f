/** The samples of blocks as values, and the envelope by which detectors see a waveform. */
import { type BlockBatch, rawSamples, sampleEncoding, samplesOf } from "../../model/index.ts"

const little_endian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

export type Samples = {
  /** Values of the block last read; the first `n` are valid. */
  values: Float32Array
  n: number
  /** False where a sample is no finite number. */
  finite: boolean
}

/** A reader of one batch's blocks after another, with one array that it uses again and again. */
export function createReader() {
  const into: Samples = { values: new Float32Array(4096), n: 0, finite: true }
  let whole: Int16Array | null = null
  let of: BlockBatch | null = null
  return {
    /** Reads block `i` of a batch; valid until the next call. */
    read(b: BlockBatch, i: number): Samples {
      const n = b.count[i]!
      if (n > into.values.length) into.values = new Float32Array(Math.max(n, into.values.length * 2))
      into.n = n
      into.finite = true
      if (of !== b) {
        of = b
        const { buffer, byteOffset, byteLength } = b.data
        whole =
          little_endian && byteOffset % 2 === 0 ? new Int16Array(buffer, byteOffset, Math.floor(byteLength / 2)) : null
      }
      const at = b.at[i]!
      if (b.encoding[i] === sampleEncoding.int16 && whole !== null && at % 2 === 0) {
        const values = into.values
        const scale = b.scale[i]!
        const offset = b.offset[i]!
        for (let k = 0, p = at / 2; k < n; k++, p++) values[k] = whole[p]! * scale + offset
        return into
      }
      samplesOf(b, i, into.values)
      for (let k = 0; k < n && into.finite; k++) into.finite = Number.isFinite(into.values[k])
      return into
    },
    /** Forgets the batch, so that its memory is free. */
    rest() {
      of = null
      whole = null
    },
  }
}

/**
 * Says the lowest and the highest sample of each second of a block with their places, the first of equals. A block is cut
 * evenly into as many parts as it lasts seconds, so that blocks that were joined since say the same.
 */
export function envelope(
  { values, n }: Samples,
  rate_hz: number,
  say: (lowest: number, lowest_at: number, highest: number, highest_at: number) => void,
): void {
  const parts = Math.max(1, Math.min(n, Math.round(n / rate_hz)))
  for (let part = 0; part < parts; part++) {
    const from = Math.floor((part * n) / parts)
    const to = Math.floor(((part + 1) * n) / parts)
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let low_at = -1
    let high_at = -1
    for (let k = from; k < to; k++) {
      const v = values[k]!
      if (v < low) {
        low = v
        low_at = k
      }
      if (v > high) {
        high = v
        high_at = k
      }
    }
    // Only where no sample is a number, or all are infinite in one direction, is one of them missing.
    if (low_at >= 0 && high_at >= 0) say(low, low_at, high, high_at)
  }
}

/** Whether a block's columns fit its data; a block that does not is skipped rather than read past its end. */
export const fits = (b: BlockBatch, i: number): boolean =>
  b.count[i]! > 0 && b.rate_hz[i]! > 0 && rawSamples(b, i).length > 0 && b.at[i]! + b.count[i]! * 2 <= b.data.length
