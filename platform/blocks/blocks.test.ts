import { zstdCompressSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { blockLimits, decodeBlocks, encodeBlocks, type WireBlock } from "./index.ts"

const block = (over: Partial<WireBlock> = {}): WireBlock => ({
  device: "B-1",
  indicator: "acceleration",
  unit: "",
  start: Date.UTC(2026, 10, 24),
  sequence: 0,
  rate_hz: 50,
  count: 3,
  encoding: 0,
  scale: 0.001,
  offset: 0,
  flags: 0,
  data: new Uint8Array(Int16Array.of(1, -2, 300).buffer),
  ...over,
})

function decoded(message: Uint8Array) {
  const blocks: WireBlock[] = []
  const result = decodeBlocks(message, (b) => blocks.push({ ...b, data: new Uint8Array(b.data) }))
  return { blocks, result, codes: result.ok ? result.value.problems.map((p) => p.field) : result.problem.field }
}

const text = fc
  .string({ unit: "grapheme", maxLength: 30 })
  .filter((t) => Buffer.byteLength(t) <= 255 && t.isWellFormed())
const anyBlock = fc
  .record({
    device: text,
    indicator: text,
    unit: text,
    start: fc.integer({ min: 0, max: 8e15 }),
    sequence: fc.integer({ min: 0, max: 0x7fffffff }),
    rate_hz: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
    scale: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    offset: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    flags: fc.constantFrom(0, 1, 64, 65, 128),
    samples: fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 200 }),
    encoding: fc.constantFrom(0, 1),
  })
  .map(({ samples, ...b }): WireBlock => {
    const raw = b.encoding === 0 ? Int16Array.from(samples) : Float32Array.from(samples)
    return { ...b, count: samples.length, data: new Uint8Array(raw.buffer) }
  })

describe("the wire format of waveform blocks", () => {
  test("what was sent is what is read, packed or not", () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { minLength: 1, maxLength: 8 }), fc.boolean(), (blocks, compress) => {
        const found = decoded(encodeBlocks(blocks, compress))
        expect(found.codes).toEqual([])
        expect(found.blocks).toEqual(blocks)
      }),
    )
  })
  test("the bytes are those of the manual", () => {
    const hex = encodeBlocks([block({ start: 1_795_478_400_000 })]).toString("hex")
    // Made with Python: struct.pack("<BBIqdddI", 0, 0, 0, 1795478400000, 50.0, 0.001, 0.0, 3) …
    expect(hex).toBe(
      "4d4d57310000010042000000000000000000002cda0aa20100000000000000004940fca9f1d24d62" +
        "503f00000000000000000300000003422d310c616363656c65726174696f6e000100feff2c01" +
        "",
    )
  })

  const cut = (n: number) => encodeBlocks([block()]).subarray(0, n)
  const edited = (at: number, value: number) => {
    const message = encodeBlocks([block()])
    message[at] = value
    return message
  }
  test.each([
    ["nothing", Buffer.alloc(0), "payload"],
    ["another magic", edited(0, 0x20), "magic"],
    ["no blocks", edited(6, 0), "blocks"],
    ["more blocks than there are", edited(6, 2), "blocks[1]"],
    ["a header alone", cut(12), "body_bytes"],
    ["a body cut short", cut(60), "body_bytes"],
    ["a length that lies", edited(8, 200), "body_bytes"],
    ["a length of 4 GiB", edited(11, 0xff), "body_bytes"],
    ["a compression nobody knows", edited(4, 7), "compression"],
    ["zstd that is none", edited(4, 1), "body"],
    ["an encoding nobody knows", edited(12, 9), "blocks[0].encoding"],
    ["a count beyond the end", edited(12 + 38, 200), "blocks[0]"],
    ["a count short of the end", edited(12 + 38, 1), "body_bytes"],
    ["a name beyond the end", edited(12 + 42, 255), "blocks[0]"],
    ["too many bytes", Buffer.alloc(blockLimits.message_bytes + 1), "payload"],
  ])("%s: refused with its field", (_name, message, field) => {
    expect(decoded(message)).toMatchObject({ blocks: [], codes: field, result: { ok: false } })
  })
  test("a bomb unpacks to no more than it says", () => {
    const head = encodeBlocks([block()]).subarray(0, 12)
    head[4] = 1
    const bomb = Buffer.concat([head, zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))])
    expect(bomb.length).toBeLessThan(blockLimits.message_bytes)
    expect(decoded(bomb).codes).toBe("body_bytes")
  })
  test.each([
    ["no samples", { count: 0, data: new Uint8Array(0) }, "count"],
    ["a rate of nothing", { rate_hz: 0 }, "rate_hz"],
    ["a rate that is no number", { rate_hz: Number.NaN }, "rate_hz"],
    ["a rate beyond all sensors", { rate_hz: 10_001 }, "rate_hz"],
    ["a scale of nothing", { scale: 0 }, "scale"],
    ["an endless offset", { offset: Number.POSITIVE_INFINITY }, "offset"],
    ["before 1970", { start: -1 }, "start"],
    ["a flag of the platform's own", { flags: 16 }, "flags"],
    [
      "a sample that is no number",
      { encoding: 1, data: new Uint8Array(Float32Array.of(1, Number.NaN, 2).buffer) },
      "samples",
    ],
    ["an endless sample", { encoding: 1, data: new Uint8Array(Float32Array.of(1, 2, -Infinity).buffer) }, "samples"],
  ])("%s: this block is refused, its neighbours stand", (_name, over, field) => {
    const found = decoded(encodeBlocks([block(), block(over), block({ device: "B-2" })]))
    expect(found.codes).toEqual([`blocks[1].${field}`])
    expect(found.blocks.map((b) => b.device)).toEqual(["B-1", "B-2"])
  })
  test("two million mutated messages: never a throw, never a block that is not sound", () => {
    const seeds = [
      encodeBlocks([block(), block({ device: "B-2" })]),
      encodeBlocks([block()]),
      encodeBlocks([block()], true),
    ]
    let seed = 7
    const random = (n: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((seed / 2 ** 32) * n)
    }
    let [refused, taken] = [0, 0]
    const message = Buffer.alloc(400)
    for (let i = 0; i < 2_000_000; i++) {
      // Packed ones cost a hundred times more to look at.
      const source = seeds[i % 200 === 0 ? 2 : i % 2]!
      source.copy(message)
      const length = random(8) === 0 ? random(source.length + 1) : source.length
      for (let k = random(4); k >= 0; k--) message[random(source.length)] = random(256)
      const result = decodeBlocks(message.subarray(0, length), (b) => {
        taken++
        if (b.data.length !== b.count * (b.encoding === 0 ? 2 : 4) || !(b.rate_hz > 0)) throw new Error("not sound")
      })
      if (!result.ok) refused++
    }
    expect(refused).toBeGreaterThan(500_000)
    expect(taken).toBeGreaterThan(100_000)
  })
})
