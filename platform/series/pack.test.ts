import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import fc from "fast-check"
import { expect, test } from "vitest"
import { blockBatch, rawSamples, readingBatch, samplesOf, takeBlock } from "../../model/index.ts"
import { decodeFrame, encodeFrame, frameIsWhole } from "./frames.ts"
import { openSeries } from "./index.ts"
import { packFloat32, packInt16, unpackFloat32, unpackInt16 } from "./pack-codec.ts"
import { minutesOfRun, rawOfRun, runsOfPoint, startAt } from "./pack-runs.ts"
import { blocksOf } from "./waves.conformance.ts"

const int16 = fc.integer({ min: -32768, max: 32767 })
const smooth = fc
  .record({ start: int16, steps: fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 600 }) })
  .map(({ start, steps }) => {
    let v = start
    return steps.map((d) => {
      v = Math.max(-32768, Math.min(32767, v + d))
      return v
    })
  })

test("property: int16 samples come back from packing bit for bit, whatever they are", () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(int16, { maxLength: 600 }), smooth), (values) => {
      const samples = Int16Array.from(values)
      const packed = packInt16(samples)
      expect(packed.low.length).toBe(samples.length)
      expect(unpackInt16(packed)).toEqual(samples)
    }),
  )
})

test("property: float32 samples come back from packing bit for bit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const whole = bytes.slice(0, bytes.length & ~3)
      expect(unpackFloat32(packFloat32(whole))).toEqual(whole)
    }),
  )
})

const block = fc.record({
  point: fc.integer({ min: 1, max: 3 }),
  start: fc.integer({ min: 0, max: 5000 }),
  values: fc.array(int16, { minLength: 1, maxLength: 40 }),
  sequence: fc.integer({ min: 0, max: 5 }),
  rate_hz: fc.constantFrom(50, 51.2, 1000 / 3),
  scale: fc.constantFrom(1, 0.5),
  quality: fc.constantFrom(0, 4),
  float: fc.boolean(),
})

test("property: a frame gives back its blocks, and a flipped bit anywhere in it shows", () => {
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 12 }), fc.nat(), (specs, flip) => {
      const b = blocksOf(specs)
      const frame = encodeFrame(b, 7)
      expect(frameIsWhole(frame)).toBe(true)
      const back = decodeFrame(frame)
      expect(back.n).toBe(b.n)
      for (let i = 0; i < b.n; i++) {
        expect([
          back.point[i],
          back.start[i],
          back.sequence[i],
          back.rate_hz[i],
          back.quality[i],
          back.arrived[i],
        ]).toEqual([b.point[i], b.start[i], b.sequence[i], b.rate_hz[i], b.quality[i], b.arrived[i]])
        expect(rawSamples(back, i)).toEqual(rawSamples(b, i))
      }
      const at = flip % (frame.length * 8)
      // Blocks (bytes 4 to 7) are told by the length; everything else by magic, length or checksum.
      if (at >> 3 >= 4 && at >> 3 < 8) return
      frame[at >> 3]! ^= 1 << (at & 7)
      expect(frameIsWhole(frame)).toBe(false)
    }),
  )
})

test("property: runs hold every block of a point with its key and its samples", () => {
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 30 }), fc.boolean(), (specs, neighbours) => {
      let start = 0
      const own = specs.map((s) => {
        const at = neighbours ? Math.round(start) : s.start
        start += (s.values.length * 1000) / s.rate_hz
        return { ...s, point: 1, start: at, sequence: neighbours ? 0 : s.sequence }
      })
      const b = blocksOf(own)
      const order = Array.from({ length: b.n }, (_, i) => i).sort(
        (x, y) => b.start[x]! - b.start[y]! || b.sequence[x]! - b.sequence[y]!,
      )
      const rows = Int32Array.from({ length: b.n }, (_, i) => i)
      const runs = runsOfPoint(
        b,
        order,
        Float64Array.from(rows, (i) => i + 1),
        rows,
      )
      expect(runs.flatMap((r) => r.rows)).toEqual(order)
      for (const run of runs) {
        const raw = rawOfRun(b, run)
        const size = run.encoding === 0 ? 2 : 4
        for (let k = 0, n = 0; n < run.count; k++, n += run.block_count) {
          const i = run.rows[k]!
          expect([startAt(run, n), run.sequence + k * run.sequence_step]).toEqual([b.start[i], b.sequence[i]])
          expect(raw.subarray(n * size, n * size + rawSamples(b, i).length)).toEqual(rawSamples(b, i))
        }
        const minutes = minutesOfRun(run, raw)
        expect(minutes.reduce((n, m) => n + m.count, 0)).toBe(run.count)
        const values = run.rows.flatMap((i) => [...samplesOf(b, i)])
        if (values.every(Number.isFinite))
          expect(Math.fround(Math.min(...minutes.map((m) => m.min)))).toBe(Math.min(...values))
      }
    }),
  )
})

test("rows of a batch are taken one by one without touching the batch they come from", () => {
  const b = blocksOf([
    { point: 1, start: 0, values: [1, 2, 3] },
    { point: 2, start: 5, values: [4, 5], float: true },
  ])
  const one = takeBlock(blockBatch(), b, 1)
  expect([one.n, one.point[0], [...samplesOf(one, 0)]]).toEqual([1, 2, [4, 5]])
  expect([b.n, [...samplesOf(b, 0)]]).toEqual([2, [1, 2, 3]])
})

/** The example of the README decodes packed waveforms outside of the platform. */
test("packed waveforms are decoded by the Python example of the README", async (context) => {
  try {
    execFileSync("python3", ["-c", "import numpy"], { stdio: "ignore" })
  } catch (error) {
    process.stderr.write(`python3 with numpy is not here: ${String(error)}\n`)
    return context.skip("needs python3 with numpy")
  }
  const folder = mkdtempSync(join(tmpdir(), "series-python-"))
  try {
    const values = Array.from({ length: 500 }, (_, k) => Math.round(3000 * Math.sin(k / 9)))
    const floats = Array.from({ length: 50 }, (_, k) => Math.fround(Math.cos(k)))
    const series = await openSeries({ folder: join(folder, "data") })
    const specs = [
      { point: 1, start: 1000, values, scale: 0.25, offset: 3 },
      { point: 2, start: 1000, values: floats, float: true },
    ]
    await series.commit(readingBatch(0), [], blocksOf(specs))
    await series.seal(Number.POSITIVE_INFINITY)
    await series.close()
    const waves = join(folder, "data", "waves")
    const file = readdirSync(waves).find((name) => name.endsWith(".parquet"))!
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    const rows = await (
      await connection.run(`SELECT scale, "offset", encoding, difference, hex(low) AS low, hex(high) AS high
        FROM '${join(waves, file)}' ORDER BY point`)
    ).getRowObjectsJson()
    connection.closeSync()
    instance.closeSync()
    writeFileSync(join(folder, "rows.json"), JSON.stringify(rows))
    const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8")
    const example = /```python\n([^`]*)```/.exec(readme)?.[1]
    const script = `${example}
import json, sys
for row in json.load(open(sys.argv[1])):
    row["low"], row["high"] = bytes.fromhex(row["low"]), bytes.fromhex(row["high"])
    print(json.dumps(samples(row).tolist()))
`
    const said = execFileSync("python3", ["-c", script, join(folder, "rows.json")], { encoding: "utf8" })
    const [first, second] = said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as number[])
    expect(first).toEqual(values.map((v) => v * 0.25 + 3))
    expect(second!.map(Math.fround)).toEqual(floats)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
