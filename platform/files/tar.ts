import { open } from "node:fs/promises"
import { assert } from "../../model/index.ts"

/** One file of an archive; `content` must yield exactly `bytes` bytes. */
export type TarMember = { name: string; bytes: number; content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> }
/** Where a member's content stands in an archive on disk. */
export type TarPlace = { name: string; at: number; bytes: number }

const block_bytes = 512
const octal_bytes_max = 8 ** 11
const members_max = 10_000_000

/** An archive as any tar reads it (POSIX ustar; files from 8 GiB on with the size in base 256, as GNU tar writes it). */
export async function* writeTar(
  members: AsyncIterable<TarMember> | Iterable<TarMember>,
  modified_ms: number,
): AsyncGenerator<Uint8Array> {
  for await (const member of members) {
    yield headerOf(member, modified_ms)
    let bytes = 0
    for await (const chunk of member.content()) {
      bytes += chunk.length
      yield chunk
    }
    assert(bytes === member.bytes, `${member.name} has ${bytes} bytes of the ${member.bytes} that were announced`)
    yield Buffer.alloc((block_bytes - (bytes % block_bytes)) % block_bytes)
  }
  yield Buffer.alloc(2 * block_bytes)
}

/** The members of the archive at `path`, without their content; null when it is no archive, or ends too early. */
export async function listTar(path: string): Promise<TarPlace[] | null> {
  const file = await open(path, "r")
  try {
    const { size } = await file.stat()
    const places: TarPlace[] = []
    const header = Buffer.alloc(block_bytes)
    for (let at = 0; places.length < members_max; ) {
      const { bytesRead } = await file.read(header, 0, block_bytes, at)
      if (bytesRead < block_bytes) return null
      if (header.every((b) => b === 0)) return places
      if (checksumOf(header) !== Number.parseInt(header.toString("latin1", 148, 156), 8)) return null
      const name = header.toString("utf8", 0, 100).replace(/\0.*$/s, "")
      const bytes = sizeOf(header)
      at += block_bytes
      if (at + bytes > size) return null
      places.push({ name, at, bytes })
      at += Math.ceil(bytes / block_bytes) * block_bytes
    }
    return null
  } finally {
    await file.close()
  }
}

function headerOf({ name, bytes }: TarMember, modified_ms: number): Buffer {
  assert(Buffer.byteLength(name) <= 100, `a member's name has at most 100 bytes: ${name}`)
  const header = Buffer.alloc(block_bytes)
  const octal = (value: number, at: number, digits: number) =>
    header.write(`${value.toString(8).padStart(digits, "0")}\0`, at)
  header.write(name)
  octal(0o600, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  if (bytes < octal_bytes_max) octal(bytes, 124, 11)
  else {
    header[124] = 0x80
    header.writeBigUInt64BE(BigInt(bytes), 128)
  }
  octal(Math.floor(modified_ms / 1000), 136, 11)
  header.write("0", 156)
  header.write("ustar\x0000", 257)
  header.write(`${checksumOf(header).toString(8).padStart(6, "0")}\0 `, 148)
  return header
}

function sizeOf(header: Buffer): number {
  if (header[124] === 0x80) return Number(header.readBigUInt64BE(128))
  return Number.parseInt(header.toString("latin1", 124, 136), 8)
}

/** Sum of the header's bytes with the checksum's own place counted as blanks. */
function checksumOf(header: Buffer): number {
  let sum = 0
  for (let i = 0; i < block_bytes; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!
  return sum
}
