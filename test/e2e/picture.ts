/** A small real PNG, as a crew's camera might send one: a pipe across a trench, drawn from numbers. */
import { crc32, deflateSync } from "node:zlib"

const width = 96
const height = 72

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), data])
  const out = Buffer.alloc(named.length + 8)
  out.writeUInt32BE(data.length, 0)
  named.copy(out, 4)
  out.writeUInt32BE(crc32(named), named.length + 4)
  return out
}

export function picture(): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const off = Math.abs(y - 36 - 8 * Math.sin(x / 14))
      const grey = off < 14 ? 150 - off * 4 : 70 + ((x * 7 + y * 13) % 23)
      for (const [i, tint] of [1, 0.85, 0.6].entries()) rows[y * (width * 3 + 1) + 1 + x * 3 + i] = grey * tint
    }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8) // Eight bits a colour, red, green and blue.
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([mark, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))])
}
