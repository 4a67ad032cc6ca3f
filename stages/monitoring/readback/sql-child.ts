/**
 * One statement of an analyst in a process of its own: an engine in memory that can read the sealed files it was given
 * and nothing else. It reads its task from standard input, writes lines of JSON, and ends.
 */
import {
  type DuckDBConnection,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api"
import { checkStatement } from "./sql-guard.ts"
import type { SqlMessage, SqlTask } from "./sql-process.ts"
import { analystSetup, catalogueNames, columnsOf, pointTable, sealedTo, serialised } from "./store.ts"

async function run(task: SqlTask) {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${task.memory_mb}MB`,
    threads: "1",
    temp_directory: task.temp_folder,
    max_temp_directory_size: "1GB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  })
  const connection = await instance.connect()
  await connection.run(pointTable)
  await fillPoints(connection, task.points)
  const newest = sealedTo(task.files)
  const sealed_to = newest ? ((await connection.runAndReadAll(newest)).getRows()[0]?.[0] ?? null) : null
  const taken = new Set((await connection.runAndReadAll(catalogueNames)).getRows().map((row) => String(row[0])))
  const packed = await packedFiles(connection, task.files)
  for (const statement of analystSetup(task.files, packed)) await connection.run(statement)
  for (const name of ["readings", "rollups_1h", "points", "waves"]) taken.add(name)
  const tree = JSON.parse(String((await connection.runAndReadAll(serialised, [task.sql])).getRows()[0]![0])) as unknown
  const checked = checkStatement(tree, taken)
  if (!checked.ok) return await say({ problem: checked.problem })
  const result = await connection.stream(task.sql)
  const columns = result.columnNames().map((name, i) => ({ name, type: String(result.columnType(i)) }))
  await say({ columns, sealed_to: sealed_to as number | null })
  let left = task.rows_max
  for await (const rows of result.yieldRows()) {
    const part = rows.slice(0, left).map((row) => row.map(plain))
    left -= part.length
    await say({ rows: part, ...(part.length < rows.length && { truncated: true }) })
    if (part.length < rows.length) break
  }
  await say({ done: true })
}

/** The files whose values are kept as steps. */
async function packedFiles(connection: DuckDBConnection, files: SqlTask["files"]): Promise<Set<string>> {
  const query = columnsOf(files)
  const packed = new Set<string>()
  if (query === null) return packed
  for (const [file, names] of (await connection.runAndReadAll(query)).getRows()) {
    const { items } = names as unknown as { items: readonly string[] }
    if (items.includes("low") || items.includes("raw_min")) packed.add(String(file))
  }
  return packed
}

async function fillPoints(connection: DuckDBConnection, points: SqlTask["points"]) {
  const appender = await connection.createAppender("seen_points")
  for (const [point, device, indicator, unit, lifeline, area, lon, lat, interval_ms] of points) {
    appender.appendInteger(point)
    for (const text of [device, indicator, unit, lifeline]) appender.appendVarchar(text)
    if (area === null) appender.appendNull()
    else appender.appendVarchar(area)
    for (const degree of [lon, lat])
      if (degree === null) appender.appendNull()
      else appender.appendDouble(degree)
    appender.appendBigInt(BigInt(interval_ms))
    appender.endRow()
  }
  appender.closeSync()
}

const timestamps = [
  DuckDBTimestampValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampNanosecondsValue,
] as const

/** A value as JSON has it: whole numbers as numbers while they fit, times as ISO 8601 in UTC, the rest as text. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined || typeof value === "boolean" || typeof value === "string")
    return value ?? null
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof DuckDBDecimalValue) return value.toDouble()
  if (timestamps.some((type) => value instanceof type))
    return String(value)
      .replace(" ", "T")
      .replace(/[+]00$|$/, "Z")
  const { items } = value as { items?: unknown[] }
  return Array.isArray(items) ? items.map(plain) : String(value)
}

/** Longest line: the process that reads them must not grow with what a statement makes. */
const line_length_max = 16_000_000

/** Writes a line and waits while nobody reads. */
async function say(message: SqlMessage) {
  const line = JSON.stringify(message)
  if (line.length > line_length_max) throw new Error(`rows of more than ${line_length_max} characters`)
  if (!process.stdout.write(`${line}\n`)) {
    const { promise, resolve } = Promise.withResolvers<void>()
    process.stdout.once("drain", resolve)
    await promise
  }
}

const parts: Buffer[] = []
for await (const part of process.stdin) parts.push(part as Buffer)
try {
  await run(JSON.parse(Buffer.concat(parts).toString("utf8")) as SqlTask)
} catch (error) {
  // What the engine says about a statement (an unknown column, memory) is for whoever wrote it.
  await say({ failed: (error as Error).message.slice(0, 1000) })
}
