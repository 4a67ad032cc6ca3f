import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, expect, it } from "vitest"
import type { PackReply } from "./packer.ts"

const folder = mkdtempSync(join(tmpdir(), "mingmai-packer-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it("joins files that are several times its memory, in order and whole", async () => {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  const paths = Array.from({ length: 8 }, (_, file) => join(folder, `in-${file}.parquet`))
  // Blobs of 2 kB that do not compress: what a minute of a channel weighs.
  const blob = `unhex(array_to_string(list_transform(range(32), k -> sha256(concat(r, '-', k, '-', random()))), ''))`
  for (const [file, path] of paths.entries())
    await connection.run(
      `COPY (SELECT r::INTEGER AS point, ${file * 60_000}::BIGINT AS start, 0::INTEGER AS sequence, ${blob} AS low, ${blob} AS high
       FROM range(10000) t(r)) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`,
    )
  const packer = new Worker(new URL("./packer.ts", import.meta.url))
  const out = join(folder, "out")
  const reply = await new Promise<PackReply>((resolve, reject) => {
    packer.once("message", resolve).once("error", reject)
    packer.postMessage({ id: 1, op: "merge", paths, out, memory_limit_mb: 64 })
  })
  await packer.terminate()
  expect(reply).toMatchObject({ error: null, runs: 80_000 })
  const { rows, wrong } = (
    await connection.runAndReadAll(
      `SELECT count(*)::INTEGER AS rows, count(*) FILTER (WHERE before > (point, start))::INTEGER AS wrong FROM (
         SELECT point, start, lag((point, start)) OVER (ORDER BY file_row_number) AS before
         FROM read_parquet('${join(out, "waves.parquet")}', file_row_number = true))`,
    )
  ).getRowObjects()[0] as { rows: number; wrong: number }
  expect({ rows, wrong }).toEqual({ rows: 80_000, wrong: 0 })
  const same = await connection.runAndReadAll(
    `SELECT (SELECT bit_xor(hash(point, start, low, high)) FROM read_parquet([${paths.map((p) => `'${p}'`)}]))
          = (SELECT bit_xor(hash(point, start, low, high)) FROM read_parquet('${join(out, "waves.parquet")}'))`,
  )
  expect(same.getRows()).toEqual([[true]])
  connection.closeSync()
  instance.closeSync()
})
