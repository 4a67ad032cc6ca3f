/** GBK for what Chinese desktop programs read: the platform decodes it, the way back is a table made from that. */

let table: Map<string, number> | null = null

/** Two-byte codes by character, made once from the decoder's own table. */
function codes(): Map<string, number> {
  if (table) return table
  const decoder = new TextDecoder("gbk")
  table = new Map()
  const pair = new Uint8Array(2)
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue
      pair[0] = lead
      pair[1] = trail
      const text = decoder.decode(pair)
      if (text.length === 1 && text !== "\ufffd" && !table.has(text)) table.set(text, (lead << 8) | trail)
    }
  return table
}

/** Encodes a text in GBK; characters that it has not become "?", each told to `lost`. */
export function encodeGbk(text: string, lost: (character: string) => void): Buffer {
  const known = codes()
  const bytes = Buffer.allocUnsafe(text.length * 2)
  let n = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code < 0x80) bytes[n++] = code
    else {
      const pair = known.get(character)
      if (pair === undefined) {
        lost(character)
        bytes[n++] = 0x3f
      } else {
        bytes[n++] = pair >> 8
        bytes[n++] = pair & 255
      }
    }
  }
  return bytes.subarray(0, n)
}
