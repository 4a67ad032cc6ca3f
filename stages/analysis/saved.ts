/** The saved state of the detectors: its shape, and its bytes. */
import { deserialize, serialize } from "node:v8"
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"

export type SavedEntry = {
  rule: string
  version: number
  subject: string
  state: unknown
  /** End of the last slice handed over, null before the first. */
  consumed_to: number | null
  empty_slices: number
  /** First batch that must be fed again to this entry. */
  replay_from: number
}

/** Points that stand within a limit: all there is to know is when they last spoke. One row per rule and point. */
export type SavedQuiet = {
  rules: { rule: string; version: number }[]
  rule: Uint16Array
  /** Point ids, each as the difference to the row before: sorted ids become small numbers. */
  point: Int32Array
  /** End of the last slice handed over = base − this × slice_ms. */
  base: number
  slice_ms: number
  consumed_back: Int32Array
  /** That end minus the time of the last usable reading; NaN where there was none. */
  last_back: Float64Array
}

/** Up to which minute each waveform channel has made its readings. */
export type SavedWaves = { point: Int32Array; closed_minute: Int32Array }

/**
 * What a runtime comes back from. `entries` are those that differ from a start; limits within which all is quiet are in
 * `quiet`. It shares the detectors' states with the runtime it came from: make bytes of it before that goes on.
 */
export type Saved = {
  batch: number
  watermark: number | null
  entries: SavedEntry[]
  quiet?: SavedQuiet[]
  waves?: SavedWaves[]
  /** First batch that must be fed again to limits and waveforms. */
  replay_from?: number
  /** Workers at the time of saving; one where absent. */
  shards?: number
}

/** The batch from which a runtime made from `saved` must be fed. */
export const replayFrom = (saved: Saved): number =>
  saved.entries.reduce(
    (least, e) => Math.min(least, e.replay_from),
    Math.min(saved.batch + 1, saved.replay_from ?? Number.POSITIVE_INFINITY),
  )

const format = 1
const bytes_max = 1_000_000_000

/** One byte of format, then zstd of V8's serialisation. */
export function savedBytes(saved: Saved): Uint8Array {
  const packed = zstdCompressSync(serialize(saved), { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  const bytes = new Uint8Array(packed.length + 1)
  bytes[0] = format
  bytes.set(packed, 1)
  return bytes
}

/** Reads savedBytes; an error where the bytes are none or of a newer program. */
export function savedOf(bytes: Uint8Array): Saved {
  if (bytes[0] !== format) throw new Error(`The saved state of the detectors has format ${bytes[0]}, not ${format}.`)
  return deserialize(zstdDecompressSync(bytes.subarray(1), { maxOutputLength: bytes_max })) as Saved
}
