import { closeSync, constants, openSync, readSync, writeSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"

/**
 * The number of the last acknowledged batch, beside the database: where a database or its log was cut short, the batches
 * between what it has and this number are a hole that can be named. Written after each commit, not synced: a power cut
 * may leave an older number, never a newer one.
 */
export type Tip = { handle: number; batch: number }

const bytes = 12

export function openTip(folder: string): Tip {
  const handle = openSync(join(folder, "tip"), constants.O_RDWR | constants.O_CREAT)
  const buffer = Buffer.alloc(bytes)
  const n = readSync(handle, buffer, 0, bytes, 0)
  const whole = n === bytes && buffer.readUInt32LE(8) === crc32(buffer.subarray(0, 8))
  return { handle, batch: whole ? buffer.readDoubleLE(0) : 0 }
}

export function writeTip(tip: Tip, batch: number): void {
  const buffer = Buffer.alloc(bytes)
  buffer.writeDoubleLE(batch, 0)
  buffer.writeUInt32LE(crc32(buffer.subarray(0, 8)), 8)
  writeSync(tip.handle, buffer, 0, bytes, 0)
  tip.batch = batch
}

export const closeTip = (tip: Tip): void => closeSync(tip.handle)
