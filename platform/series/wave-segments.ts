import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { type BlockBatch, blockBatch } from "../../model/index.ts"
import { frameIndexBytes, record_header_bytes, recordBytes, takeRecord } from "./frames.ts"

/** One commit's blocks in a live segment's file, and the range of their times. */
export type Frame = {
  batch: number
  at: number
  bytes: number
  blocks: number
  samples: number
  from: number
  to: number
}

/**
 * Waveform blocks of a run of batches: live (a file of frames, see frames.ts) or packed (a Parquet file).
 * Every block is in exactly one segment.
 */
export type WaveSegment = {
  id: number
  state: "live" | "packed"
  opened: number
  /** Name of the file under `waves/`. */
  file: string
  first_batch: number
  last_batch: number
  blocks: number
  samples: number
  min_time: number
  max_time: number
  /** Bytes that count: what follows them in a live file was never committed. */
  bytes: number
  crc: number
  readers: number
  frames: Frame[]
  handle: number | null
}

export const wavesFolder = (folder: string): string => join(folder, "waves")
export const wavePath = (folder: string, segment: WaveSegment): string => join(wavesFolder(folder), segment.file)

export const liveWaves = (id: number, opened: number): WaveSegment => ({
  id,
  state: "live",
  opened,
  file: `${String(id).padStart(9, "0")}.frames`,
  first_batch: Number.MAX_SAFE_INTEGER,
  last_batch: 0,
  blocks: 0,
  samples: 0,
  min_time: Number.POSITIVE_INFINITY,
  max_time: Number.NEGATIVE_INFINITY,
  bytes: 0,
  crc: 0,
  readers: 0,
  frames: [],
  handle: null,
})

/** Opens a live segment's file, making it when missing. */
export function openFrames(folder: string, segment: WaveSegment): number {
  // Never emptied: every write names its place.
  segment.handle ??= openSync(wavePath(folder, segment), constants.O_RDWR | constants.O_CREAT)
  return segment.handle
}

export function closeFrames(segment: WaveSegment): void {
  if (segment.handle !== null) closeSync(segment.handle)
  segment.handle = null
}

/** Writes a frame; it counts only once it is durable and the catalogue names it. */
export function writeFrame(segment: WaveSegment, at: number, frame: Uint8Array): void {
  if (segment.handle === null) throw new Error(`the frames of wave segment ${segment.id} are not open`)
  for (let done = 0; done < frame.length; )
    done += writeSync(segment.handle, frame, done, frame.length - done, at + done)
}

const datasync = promisify(fdatasync)

/** Makes written frames durable. */
export async function syncFrames(segment: WaveSegment): Promise<void> {
  if (segment.handle !== null) await datasync(segment.handle)
}

/** Lets the file end where what counts ends, so that refused frames do not keep room on a full disk. */
export function trimFrames(segment: WaveSegment): void {
  if (segment.handle !== null && fstatSync(segment.handle).size > segment.bytes)
    ftruncateSync(segment.handle, segment.bytes)
}

/** Takes a committed frame into the segment. */
export function takeFrame(segment: WaveSegment, frame: Frame, now?: number): void {
  // The first frame starts the time after which the file gives way: an empty one may wait for days.
  if (now !== undefined && segment.frames.length === 0) segment.opened = now
  segment.frames.push(frame)
  segment.first_batch = Math.min(segment.first_batch, frame.batch)
  segment.last_batch = Math.max(segment.last_batch, frame.batch)
  segment.blocks += frame.blocks
  segment.samples += frame.samples
  segment.min_time = Math.min(segment.min_time, frame.from)
  segment.max_time = Math.max(segment.max_time, frame.to)
  segment.bytes = Math.max(segment.bytes, frame.at + frame.bytes)
}

/** Reads bytes of a live segment's file. Throws where the file ends before. */
export function readFrames(segment: WaveSegment, at: number, bytes: number): Uint8Array {
  if (segment.handle === null) throw new Error(`the frames of wave segment ${segment.id} are not open`)
  const into = new Uint8Array(bytes)
  for (let done = 0; done < bytes; ) {
    const n = readSync(segment.handle, into, done, bytes - done, at + done)
    if (n === 0) throw new Error(`${segment.file} ends at ${at + done}, ${at + bytes} bytes were expected`)
    done += n
  }
  return into
}

/** Which points a frame holds and where: the begin of the frame. */
export const readIndex = (segment: WaveSegment, frame: Frame): Uint8Array =>
  readFrames(segment, frame.at, Math.min(frame.bytes, frameIndexBytes(frame.blocks)))

/** Appends the block whose record begins at `at` of the frame. */
export function readBlock(
  segment: WaveSegment,
  frame: Frame,
  point: number,
  at: number,
  into: BlockBatch = blockBatch(),
): BlockBatch {
  const left = frame.bytes - at
  let bytes = readFrames(segment, frame.at + at, Math.min(left, 4096))
  const count = new DataView(bytes.buffer).getInt32(44, true)
  const needed = recordBytes(count, bytes[48]!)
  if (needed > left || left < record_header_bytes)
    throw new Error(`${segment.file}: a record at ${frame.at + at} is cut`)
  if (needed > bytes.length) bytes = readFrames(segment, frame.at + at, needed)
  return takeRecord(into, point, bytes, 0)
}
