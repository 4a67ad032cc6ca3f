import { zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { fail, ok, type Problem, problem, quality, type Result, sampleBytes } from "../../model/index.ts"

/**
 * The wire format of waveform blocks, version 1 (docs/guide/blocks.md). Little-endian throughout.
 *
 * message: "MMW1" | compression u8 (0 none, 1 zstd) | reserved u8 = 0 | blocks u16 | body_bytes u32 (uncompressed) | body
 * block:   encoding u8 (0 int16, 1 float32) | flags u8 | sequence u32 | start i64 (UTC ms) | rate_hz f64 | scale f64 |
 *          offset f64 | count u32 | device u8 length + UTF-8 | indicator u8 length + UTF-8 | unit u8 length + UTF-8 |
 *          count samples
 */
export const block_magic = 0x31574d4d
const header_bytes = 12
const block_fixed_bytes = 42
export const compression = { none: 0, zstd: 1 } as const

/** What one message may hold at most. */
export const blockLimits = {
  message_bytes: 1024 * 1024,
  body_bytes: 8 * 1024 * 1024,
  blocks: 5000,
  samples_a_block: 65_536,
  rate_hz: 10_000,
} as const

/** One block as the wire says it: names, not numbers; `data` are the raw samples, a view on the body. */
export type WireBlock = {
  device: string
  indicator: string
  unit: string
  start: number
  sequence: number
  rate_hz: number
  count: number
  encoding: number
  scale: number
  offset: number
  flags: number
  data: Uint8Array
}

/** Makes a message of blocks. Throws RangeError where a name is longer than 255 bytes or there are too many blocks. */
export function encodeBlocks(blocks: readonly WireBlock[], compress = false): Buffer {
  if (blocks.length > 0xffff) throw new RangeError(`a message takes 65,535 blocks, not ${blocks.length}`)
  const names = blocks.map((b) => [b.device, b.indicator, b.unit].map((t) => Buffer.from(t)))
  const size = blocks.reduce((n, b, i) => n + sizeOf(b, names[i]!), 0)
  const body = Buffer.allocUnsafe(size)
  let p = 0
  for (const [i, b] of blocks.entries()) {
    body[p] = b.encoding
    body[p + 1] = b.flags
    body.writeUInt32LE(b.sequence, p + 2)
    body.writeBigInt64LE(BigInt(b.start), p + 6)
    body.writeDoubleLE(b.rate_hz, p + 14)
    body.writeDoubleLE(b.scale, p + 22)
    body.writeDoubleLE(b.offset, p + 30)
    body.writeUInt32LE(b.count, p + 38)
    p += block_fixed_bytes
    for (const name of names[i]!) {
      if (name.length > 255) throw new RangeError(`a name has at most 255 bytes, not ${name.length}`)
      body[p++] = name.length
      p += name.copy(body, p)
    }
    body.set(b.data, p)
    p += b.data.length
  }
  const head = Buffer.alloc(header_bytes)
  head.writeUInt32LE(block_magic, 0)
  head[4] = compress ? compression.zstd : compression.none
  head.writeUInt16LE(blocks.length, 6)
  head.writeUInt32LE(size, 8)
  return Buffer.concat([head, compress ? zstdCompressSync(body) : body])
}

const sizeOf = (b: WireBlock, names: readonly Buffer[]) =>
  block_fixed_bytes + names.reduce((n, t) => n + 1 + t.length, 0) + b.data.length

/**
 * Reads a message and hands over each block that is sound; what is wrong with a single block comes back as a problem
 * with its index, and the others stand. The whole message is refused only where it cannot be read to its end.
 */
export function decodeBlocks(
  message: Uint8Array,
  take: (block: WireBlock, index: number) => void,
): Result<{ blocks: number; problems: Problem[] }> {
  const opened = open(message)
  if (!opened.ok) return opened
  const { body, blocks } = opened.value
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const text = Buffer.from(body.buffer, body.byteOffset, body.length)
  const problems: Problem[] = []
  const taken: WireBlock[] = []
  let p = 0
  for (let i = 0; i < blocks; i++) {
    if (p + block_fixed_bytes + 3 > body.length) return fail(truncated(i, body.length))
    const encoding = body[p]!
    const block: WireBlock = {
      encoding,
      flags: body[p + 1]!,
      sequence: view.getUint32(p + 2, true),
      start: Number(view.getBigInt64(p + 6, true)),
      rate_hz: view.getFloat64(p + 14, true),
      scale: view.getFloat64(p + 22, true),
      offset: view.getFloat64(p + 30, true),
      count: view.getUint32(p + 38, true),
      device: "",
      indicator: "",
      unit: "",
      data: body,
    }
    p += block_fixed_bytes
    for (const name of ["device", "indicator", "unit"] as const) {
      const length = body[p] ?? 256
      if (p + 1 + length > body.length) return fail(truncated(i, body.length))
      block[name] = text.toString("latin1", p + 1, p + 1 + length)
      // Names are mostly ASCII; only another byte makes the dearer decoding needed.
      for (let k = p + 1; k <= p + length; k++)
        if (body[k]! > 127) {
          block[name] = text.toString("utf8", p + 1, p + 1 + length)
          break
        }
      p += 1 + length
    }
    if (encoding > 1)
      return fail(
        wrong(`blocks[${i}].encoding`, encoding, "应为 0（int16）或 1（float32）", "must be 0 (int16) or 1 (float32)"),
      )
    const bytes = block.count * sampleBytes[encoding as 0 | 1]
    if (p + bytes > body.length) return fail(truncated(i, body.length))
    block.data = body.subarray(p, p + bytes)
    p += bytes
    const bad = check(block, i)
    if (bad) problems.push(bad)
    else taken.push(block)
  }
  if (p !== body.length)
    return fail(
      wrong(
        "body_bytes",
        body.length,
        `多出 ${body.length - p} 个字节，与块头不符`,
        `has ${body.length - p} bytes more than its blocks say`,
      ),
    )
  for (const [i, block] of taken.entries()) take(block, i)
  return ok({ blocks, problems })
}

/** Checks the header and unpacks the body; a body that unpacks to anything but what it says is refused. */
function open(message: Uint8Array): Result<{ body: Uint8Array; blocks: number }> {
  if (message.length > blockLimits.message_bytes)
    return fail(tooLarge("payload", message.length, blockLimits.message_bytes))
  if (message.length < header_bytes)
    return fail(wrong("payload", message.length, "短于报文头 12 字节", "is shorter than the header of 12 bytes"))
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  if (view.getUint32(0, true) !== block_magic)
    return fail(wrong("magic", message.length, "报文应以 MMW1 开头", "the message must begin with MMW1"))
  const blocks = view.getUint16(6, true)
  const body_bytes = view.getUint32(8, true)
  if (blocks === 0) return fail(wrong("blocks", 0, "至少一个块", "must be one or more"))
  if (blocks > blockLimits.blocks) return fail(tooLarge("blocks", blocks, blockLimits.blocks))
  if (body_bytes > blockLimits.body_bytes) return fail(tooLarge("body_bytes", body_bytes, blockLimits.body_bytes))
  const packed = message.subarray(header_bytes)
  const how = message[4]
  if (how === compression.none) {
    if (packed.length !== body_bytes) return fail(lengthDiffers(body_bytes, packed.length))
    return ok({ body: packed, blocks })
  }
  if (how !== compression.zstd)
    return fail(wrong("compression", how ?? -1, "应为 0（无）或 1（zstd）", "must be 0 (none) or 1 (zstd)"))
  try {
    // The announced size bounds what is unpacked: a small message cannot become a large one.
    const body = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, body_bytes) })
    if (body.length !== body_bytes) return fail(lengthDiffers(body_bytes, body.length))
    return ok({ body, blocks })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === "ERR_BUFFER_TOO_LARGE") return fail(lengthDiffers(body_bytes, body_bytes + 1))
    return fail(wrong("body", code ?? "zstd", "zstd 数据无法解压", "the zstd data cannot be unpacked"))
  }
}

const said_by_devices = quality.device | quality.maintenance | quality.simulated
const time_max = 8.64e15

function check(b: WireBlock, i: number): Problem | null {
  const at = (field: string) => `blocks[${i}].${field}`
  if (b.count === 0 || b.count > blockLimits.samples_a_block)
    return wrong(
      at("count"),
      b.count,
      `应为 1 至 ${blockLimits.samples_a_block}`,
      `must be 1 to ${blockLimits.samples_a_block}`,
    )
  if (!(b.rate_hz > 0 && b.rate_hz <= blockLimits.rate_hz))
    return wrong(
      at("rate_hz"),
      b.rate_hz,
      `应大于 0、不超过 ${blockLimits.rate_hz}`,
      `must be above 0 and at most ${blockLimits.rate_hz}`,
    )
  if (!(b.start >= 0 && b.start < time_max))
    return wrong(at("start"), b.start, "应为 UTC 毫秒", "must be UTC milliseconds")
  if (!Number.isFinite(b.scale) || b.scale === 0)
    return wrong(at("scale"), String(b.scale), "应为不等于 0 的有限数", "must be a finite number other than 0")
  if (!Number.isFinite(b.offset))
    return wrong(at("offset"), String(b.offset), "应为有限的数", "must be a finite number")
  if (b.sequence > 0x7fffffff)
    return wrong(at("sequence"), b.sequence, "不超过 2147483647", "must be at most 2147483647")
  if ((b.flags & ~said_by_devices) !== 0)
    return wrong(
      at("flags"),
      b.flags,
      "只能为 device 1、maintenance 64、simulated 128 之和",
      "may only be the sum of device 1, maintenance 64, simulated 128",
    )
  if (b.encoding === 1 && !allFinite(b.data))
    return wrong(at("samples"), "NaN", "样本应为有限的数", "samples must be finite numbers", "not-a-number")
  return null
}

function allFinite(data: Uint8Array): boolean {
  // The exponent of a float32 that is NaN or infinite is all ones: 7 bits of the last byte and 1 of the one before.
  for (let p = 3; p < data.length; p += 4) if ((data[p]! & 0x7f) === 0x7f && (data[p - 1]! & 0x80) !== 0) return false
  return true
}

const wrong = (field: string, value: unknown, zh: string, en: string, code = "bad-block") =>
  problem(code, 400, `波形报文 ${field}：${zh}`, `Waveform message, ${field}: ${en}`, { field, value })
const tooLarge = (field: string, value: number, most: number) =>
  problem(
    "too-large",
    413,
    `波形报文 ${field} 为 ${value}，超过上限 ${most}；请分批发送`,
    `Waveform message: ${field} is ${value}, more than ${most}; send it in parts`,
    { field, value },
  )
const lengthDiffers = (said: number, is: number) =>
  wrong("body_bytes", said, `与内容长度 ${is} 不符`, `does not fit the content of ${is} bytes or more`)
const truncated = (i: number, bytes: number) =>
  wrong(
    `blocks[${i}]`,
    bytes,
    "报文在此块内结束，长度与块头不符",
    "the message ends inside this block; its length does not fit its header",
  )
