import { Readable } from "node:stream"
import fc from "fast-check"
import { expect, it } from "vitest"
import { putBytes, putF32, putF64, putI32, putI64, putU8, putU32, readRows, rowWriter, written } from "./rowbinary.ts"

const kinds = ["u8", "i32", "u32", "i64", "f32", "f64", "bytes"] as const
const row = fc.tuple(
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.maxSafeInteger(),
  fc.float({ noNaN: true }),
  fc.double({ noNaN: true }),
  fc.uint8Array({ maxLength: 300 }),
)

it("rows come back as they were written, however the writer had to grow and the stream was cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 200 }), async (rows, piece) => {
      const w = rowWriter(1)
      for (const [a, b, c, d, e, f, g] of rows) {
        putU8(w, a)
        putI32(w, b)
        putU32(w, c)
        putI64(w, d)
        putF32(w, e)
        putF64(w, f)
        putBytes(w, g)
      }
      const data = written(w)
      const pieces = Array.from({ length: Math.ceil(data.length / piece) }, (_, k) =>
        data.subarray(k * piece, (k + 1) * piece),
      )
      const back: unknown[][] = []
      await readRows(Readable.from(pieces), kinds, (r) => {
        back.push([...r.slice(0, 6), [...r[6]]])
      })
      expect(back).toEqual(rows.map((r) => [...r.slice(0, 6), [...r[6]]]))
    }),
    { numRuns: 100 },
  )
})

it("an answer that ends inside a row is an error", async () => {
  await expect(readRows(Readable.from([Buffer.alloc(5)]), ["i32"], () => {})).rejects.toThrow("inside a row")
})
