import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { appendBlock, appendReading, blockBatch, rawSamples, readingBatch } from "../../model/index.ts"
import { decodePart, encodePart, type Part, partBytes, UnreadableMessage } from "./codec.ts"
import { cut, dealt, joined, partitionOf } from "./parts.ts"

const whole = fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 })
const small = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const real = fc.double({ noNaN: true })
const reading = fc.tuple(small, whole, small, real, fc.integer({ min: 0, max: 255 }), whole)
const block = fc.record({
  point: small,
  start: whole,
  sequence: small,
  rate_hz: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  encoding: fc.constantFrom(0, 1),
  scale: real,
  offset: real,
  quality: fc.integer({ min: 0, max: 255 }),
  arrived: whole,
  samples: fc.integer({ min: 1, max: 40 }),
})
const part: fc.Arbitrary<Part> = fc
  .tuple(
    fc.array(reading, { maxLength: 40 }),
    fc.array(fc.tuple(fc.nat(), whole), { maxLength: 5 }),
    fc.array(block, { maxLength: 6 }),
  )
  .map(([readings, ticks, blocks]) => ({
    readings: readings.reduce((b, r) => appendReading(b, ...r), readingBatch(0)),
    ticks: ticks.map(([at, time]) => ({ at: at % (readings.length + 1), time })).sort((a, b) => a.at - b.at),
    blocks: blocks.reduce((b, { samples, ...rest }, i) => {
      const data = Uint8Array.from({ length: samples * (rest.encoding === 0 ? 2 : 4) }, (_, k) => (k * 7 + i) % 256)
      return appendBlock(b, { ...rest, count: samples, data })
    }, blockBatch()),
  }))

/** What a part says, whatever the capacity of its columns. */
const plain = ({ readings: r, ticks, blocks: b }: Part) => ({
  readings: Array.from({ length: r.n }, (_, i) => [
    r.point[i],
    r.time[i],
    r.sequence[i],
    r.value[i],
    r.quality[i],
    r.arrived[i],
  ]),
  ticks,
  blocks: Array.from({ length: b.n }, (_, i) => [
    b.point[i],
    b.start[i],
    b.sequence[i],
    b.rate_hz[i],
    b.count[i],
    b.encoding[i],
    b.scale[i],
    b.offset[i],
    b.quality[i],
    b.arrived[i],
    Buffer.from(rawSamples(b, i)).toString("hex"),
  ]),
})

describe("messages of the log", () => {
  it("say the same after a journey, packed or not", () => {
    const place = { partition: 7, batch: 2 ** 40, index: 1, of: 3 }
    fc.assert(
      fc.property(part, fc.boolean(), (p, compress) => {
        const { place: back, ...rest } = decodePart(encodePart(p, place, compress))
        expect(plain(rest)).toEqual(plain(p))
        expect(back).toEqual(place)
      }),
      { numRuns: 300 },
    )
  })

  it("that were changed on the way are refused, never misread beyond their bounds", () => {
    let refused = 0
    fc.assert(
      fc.property(part, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(), (p, at, bits, length) => {
        const message = encodePart(p)
        message[at % message.length]! ^= bits
        try {
          const back = decodePart(message.subarray(0, length % 2 === 0 ? message.length : length % message.length))
          expect(back.readings.time.length).toBe(back.readings.n)
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableMessage)
          refused++
        }
      }),
      { numRuns: 1000 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  it("of a later version say so", () => {
    const message = encodePart({ readings: readingBatch(0), ticks: [], blocks: blockBatch() })
    message[1] = 9
    expect(() => decodePart(message)).toThrow(expect.objectContaining({ newer: true }))
  })
})

describe("parts", () => {
  it("cut and joined again say the same, and no piece is too large", () => {
    fc.assert(
      fc.property(part, fc.integer({ min: 300, max: 2000 }), (p, most) => {
        const pieces = cut(p, most)
        expect(Math.max(0, ...pieces.map(partBytes))).toBeLessThanOrEqual(Math.max(most, 32))
        expect(plain(joined([...pieces]))).toEqual(plain(p))
      }),
      { numRuns: 300 },
    )
  })

  it("are dealt by point: all rows once, in order, and every tick to every partition", () => {
    fc.assert(
      fc.property(part, fc.integer({ min: 1, max: 7 }), (p, n) => {
        const parts = dealt(p, n)
        const said = plain(p)
        for (const [k, one] of parts.entries()) {
          const mine = plain(one)
          expect(mine.readings).toEqual(said.readings.filter((r) => partitionOf(r[0]!, n) === k))
          expect(mine.blocks).toEqual(said.blocks.filter((b) => partitionOf(b[0] as number, n) === k))
          expect(mine.ticks).toEqual(
            p.ticks.map((t) => ({
              at: said.readings.slice(0, t.at).filter((r) => partitionOf(r[0]!, n) === k).length,
              time: t.time,
            })),
          )
        }
      }),
      { numRuns: 300 },
    )
  })
})
