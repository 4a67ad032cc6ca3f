import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { appendReading, blockBatch, readingBatch } from "../../model/index.ts"
import { openSeries, type Series } from "./index.ts"
import { blocksOf } from "./waves.conformance.ts"

const day0 = Date.UTC(2022, 0, 1)

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "series-damage-"))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Three batches, each sealed and packed on its own: readings k and a second of samples k at minute k. */
async function threeSealed(folder: string): Promise<void> {
  const series = await openSeries({ folder })
  for (let k = 0; k < 3; k++) {
    let batch = readingBatch(16)
    for (let i = 0; i < 200; i++)
      batch = appendReading(batch, 1 + (i % 7), day0 + k * 60_000 + i, 0, k + i / 100, 0, day0)
    const values = Array.from({ length: 50 }, (_, i) => k * 100 + i)
    await series.commit(batch, [], blocksOf([{ point: 9, start: day0 + k * 60_000, values }]))
    await series.seal(Number.POSITIVE_INFINITY)
  }
  await series.close()
}

function flipBit(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.length >> 1
  bytes[at] = bytes[at]! ^ 16
  writeFileSync(path, bytes)
}

const second = (folder: string): string => readdirSync(folder).sort()[1]!
const batchesOf = async (series: Series): Promise<number[]> => {
  const seen: number[] = []
  for await (const b of series.since(0)) seen.push(b.batch)
  return seen
}
const samplesIn = async (series: Series): Promise<number> => {
  const wave = await series.wave(9, day0, day0 + 180_000, 1000)
  return wave.kind === "samples" ? wave.runs.reduce((n, r) => n + r.values.length, 0) : -1
}
async function until(test: () => boolean): Promise<void> {
  for (let k = 0; k < 400 && !test(); k++) await sleep(25)
}

for (const harm of ["truncated", "flipped"] as const)
  test(`a ${harm} file of readings is set aside and named, the rest works`, async () => {
    await inFolder(async (folder) => {
      await threeSealed(folder)
      const name = second(join(folder, "sealed"))
      const path = join(folder, "sealed", name, "readings.parquet")
      if (harm === "truncated") truncateSync(path, readFileSync(path).length - 40)
      else flipBit(path)
      for (let opening = 0; opening < 2; opening++) {
        const series = await openSeries({ folder })
        await until(() => series.damage().length > 0)
        expect(series.damage()).toMatchObject([
          {
            path: join("sealed", name, "readings.parquet"),
            first_batch: 2,
            last_batch: 2,
            rows: 200,
            from: day0 + 60_000,
          },
        ])
        expect(existsSync(join(folder, series.damage()[0]!.moved_to))).toBe(true)
        expect(await batchesOf(series)).toEqual([1, 3])
        expect(series.lastBatch()).toBe(3)
        expect((await series.history([1], day0, day0 + 180_000, 1000))[0]!.time.length).toBe(2 * 29)
        await series.close()
      }
      const series = await openSeries({ folder })
      expect((await series.commit(readingBatch(0), [])).batch).toBe(4)
      await series.close()
    })
  })

for (const harm of ["truncated", "flipped"] as const)
  test(`a ${harm} file of packed waveforms is set aside and named, the rest works`, async () => {
    await inFolder(async (folder) => {
      await threeSealed(folder)
      const name = readdirSync(join(folder, "waves"))
        .filter((file) => file.endsWith(".parquet"))
        .sort()[1]!
      const path = join(folder, "waves", name)
      if (harm === "truncated") truncateSync(path, 100)
      else flipBit(path)
      const series = await openSeries({ folder })
      await until(() => series.damage().length > 0)
      expect(series.damage()).toMatchObject([{ path: join("waves", name), first_batch: 2, last_batch: 2, rows: 1 }])
      expect(await samplesIn(series)).toBe(100)
      await series.close()
    })
  })

test("a flipped bit in live frames is named at opening, the other commits are there", async () => {
  await inFolder(async (folder) => {
    const series = await openSeries({ folder })
    for (let k = 0; k < 3; k++)
      await series.commit(
        readingBatch(0),
        [],
        blocksOf([{ point: 9, start: day0 + k * 1000, values: Array(50).fill(k) }]),
      )
    await series.close()
    const name = readdirSync(join(folder, "waves"))[0]!
    flipBit(join(folder, "waves", name))
    const again = await openSeries({ folder })
    expect(again.damage()).toMatchObject([{ path: join("waves", name), first_batch: 2, last_batch: 2, rows: 1 }])
    expect(existsSync(join(folder, again.damage()[0]!.moved_to))).toBe(true)
    expect(await samplesIn(again)).toBe(100)
    expect((await again.commit(readingBatch(0), [], blockBatch())).batch).toBe(4)
    await again.seal(Number.POSITIVE_INFINITY)
    expect(await samplesIn(again)).toBe(100)
    await again.close()
  })
})

test("a log of the database that was cut short is a hole with a name, never a silent one", async () => {
  await inFolder(async (folder) => {
    const copy = join(folder, "copy.wal")
    const store = join(folder, "store")
    const series = await openSeries({ folder: store })
    for (let k = 0; k < 20; k++) await series.commit(appendReading(readingBatch(1), 1, day0 + k, 0, k, 0, day0 + k), [])
    const wal = join(store, "series.duckdb.wal")
    copyFileSync(wal, copy)
    copyFileSync(join(store, "series.duckdb"), join(folder, "copy.duckdb"))
    await series.close()
    copyFileSync(join(folder, "copy.duckdb"), join(store, "series.duckdb"))
    copyFileSync(copy, wal)
    truncateSync(wal, readFileSync(wal).length - 1000)
    const again = await openSeries({ folder: store })
    const [hole] = again.damage()
    expect(hole).toMatchObject({ path: "series.duckdb.wal", last_batch: 20 })
    const there = await batchesOf(again)
    expect(there).toEqual(Array.from({ length: hole!.first_batch - 1 }, (_, i) => i + 1))
    expect((await again.commit(readingBatch(0), [])).batch).toBe(21)
    await again.close()
    const third = await openSeries({ folder: store })
    expect(third.damage().length).toBe(1)
    expect(await batchesOf(third)).toEqual([...there, 21])
    await third.close()
  })
})

for (const harm of ["truncated", "flipped", "garbage"] as const)
  test(`a database file that is ${harm} is refused by name`, async () => {
    await inFolder(async (folder) => {
      await threeSealed(folder)
      const path = join(folder, "series.duckdb")
      const bytes = readFileSync(path)
      if (harm === "truncated") truncateSync(path, bytes.length >> 1)
      if (harm === "garbage") writeFileSync(path, Buffer.alloc(bytes.length, 7))
      if (harm === "flipped") {
        // Every block is hit: which of them an opening reads is the engine's affair.
        for (let at = 4096 * 3 + 64; at < bytes.length; at += 4096) bytes[at] = bytes[at]! ^ 1
        writeFileSync(path, bytes)
      }
      await expect(openSeries({ folder })).rejects.toMatchObject({
        problem: { code: "folder-damaged", title: { en: expect.stringContaining("series.duckdb") } },
      })
    })
  })
