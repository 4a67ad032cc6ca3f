import { crc32 } from "node:zlib"
import { fail, ok, problem, type Result } from "../../model/index.ts"

export type Photo = { type: "image/jpeg" | "image/png" | "image/webp"; width: number; height: number }

const PIXELS_MAX = 100_000_000

type Read = { width: number; height: number } | string // A string says what is broken.

/**
 * Tells whether bytes are a whole JPEG, PNG or WebP, by its structure and not by its name; the picture itself is not
 * decoded. Structure: ITU-T T.81 annex B (JPEG), W3C PNG §5, RFC 9649 (WebP).
 */
export function checkPhoto(bytes: Uint8Array): Result<Photo> {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = kindOf(at)
  if (kind === null) return fail(unknownType(at))
  const read = { "image/jpeg": readJpeg, "image/png": readPng, "image/webp": readWebp }[kind](at)
  if (typeof read === "string") return fail(broken(kind, read))
  if (read.width < 1 || read.height < 1) return fail(broken(kind, "it has no size"))
  if (read.width * read.height > PIXELS_MAX) return fail(tooManyPixels(read))
  return ok({ type: kind, ...read })
}

function kindOf(at: Buffer): Photo["type"] | null {
  if (at.length >= 3 && at.readUIntBE(0, 3) === 0xffd8ff) return "image/jpeg"
  if (at.subarray(0, 8).equals(PNG_SIGNATURE)) return "image/png"
  if (at.toString("latin1", 0, 4) === "RIFF" && at.toString("latin1", 8, 12) === "WEBP") return "image/webp"
  return null
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function readPng(at: Buffer): Read {
  let size: Read = "its first chunk is not IHDR"
  let data = false
  for (let offset = 8; offset + 12 <= at.length; ) {
    const length = at.readUInt32BE(offset)
    const end = offset + 8 + length
    if (end + 4 > at.length) return "it ends inside a chunk"
    const type = at.toString("latin1", offset + 4, offset + 8)
    if (crc32(at.subarray(offset + 4, end)) !== at.readUInt32BE(end)) return `the checksum of ${type} is wrong`
    if (offset === 8) {
      if (type !== "IHDR" || length !== 13) return "its first chunk is not IHDR"
      size = { width: at.readUInt32BE(16), height: at.readUInt32BE(20) }
    }
    data ||= type === "IDAT"
    if (type === "IEND") return data ? size : "it has no picture data"
    offset = end + 4
  }
  return "it ends before IEND"
}

function readJpeg(at: Buffer): Read {
  let size: Read = "it names no size"
  let scans = 0
  for (let offset = 2; offset + 2 <= at.length; ) {
    if (at[offset] !== 0xff) return `there is no marker at byte ${offset}`
    const marker = at[offset + 1]!
    if (marker === 0xff)
      offset++ // A fill byte.
    else if (marker === 0xd9) return scans > 0 ? size : "it has no picture data"
    else {
      if (offset + 4 > at.length) break
      const length = at.readUInt16BE(offset + 2)
      const end = offset + 2 + length
      if (length < 2 || end > at.length) return "it ends inside a segment"
      const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
      if (frame && length >= 8) size = { height: at.readUInt16BE(offset + 5), width: at.readUInt16BE(offset + 7) }
      offset = end
      if (marker === 0xda) {
        scans++
        offset = endOfScan(at, end)
      }
    }
  }
  return "it ends before its end marker"
}

/** The next marker that is neither a stuffed zero nor a restart. */
function endOfScan(at: Buffer, from: number): number {
  for (let offset = at.indexOf(0xff, from); offset >= 0; offset = at.indexOf(0xff, offset + 1)) {
    const next = at[offset + 1] ?? 0
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return offset
  }
  return at.length
}

function readWebp(at: Buffer): Read {
  const end = 8 + at.readUInt32LE(4)
  if (end > at.length) return "it ends before its stated length"
  let size: Read = "it has no picture data"
  for (let offset = 12; offset + 8 <= end; ) {
    const type = at.toString("latin1", offset, offset + 4)
    const length = at.readUInt32LE(offset + 4)
    const body = offset + 8
    if (body + length > end) return "it ends inside a chunk"
    if (typeof size === "string" && type === "VP8X" && length >= 10)
      size = { width: 1 + at.readUIntLE(body + 4, 3), height: 1 + at.readUIntLE(body + 7, 3) }
    if (typeof size === "string" && type === "VP8 " && length >= 10)
      size = { width: at.readUInt16LE(body + 6) & 0x3fff, height: at.readUInt16LE(body + 8) & 0x3fff }
    if (typeof size === "string" && type === "VP8L" && length >= 5) {
      const bits = at.readUInt32LE(body + 1)
      size = { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
    }
    offset = body + length + (length % 2)
  }
  return size
}

function unknownType(at: Buffer) {
  const heic = /^ftyp(hei|hev|mif1|msf1)/.test(at.toString("latin1", 4, 12))
  return heic
    ? problem(
        "photo-type",
        415,
        "HEIC 照片不能使用：请把相机格式改为「兼容性最佳」（JPEG）后重拍",
        "HEIC photos cannot be used: set the camera to its most compatible format (JPEG) and take it again.",
        { field: "photo" },
      )
    : problem(
        "photo-type",
        415,
        "这不是照片：请上传 JPEG、PNG 或 WebP",
        "This is not a photo: send JPEG, PNG or WebP.",
        { field: "photo" },
      )
}

const broken = (kind: string, what: string) =>
  problem(
    "photo-broken",
    422,
    `照片不完整或已损坏（${kind.slice(6).toUpperCase()}）：请重新拍摄或重新上传`,
    `The photo is incomplete or damaged (${kind.slice(6).toUpperCase()}: ${what}): take or send it again.`,
    { field: "photo" },
  )

const tooManyPixels = ({ width, height }: { width: number; height: number }) =>
  problem(
    "photo-too-large",
    413,
    `照片为 ${width}×${height}，超过一亿像素：请缩小后再传`,
    `The photo is ${width}×${height}, more than 100 million pixels: send a smaller one.`,
    { field: "photo" },
  )
