/** GBK, the other way round: Node reads it and does not write it, so the table is made by reading every pair. */
let pairs: Map<string, number> | null = null

function table(): Map<string, number> {
  if (pairs) return pairs
  const decoder = new TextDecoder("gb18030")
  const made = new Map<string, number>()
  const pair = new Uint8Array(2)
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      pair[0] = lead
      pair[1] = trail
      const character = decoder.decode(pair)
      // Pairs that stand for nothing come back as the replacement character, alone or before what follows it.
      if ([...character].length === 1 && character !== "\ufffd") made.set(character, (lead << 8) | trail)
    }
  pairs = made
  return pairs
}

/** Text as GBK bytes. Throws where a character has no place in it. */
export function encodeGbk(text: string): Buffer {
  const out = Buffer.allocUnsafe(text.length * 2)
  let n = 0
  for (const c of text) {
    const code = c.codePointAt(0)!
    if (code < 0x80) out[n++] = code
    else {
      const pair = table().get(c)
      if (pair === undefined) throw new Error(`"${c}" of "${text}" has no place in GBK`)
      out[n++] = pair >> 8
      out[n++] = pair & 0xff
    }
  }
  return out.subarray(0, n)
}
