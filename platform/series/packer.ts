import { mkdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { parentPort } from "node:worker_threads"
import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import type { BlockBatch } from "../../model/index.ts"
import { finishFile, type WrittenFile } from "./files.ts"
import { eachPoint, type FrameList } from "./pack-read.ts"
import { type Minute, minutesOfRun, packRaw, type Run, rawOfRun, runsOfPoint } from "./pack-runs.ts"
import { quoted } from "./segments.ts"

/**
 * Packs a finished file of frames into Parquet, in a thread with an engine of its own, so that commits do not wait for
 * it. Writes `waves.parquet`, `minutes.parquet` and `hours.parquet` into a new folder.
 */
export type PackCall =
  | { id: number; op: "pack"; path: string; frames: FrameList; out: string; memory_limit_mb: number }
  | { id: number; op: "merge"; paths: string[]; out: string; memory_limit_mb: number }
export type PackReply = {
  id: number
  error: string | null
  runs: number
  blocks: number
  samples: number
  minutes_rows: number
  hours_rows: number
  waves: WrittenFile | null
  minutes: WrittenFile | null
  hours: WrittenFile | null
}

/** Written in row groups of a few thousand runs: one run is found by reading a few megabytes. */
export const waves_parquet = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048, PARQUET_VERSION V2)"
export const rollup_parquet = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, PARQUET_VERSION V2)"

const run_table = `CREATE OR REPLACE TABLE run (point INTEGER, start BIGINT, rate_hz DOUBLE, scale DOUBLE,
  "offset" DOUBLE, count INTEGER, block_count INTEGER, sequence INTEGER, sequence_step UTINYINT, encoding UTINYINT,
  difference UTINYINT, min FLOAT, max FLOAT, rms FLOAT, quality UTINYINT, arrived_lag INTEGER, first_batch BIGINT,
  last_batch BIGINT, low BLOB, high BLOB)`
const minute_table = `CREATE OR REPLACE TABLE minute (point INTEGER, start BIGINT, min FLOAT, max FLOAT, squares DOUBLE,
  count INTEGER, quality UTINYINT)`
export const wave_hours = `SELECT point, start - start % 3600000 AS start, min(min) AS min, max(max) AS max,
  sum(squares) AS squares, sum(count)::INTEGER AS count, bit_or(quality) AS quality`

async function pack(call: PackCall & { op: "pack" }): Promise<Omit<PackReply, "id" | "error">> {
  rmSync(call.out, { recursive: true, force: true })
  mkdirSync(call.out, { recursive: true })
  return await withEngine(call, async (connection) => {
    await connection.run(run_table)
    await connection.run(minute_table)
    const runs = await connection.createAppender("run")
    const minutes = await connection.createAppender("minute")
    const count = { runs: 0, blocks: 0, samples: 0 }
    eachPoint(call.path, call.frames, (b, order, batchOf, rows) => {
      for (const run of runsOfPoint(b, order, batchOf, rows)) {
        count.runs++
        count.blocks += run.rows.length
        count.samples += run.count
        appendRun(runs, minutes, b, run)
      }
    })
    runs.flushSync()
    runs.closeSync()
    minutes.flushSync()
    minutes.closeSync()
    const file = (name: string) => join(call.out, name)
    await connection.run(`COPY run TO ${quoted(file("waves.parquet"))} ${waves_parquet}`)
    await connection.run("DROP TABLE run")
    const sums = `SELECT point, start, min(min) AS min, max(max) AS max, sum(squares) AS squares,
      sum(count)::INTEGER AS count, bit_or(quality) AS quality FROM minute GROUP BY ALL ORDER BY point, start`
    await connection.run(`COPY (${sums}) TO ${quoted(file("minutes.parquet"))} ${rollup_parquet}`)
    await connection.run(
      `COPY (${wave_hours} FROM minute GROUP BY ALL ORDER BY ALL) TO ${quoted(file("hours.parquet"))} ${rollup_parquet}`,
    )
    return {
      ...count,
      waves: await finishFile(file("waves.parquet")),
      minutes: await finishFile(file("minutes.parquet")),
      hours: await finishFile(file("hours.parquet")),
      minutes_rows: await rowsIn(connection, file("minutes.parquet")),
      hours_rows: await rowsIn(connection, file("hours.parquet")),
    }
  })
}

const rowsIn = async (connection: DuckDBConnection, path: string): Promise<number> => {
  const rows = await (await connection.run(`SELECT count(*) FROM read_parquet(${quoted(path)})`)).getRows()
  return Number(rows[0]![0])
}

function appendRun(runs: DuckDBAppender, minutes: DuckDBAppender, b: BlockBatch, run: Run): void {
  const raw = rawOfRun(b, run)
  const stats = minutesOfRun(run, raw)
  const packed = packRaw(raw, run.encoding)
  runs.appendInteger(run.point)
  runs.appendBigInt(BigInt(run.start))
  runs.appendDouble(run.rate_hz)
  runs.appendDouble(run.scale)
  runs.appendDouble(run.offset)
  runs.appendInteger(run.count)
  runs.appendInteger(run.block_count)
  runs.appendInteger(run.sequence)
  runs.appendUTinyInt(run.sequence_step)
  runs.appendUTinyInt(run.encoding)
  runs.appendUTinyInt(packed.difference)
  runs.appendFloat(stats.reduce((v, m) => Math.min(v, m.min), Number.POSITIVE_INFINITY))
  runs.appendFloat(stats.reduce((v, m) => Math.max(v, m.max), Number.NEGATIVE_INFINITY))
  runs.appendFloat(Math.sqrt(stats.reduce((n, m) => n + m.squares, 0) / run.count))
  runs.appendUTinyInt(run.quality)
  runs.appendInteger(Math.max(-0x7fffffff, Math.min(0x7fffffff, run.arrived_lag)))
  runs.appendBigInt(BigInt(run.first_batch))
  runs.appendBigInt(BigInt(run.last_batch))
  runs.appendBlob(packed.low)
  runs.appendBlob(packed.high)
  runs.endRow()
  for (const m of stats) appendMinute(minutes, run, m)
}

function appendMinute(minutes: DuckDBAppender, run: Run, m: Minute): void {
  minutes.appendInteger(run.point)
  minutes.appendBigInt(BigInt(m.start))
  minutes.appendFloat(m.min)
  minutes.appendFloat(m.max)
  minutes.appendDouble(m.squares)
  minutes.appendInteger(m.count)
  minutes.appendUTinyInt(run.quality)
  minutes.endRow()
}

/** What is sorted at once while files are joined, bytes as they lie in Parquet: they are up to three times as large unpacked. */
const sorted_bytes = 16 << 20

/**
 * Joins packed files to one, sorted by point and start. One range of points after the other is sorted into a table,
 * which the engine moves to disk as it grows and writes out in its order: a sort of the whole would need memory for all of it.
 */
async function merge(call: PackCall & { op: "merge" }): Promise<Omit<PackReply, "id" | "error">> {
  rmSync(call.out, { recursive: true, force: true })
  mkdirSync(call.out, { recursive: true })
  const path = join(call.out, "waves.parquet")
  return await withEngine(call, async (connection) => {
    const source = `read_parquet([${call.paths.map(quoted).join(", ")}])`
    const parts = Math.ceil(call.paths.reduce((n, file) => n + statSync(file).size, 0) / sorted_bytes)
    const shares = Array.from({ length: parts - 1 }, (_, i) => (i + 1) / parts)
    const cuts =
      shares.length === 0
        ? []
        : (
            await connection.runAndReadAll(
              `SELECT DISTINCT unnest(quantile_disc(point, [${shares}])) AS cut FROM ${source} ORDER BY cut`,
            )
          )
            .getRows()
            .map(([cut]) => Number(cut))
    const ranges = [...cuts.map((cut, i) => [cuts[i - 1], cut] as const), [cuts.at(-1), undefined] as const]
    await connection.run(`CREATE TABLE joined AS SELECT * FROM ${source} LIMIT 0`)
    for (const [above, upto] of ranges) {
      const where = [above === undefined ? [] : `point > ${above}`, upto === undefined ? [] : `point <= ${upto}`].flat()
      await connection.run(
        `INSERT INTO joined SELECT * FROM ${source} ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""} ORDER BY point, start, sequence`,
      )
    }
    await connection.run(`COPY joined TO ${quoted(path)} ${waves_parquet}`)
    const runs = await rowsIn(connection, path)
    const waves = await finishFile(path)
    return { runs, blocks: 0, samples: 0, minutes_rows: 0, hours_rows: 0, waves, minutes: null, hours: null }
  })
}

async function withEngine<T>(call: PackCall, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${call.memory_limit_mb}MB`,
    threads: "1",
    temp_directory: join(call.out, "sort"),
    autoinstall_known_extensions: "false",
  })
  const connection = await instance.connect()
  try {
    return await work(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(join(call.out, "sort"), { recursive: true, force: true })
  }
}

parentPort?.on("message", (call: PackCall) => {
  const nothing = {
    runs: 0,
    blocks: 0,
    samples: 0,
    minutes_rows: 0,
    hours_rows: 0,
    waves: null,
    minutes: null,
    hours: null,
  }
  const done = call.op === "pack" ? pack(call) : merge(call)
  done.then(
    (value) => parentPort?.postMessage({ id: call.id, error: null, ...value } satisfies PackReply),
    (error: unknown) => {
      rmSync(call.out, { recursive: true, force: true })
      parentPort?.postMessage({ id: call.id, error: String(error), ...nothing } satisfies PackReply)
    },
  )
})
