import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import Type from "typebox"
import { ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { csvCell } from "../../../platform/http/index.ts"
import type { PointRecord, Registry } from "../registry.ts"
import { sql_length_max } from "./sql-guard.ts"
import { engine_memory_mb, runStatement, type SqlMessage, type SqlPoint, type SqlTask } from "./sql-process.ts"
import type { SealedFiles } from "./store.ts"
import { SqlView } from "./views.ts"
import type { Visible } from "./visible.ts"

const timeout_ms = 10_000
const csv_timeout_ms = 60_000
const rows_max = 10_000
const csv_rows_max = 1_000_000
const answer_cells_max = 500_000
/** Statements at once over all callers; one at a time of one caller. */
const at_once_max = 2

/**
 * Sealed Parquet of the store that an analyst may be shown parts of: readings, hours, and minutes of waveforms. While
 * the store merges folders the old ones may still be there: batches that a larger folder has too are not taken twice.
 */
export function sealedFiles(series_folder: string): SealedFiles {
  const files: SealedFiles = { readings: [], hours: [], waves: [] }
  const sealed = join(series_folder, "sealed")
  for (const name of outermost(namesIn(sealed))) {
    const inside = namesIn(join(sealed, name))
    if (inside.includes("readings.parquet")) files.readings.push(join(sealed, name, "readings.parquet"))
    if (inside.includes("hours.parquet")) files.hours.push(join(sealed, name, "hours.parquet"))
  }
  const rollups = join(series_folder, "rollups")
  for (const name of namesIn(rollups)) {
    if (/^hours-\d+\.parquet$/.test(name)) files.hours.push(join(rollups, name))
    if (/^wave_minutes-\d+\.parquet$/.test(name)) files.waves.push(join(rollups, name))
  }
  return files
}

/** Folders <first>-<last>-<id> that lie within no other. */
function outermost(names: readonly string[]): string[] {
  const spans = names.flatMap((name) => {
    const found = /^(\d+)-(\d+)-(\d+)$/.exec(name)
    return found ? [{ name, first: Number(found[1]), last: Number(found[2]), id: Number(found[3]) }] : []
  })
  return spans
    .filter((s) => !spans.some((o) => o.id > s.id && o.first <= s.first && o.last >= s.last))
    .map((s) => s.name)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return [] // A store that has sealed nothing yet, or a folder that was merged into another just now.
  }
}

const sqlPoint = (p: PointRecord): SqlPoint => [
  p.id,
  p.device.code,
  p.indicator,
  p.unit,
  p.device.lifeline,
  p.area_code,
  p.lon,
  p.lat,
  p.interval_ms,
]

/** The analysts' door: one SELECT over sealed readings, in a process of its own, only what the caller may see. */
export function installSqlDoor(
  app: Pick<App, "http" | "sql" | "audit" | "clock">,
  visible: Visible,
  options: { files(): SealedFiles; registry(): Registry; temp_folder: string },
) {
  const running = new Map<string, number>()

  async function task(sql: string, scopes: readonly Scope[], most: number): Promise<Omit<SqlTask, "temp_folder">> {
    const ids = await visible.all(scopes)
    const { points } = options.registry()
    return {
      sql,
      files: options.files(),
      points: ids.flatMap((id) => (points.has(id) ? [sqlPoint(points.get(id)!)] : [])),
      rows_max: most,
      memory_mb: engine_memory_mb,
    }
  }

  /** Yields what a statement gives, and holds the caller's place until it has ended. */
  async function* within(
    login: string,
    made: Omit<SqlTask, "temp_folder">,
    most_ms: number,
  ): AsyncGenerator<SqlMessage> {
    if (running.has(login) || running.size >= at_once_max) throw new ProblemError(sqlBusy)
    running.set(login, 1)
    mkdirSync(options.temp_folder, { recursive: true })
    const temp_folder = mkdtempSync(join(options.temp_folder, "sql-"))
    try {
      yield* runStatement({ ...made, temp_folder }, most_ms)
    } finally {
      rmSync(temp_folder, { recursive: true, force: true })
      running.delete(login)
    }
  }

  app.http.route({
    method: "POST",
    url: "/api/monitoring/sql",
    permission: "readings.sql",
    summary:
      "One SELECT over sealed readings (views readings, rollups_1h, points, waves); format=csv streams more rows",
    body: Type.Object({ sql: Type.String({ minLength: 1, maxLength: sql_length_max }) }),
    query: Type.Object({ format: Type.Optional(Type.Union([Type.Literal("json"), Type.Literal("csv")])) }),
    response: SqlView,
    async handler({ body, query, scopes, caller, reply }) {
      const csv = query.format === "csv"
      const made = await task(body.sql, scopes, csv ? csv_rows_max : rows_max)
      await app.audit(app.sql.db, caller, "readings-sql", "readings", { sql: body.sql.slice(0, 2000) })
      const messages = within(caller.login, made, csv ? csv_timeout_ms : timeout_ms)
      if (!csv) return await collected(messages, app.clock.wall)
      // What is wrong with the statement is known before the first row, and is answered as a problem.
      const first = await messages.next()
      const rest = Readable.from(csvOf(first.value as SqlMessage, messages), { objectMode: false })
      reply.header("content-type", "text/csv; charset=utf-8")
      reply.header("content-disposition", 'attachment; filename="readings.csv"')
      return reply.send(rest)
    },
  })
}

async function collected(messages: AsyncGenerator<SqlMessage>, wall: () => number) {
  const started = wall()
  const answer = { columns: [] as { name: string; type: string }[], rows: [] as unknown[][], truncated: false }
  let sealed_to: number | null = null
  for await (const message of messages) {
    if ("columns" in message) {
      answer.columns = message.columns
      sealed_to = message.sealed_to
    } else if ("rows" in message) {
      answer.rows.push(...message.rows)
      answer.truncated ||= message.truncated ?? false
      if (answer.rows.length * answer.columns.length > answer_cells_max) {
        answer.truncated = true
        break
      }
    }
  }
  return { ...answer, sealed_to, ms: wall() - started }
}

async function* csvOf(first: SqlMessage, messages: AsyncGenerator<SqlMessage>): AsyncGenerator<string> {
  if ("columns" in first) yield `\ufeff${first.columns.map((c) => csvCell(c.name, "")).join(",")}\r\n`
  for await (const message of messages)
    if ("rows" in message)
      yield message.rows.map((row) => `${row.map((value) => csvCell(value, "")).join(",")}\r\n`).join("")
}

const sqlBusy = problem(
  "sql-busy",
  429,
  "已有查询在执行；每人同时一条，全平台两条，请稍后再试",
  "A statement is running: one of each person at a time and two in all; try again later",
)
