import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { expect, test } from "vitest"
import { appendReading, readingBatch } from "../../model/index.ts"
import { openSeries, type Series } from "./index.ts"
import { seriesConformance } from "./series.conformance.ts"

seriesConformance("duckdb", (folder) => openSeries({ folder, threads: 1 }))
seriesConformance("duckdb, sealing and merging all the time", (folder) =>
  openSeries({ folder, threads: 1, seal_rows: 20 }),
)

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "series-duckdb-"))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test("a folder of a newer version is refused in a sentence", async () => {
  await inFolder(async (folder) => {
    await (await openSeries({ folder })).close()
    const instance = await DuckDBInstance.create(join(folder, "series.duckdb"))
    const connection = await instance.connect()
    await connection.run("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.closeSync()
    instance.closeSync()
    await expect(openSeries({ folder })).rejects.toMatchObject({
      problem: { code: "folder-newer", title: { en: expect.stringContaining("upgrade the program") } },
    })
  })
})

test("a folder that cannot be written is refused in a sentence", async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, "file"), "")
    await expect(openSeries({ folder: join(folder, "file", "data") })).rejects.toMatchObject({
      problem: { code: "folder-unwritable", value: join(folder, "file", "data") },
    })
  })
})

test("a folder that is open already is refused, in this process and from another one", async () => {
  await inFolder(async (folder) => {
    const series = await openSeries({ folder })
    await expect(openSeries({ folder })).rejects.toMatchObject({ problem: { code: "series-in-use" } })
    const script = `import { openSeries } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)}
      openSeries({ folder: ${JSON.stringify(folder)} }).catch((error) => process.stdout.write(error.problem?.code ?? String(error)))`
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })
    expect(said).toBe("series-in-use")
    await series.close()
    await (await openSeries({ folder })).close()
  })
})

/** The example of the README in a language, on other files. */
function documented(file: string, language: string, files: string): string {
  const text = readFileSync(new URL(`./${file}`, import.meta.url), "utf8")
  const found = new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``).exec(text)?.[1]
  if (!found) throw new Error(`no example in ${language} in ${file}`)
  return found.replaceAll("'sealed/*/readings.parquet'", files)
}

test("sealed files can be read by others as they are", async () => {
  await inFolder(async (folder) => {
    const series = await openSeries({ folder })
    let batch = readingBatch(8)
    for (let i = 9; i >= 0; i--) batch = appendReading(batch, 1 + (i % 2), 1000 + i, 0, i / 4, 128, 5000 + i)
    await series.commit(batch, [])
    await series.seal(Number.POSITIVE_INFINITY)
    await series.close()
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    const files = `'${folder}/sealed/*/readings.parquet'`
    const rows = await (await connection.run(`SELECT * FROM ${files}`)).getRowObjects()
    expect(rows.length).toBe(10)
    expect(rows[0]).toEqual({
      point: 1,
      time: 1000n,
      sequence: 0,
      low: 0,
      high: 0n,
      decimals: 1,
      value: null,
      quality: 128,
      lag: 4000n,
      batch_off: 0n,
      position: null,
    })
    const values = await (await connection.run(documented("README.md", "sql", files))).getRowObjects()
    expect(values.map((r) => [r.point, r.value])).toEqual(
      [0, 2, 4, 6, 8, 1, 3, 5, 7, 9].map((i) => [1 + (i % 2), i / 4]),
    )
    connection.closeSync()
    instance.closeSync()
  })
})

test("a query that takes too long is stopped with a problem", async () => {
  await inFolder(async (folder) => {
    const series = await openSeries({ folder, query_timeout_ms: 0 })
    let batch = readingBatch(400_000)
    for (let i = 0; i < 400_000; i++) batch = appendReading(batch, 1, i, 0, i, 0, i)
    await series.commit(batch, [])
    await expect(series.history([1], 0, 400_000, 1000)).rejects.toMatchObject({ problem: { code: "series-timeout" } })
    await series.close()
  })
})

/** A file system of its own that can be filled without harm; needs root on Linux. */
function smallDisk(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], { stdio: "ignore" })
    return true
  } catch (error) {
    process.stderr.write(`no tmpfs can be mounted here: ${String(error)}\n`)
    return false
  }
}

for (const reserve of [1, 0])
  test(`disk full (reserve ${reserve} MB): the commit is refused whole, and later ones work when there is room`, async (context) => {
    await inFolder(async (root) => {
      const folder = join(root, "disk")
      mkdirSync(folder)
      if (!smallDisk(folder)) return context.skip("needs root and tmpfs")
      try {
        const series = await openSeries({ folder: join(folder, "data"), free_reserve_mb: reserve })
        const rows = await fillUntilRefused(series, folder)
        // A copy of the files as they are now is what a power cut would leave.
        cpSync(join(folder, "data"), join(root, "copy"), { recursive: true })
        await series.close()
        for (const place of [join(folder, "data"), join(root, "copy")]) {
          const again = await openSeries({ folder: place, free_reserve_mb: reserve })
          expect(await countOf(again)).toBe(rows)
          await again.close()
        }
      } finally {
        execFileSync("umount", [folder])
      }
    })
  })

test("a disk budget refuses commits when it is used up, and serves them again when there is room", async () => {
  await inFolder(async (folder) => {
    const series = await openSeries({ folder, free_reserve_mb: 1, budget_bytes: 12 << 20 })
    const rows = 20_000
    const batch = readingBatch(rows)
    batch.n = rows
    let refusal: unknown = null
    let k = 0
    for (; k < 200 && !refusal; k++) {
      for (let i = 0; i < rows; i++) {
        batch.point[i] = i
        batch.time[i] = k
        batch.value[i] = 1 + (i % 10)
      }
      await series.commit(batch, []).catch((error: unknown) => {
        refusal = error
      })
    }
    expect(refusal).toMatchObject({ problem: { code: "disk-full" } })
    expect(series.stats().budget_bytes).toBe(12 << 20)
    expect(series.stats().bytes).toBeGreaterThan(5 << 20)
    await series.seal(Number.POSITIVE_INFINITY)
    await series.forget({ readings_before: k, waves_before: k, rollups_before: k + 1e9 })
    await series.close()
    const again = await openSeries({ folder, free_reserve_mb: 1, budget_bytes: 12 << 20 })
    expect((await again.commit(batch, [])).readings.n).toBe(rows)
    await again.close()
  })
})

async function fillUntilRefused(series: Series, folder: string): Promise<number> {
  writeFileSync(join(folder, "ballast"), Buffer.alloc(12 << 20))
  const rows = 20_000
  const batch = readingBatch(rows)
  batch.n = rows
  const commit = async (k: number) => {
    for (let i = 0; i < rows; i++) {
      batch.point[i] = i
      batch.time[i] = k
      batch.value[i] = Math.sin(i * k)
    }
    return await series.commit(batch, [])
  }
  let done = 0
  const refusal = await (async () => {
    for (let k = 1; k < 100; k++) {
      try {
        await commit(k)
        done++
      } catch (error) {
        return error
      }
    }
  })()
  expect(refusal).toMatchObject({ problem: { code: "disk-full" } })
  rmSync(join(folder, "ballast"))
  expect(series.lastBatch()).toBe(done)
  expect(await commit(1000)).toMatchObject({ batch: done + 1, duplicates: 0 })
  expect(await countOf(series)).toBe((done + 1) * rows)
  return (done + 1) * rows
}

async function countOf(series: Series): Promise<number> {
  let counted = 0
  for await (const b of series.since(0)) counted += b.readings.n
  return counted
}
