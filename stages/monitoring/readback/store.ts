import { sql } from "kysely"
import type { Problem } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"

/** Text as it stands in a statement. */
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
const list = (paths: readonly string[]) => `[${paths.map(quoted).join(", ")}]`

export type SealedFiles = { readings: string[]; hours: string[]; waves: string[] }

/** The point table of the analysts' database, filled by rows. */
export const pointTable = `create table seen_points (point integer, device varchar, indicator varchar, unit varchar,
  lifeline varchar, area varchar, lon double, lat double, interval_ms bigint)`

/** Names that the engine has by itself and views must not be hidden by. */
export const catalogueNames = `select lower(view_name) from duckdb_views() union select lower(table_name) from duckdb_tables()`

/** Newest event time in the sealed files, by their own statistics; null without files. */
export const sealedTo = (files: SealedFiles): string | null =>
  files.readings.length === 0
    ? null
    : `select max(stats_max_value::bigint)::double as at from parquet_metadata(${list(files.readings)}) where path_in_schema = 'time'`

/** Which columns each sealed file has: their forms differ by the version that wrote them. */
export const columnsOf = (files: SealedFiles): string | null => {
  const all = [...files.readings, ...files.hours]
  return all.length === 0
    ? null
    : `select file_name, list(name) as names from parquet_schema(${list(all)}) group by file_name`
}

/** Steps of packed readings begin anew with every point and span of this length (platform/series/README.md). */
const span_ms = 3_600_000

/** Readings of packed files: whole numbers are sums of their steps, others stand as they are. */
const packedReadings = (files: readonly string[]) => `select point, time, sequence, hour,
    coalesce(value, sum(case when low % 2 = 0 then (high * 256 + low) // 2 else -((high * 256 + low + 1) // 2) end)
      over (partition by filename, point, hour order by time, sequence)::double / pow(10, decimals)) as value,
    quality, time + lag as arrived
  from (select *, time // ${span_ms} as hour from read_parquet(${list(files)}, filename = true))
  semi join seen_points using (point)`
const plainReadings = (files: readonly string[]) => `select point, time, sequence, time // ${span_ms} as hour, value,
    quality, arrived from read_parquet(${list(files)}) semi join seen_points using (point)`
const noReadings = `select 0::integer as point, 0::bigint as time, 0::integer as sequence, 0::bigint as hour,
  0::double as value, 0::utinyint as quality, 0::bigint as arrived where false`

const packedHours = (files: readonly string[]) => `select point, start,
    coalesce(min, raw_min::double / pow(10, decimals)) as min, coalesce(max, raw_max::double / pow(10, decimals)) as max,
    coalesce(sum, raw_sum::double / pow(10, decimals)) as sum, count, quality from read_parquet(${list(files)})`
const plainHours = (files: readonly string[]) =>
  `select point, start, min, max, sum, count, quality from read_parquet(${list(files)})`
const noHours = `select 0::integer as point, 0::bigint as start, 0::double as min, 0::double as max, 0::double as sum,
  0::bigint as count, 0::utinyint as quality where false`
const noWaves = `select 0::integer as point, 0::bigint as start, 0::float as min, 0::float as max, 0::double as squares,
  0::bigint as count, 0::utinyint as quality where false`

/** A union of the parts that have files. */
function union(parts: readonly (readonly [files: readonly string[], query: (files: readonly string[]) => string])[]) {
  return parts.flatMap(([files, query]) => (files.length > 0 ? [query(files)] : [])).join(" union all ")
}

/**
 * The analysts' views over sealed files, then the lock: only these files can be read, nothing can be written, no setting
 * changed. `packed` are the files whose values are kept as steps. Times are UTC; conditions on point and hour (UTC ms
 * // 3600000) are the ones that spare work.
 */
export function analystSetup(files: SealedFiles, packed: ReadonlySet<string>): string[] {
  const seen = "semi join seen_points using (point)"
  const apart = (all: readonly string[]) =>
    [all.filter((f) => !packed.has(f)), all.filter((f) => packed.has(f))] as const
  const [plain, steps] = apart(files.readings)
  const [hours, raw_hours] = apart(files.hours)
  const readings = union([
    [plain, plainReadings],
    [steps, packedReadings],
  ])
  const all_hours = union([
    [hours, plainHours],
    [raw_hours, packedHours],
  ])
  const waves = union([[files.waves, (paths) => `select * from read_parquet(${list(paths)})`]])
  return [
    `create view points as select * from seen_points`,
    `create view readings as select point, make_timestamp_ms(time) as time, time as time_ms, hour, sequence, value,
      quality, make_timestamp_ms(arrived) as arrived from (${readings || noReadings})`,
    `create view rollups_1h as select point, make_timestamp_ms(start) as start, start as start_ms, min(min) as min,
      max(max) as max, sum(sum) / sum(count) as mean, sum(count)::bigint as count, bit_or(quality) as quality
      from (${all_hours || noHours}) ${seen} group by point, start`,
    `create view waves as select point, make_timestamp_ms(start) as start, start as start_ms, min(min) as min,
      max(max) as max, sqrt(sum(squares) / sum(count)) as rms, sum(count)::bigint as count, bit_or(quality) as quality
      from (${waves || noWaves}) ${seen} group by point, start`,
    `set allowed_paths = ${list([...files.readings, ...files.hours, ...files.waves])}`,
    "set enable_external_access = false",
    "set lock_configuration = true",
  ]
}

/** The statement as the engine's parser understands it. */
export const serialised = "select json_serialize_sql($1::varchar)"

/** Turns an export's CSV (UTC milliseconds, with fractions) into Parquet with times to the microsecond. */
export const toParquet = (csv: string, parquet: string, value_columns: readonly string[]) => `copy (
  select point, device, indicator, unit, make_timestamp(round(time_ms * 1000)::bigint) as time, ${value_columns.join(", ")}
  from read_csv(${quoted(csv)}, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', auto_detect = false,
    columns = {point: 'INTEGER', device: 'VARCHAR', indicator: 'VARCHAR', unit: 'VARCHAR', time_ms: 'DOUBLE',
      ${value_columns.map((name) => `${name}: '${parquetTypes[name] ?? "DOUBLE"}'`).join(", ")}})
  ) to ${quoted(parquet)} (format parquet, compression zstd)`
const parquetTypes: Record<string, string> = { quality: "UTINYINT", count: "BIGINT" }

export type ExportState = "queued" | "running" | "done" | "failed" | "cancelled"
export type ExportRow = {
  id: number
  asked_by_name: string
  request: unknown
  state: ExportState
  progress: number
  rows: number
  bytes: number
  file_name: string | null
  problem: Pick<Problem, "code" | "title"> | null
  created_at: number
  started_at: number | null
  ended_at: number | null
}

const columns = sql.raw(
  "id, asked_by_name, request, state, progress, rows, bytes, file_name, problem, created_at, started_at, ended_at",
)

export const insertExport = async (
  db: Db,
  e: { asked_by: number | null; asked_by_name: string; request: unknown; created_at: number },
) =>
  (
    await sql<ExportRow>`insert into monitoring_export (asked_by, asked_by_name, request, state, created_at)
      values (${e.asked_by}, ${e.asked_by_name}, ${JSON.stringify(e.request)}::jsonb, 'queued', ${e.created_at})
      returning ${columns}`.execute(db)
  ).rows[0]!

export const saveExport = (db: Db, e: ExportRow) =>
  sql`update monitoring_export set state = ${e.state}, progress = ${e.progress}, rows = ${e.rows}, bytes = ${e.bytes},
    file_name = ${e.file_name}, problem = ${e.problem === null ? null : JSON.stringify(e.problem)}::jsonb,
    started_at = ${e.started_at}, ended_at = ${e.ended_at} where id = ${e.id}`.execute(db)

export const findExport = async (db: Db, id: number) =>
  (await sql<ExportRow>`select ${columns} from monitoring_export where id = ${id}`.execute(db)).rows[0]

export const listExports = async (db: Db, asked_by_name: string, limit: number, offset: number) => ({
  rows: (
    await sql<ExportRow>`select ${columns} from monitoring_export where asked_by_name = ${asked_by_name}
      order by id desc limit ${limit + 1} offset ${offset}`.execute(db)
  ).rows,
  total: (
    await sql<{
      n: number
    }>`select count(*)::int n from monitoring_export where asked_by_name = ${asked_by_name}`.execute(db)
  ).rows[0]!.n,
})

/** Exports that were under way when the process ended. */
export const interruptedExports = async (db: Db) =>
  (await sql<ExportRow>`select ${columns} from monitoring_export where state in ('queued', 'running')`.execute(db)).rows

/** Exports that ended before `before`, with or without a file. */
export const oldExports = async (db: Db, before: number) =>
  (
    await sql<ExportRow>`select ${columns} from monitoring_export where ended_at < ${before} order by id limit 500`.execute(
      db,
    )
  ).rows

export const bytesOfExports = async (db: Db) =>
  (
    await sql<{
      n: number
    }>`select coalesce(sum(bytes), 0)::bigint n from monitoring_export where state = 'done'`.execute(db)
  ).rows[0]!.n

/** Names of the files that belong to exports that are done. */
export const keptFiles = async (db: Db) =>
  (
    await sql<{
      file_name: string
    }>`select file_name from monitoring_export where state = 'done' and file_name is not null`.execute(db)
  ).rows.map((row) => row.file_name)

export const deleteExport = (db: Db, id: number) => sql`delete from monitoring_export where id = ${id}`.execute(db)
