import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { appendReading, ProblemError, readingBatch } from "../../../model/index.ts"
import { openSeries } from "../../../platform/series/index.ts"
import { sealedFiles } from "./sql.ts"
import { checkStatement } from "./sql-guard.ts"
import { runStatement, type SqlPoint } from "./sql-process.ts"
import { analystSetup, catalogueNames, pointTable, serialised } from "./store.ts"

const start = Date.UTC(2026, 10, 24)
/** Minutes whose readings have no flag. */
const good = Array.from({ length: 600 }, (_, i) => i).filter((i) => i % 7 !== 0)
let folder = ""
const seen: SqlPoint[] = [1, 2].map((id) => [id, `d${id}`, "p", "m", "w", id === 1 ? "north" : null, 117, null, 60_000])

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mingmai-test-sql-door-"))
  const series = await openSeries({ folder, memory_limit_mb: 64 })
  let batch = readingBatch(64)
  // Point 3 is not among those that may be seen.
  for (const point of [1, 2, 3])
    for (let i = 0; i < 600; i++)
      batch = appendReading(batch, point, start + i * 60_000, 0, point * 1000 + (i % 60), i % 7 === 0 ? 2 : 0, start)
  await series.commit(batch, [])
  await series.seal(Number.POSITIVE_INFINITY)
  await series.close()
})
afterAll(() => {
  engine?.connection.closeSync()
  engine?.instance.closeSync()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(sql: string, most: { rows?: number; ms?: number } = {}) {
  const rows: unknown[][] = []
  let columns: { name: string; type: string }[] = []
  let sealed_to: number | null = null
  let truncated = false
  const temp_folder = join(folder, "spilled")
  const task = {
    sql,
    files: sealedFiles(folder),
    points: seen,
    rows_max: most.rows ?? 10_000,
    memory_mb: 256,
    temp_folder,
  }
  for await (const message of runStatement(task, most.ms ?? 10_000)) {
    if ("columns" in message) ({ columns, sealed_to } = message)
    if ("rows" in message) {
      rows.push(...message.rows)
      truncated ||= message.truncated ?? false
    }
  }
  return { rows, columns: columns.map((c) => c.name), sealed_to, truncated }
}
const refused = async (sql: string, most: { ms?: number } = {}) => {
  try {
    return { code: "taken", rows: (await ask(sql, most)).rows.slice(0, 3) }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { code: error.problem.code, says: error.problem.title.en }
  }
}

/** An engine as the process makes it, within the test: the parser, the guard and the views, without the limits. */
let engine: { instance: DuckDBInstance; connection: DuckDBConnection; taken: Set<string> } | null = null
async function engineOf() {
  if (engine) return engine
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  await connection.run(pointTable)
  for (const [id, device, , , , area] of seen)
    await connection.run(
      `insert into seen_points values (${id}, '${device}', 'p', 'm', 'w', ${area ? `'${area}'` : "null"}, 117, null, 60000)`,
    )
  const files = sealedFiles(folder)
  for (const statement of analystSetup(files, new Set([...files.readings, ...files.hours])))
    await connection.run(statement)
  const taken = new Set((await connection.runAndReadAll(catalogueNames)).getRows().map((row) => String(row[0])))
  engine = { instance, connection, taken }
  return engine
}
async function guard(sql: string): Promise<string> {
  const { connection, taken } = await engineOf()
  const [row] = (await connection.runAndReadAll(serialised, [sql])).getRows()
  const checked = checkStatement(JSON.parse(String(row![0])), taken)
  return checked.ok ? "taken" : checked.problem.code
}

describe("what an analyst may ask", () => {
  test("readings that may be seen, with times and until when they are sealed", async () => {
    const answer = await ask(
      "select point, count(*) as n, min(value), max(value), max(time) from readings group by point order by point",
    )
    expect(answer).toEqual({
      rows: [
        [1, 600, 1000, 1059, "2026-11-24T09:59:00Z"],
        [2, 600, 2000, 2059, "2026-11-24T09:59:00Z"],
      ],
      columns: ["point", "n", 'min("value")', 'max("value")', 'max("time")'],
      sealed_to: start + 599 * 60_000,
      truncated: false,
    })
  })
  test.each([
    [
      "select device, area, lon, lat from points order by 1",
      [
        ["d1", "north", 117, null],
        ["d2", null, 117, null],
      ],
    ],
    ["select count(*), min(count), max(mean) from rollups_1h", [[20, 60, 2029.5]]],
    [
      "with h as (select point, date_trunc('hour', time) as hour, avg(value) as v from readings group by all), m as (select max(v) as top from h) select count(*) from h, m where v <= top",
      [[20]],
    ],
    [
      "select value, lag(value) over (partition by point order by time_ms) from readings where point = 2 order by time_ms limit 2",
      [
        [2000, null],
        [2001, 2000],
      ],
    ],
    ["select sum(x) from range(10) t(x)", [[45]]],
    ["select unnest([1, 2]) as x union all select 3 order by x", [[1], [2], [3]]],
    [
      "select case when value > 1030 then 'high' else 'low' end as c, count(*) from readings where point = 1 and quality & 2 = 0 group by c order by c",
      [
        ["high", good.filter((i) => i % 60 > 30).length],
        ["low", good.filter((i) => i % 60 <= 30).length],
      ],
    ],
    ["with recursive n as (select 1 as i union all select i + 1 from n where i < 5) select max(i) from n", [[5]]],
    ["select * from (values (1, 'a'), (2, 'b')) t(x, y) where y like 'a%'", [[1, "a"]]],
    ["select count(*) from readings r asof join points p using (point) where list_contains([1], r.point)", [[600]]],
    ["select count(*) from main.readings where point in (select point from points where device = 'd1')", [[600]]],
    ["from points select count(*)", [[2]]],
  ])("%s", async (sql, rows) => {
    expect(await guard(sql)).toBe("taken")
    const found = (await (await engineOf()).connection.runAndReadAll(sql)).getRows()
    expect(found.map((row) => row.map((value) => (typeof value === "bigint" ? Number(value) : value)))).toEqual(rows)
  })
  test("no more rows than are asked for, and it says so", async () => {
    const answer = await ask("select * from readings", { rows: 100 })
    expect([answer.rows.length, answer.truncated]).toEqual([100, true])
  })
  test("an error of the statement is told", async () =>
    expect(await refused("select nothing from readings")).toMatchObject({
      code: "sql-failed",
      says: expect.stringMatching(/nothing/),
    }))
})

describe("what is refused", () => {
  const file = () => sealedFiles(folder).readings[0]!
  test.each([
    ["select 1; select 2", "sql-not-select"],
    ["", "sql-not-select"],
    ["nonsense", "sql-not-select"],
    ["copy readings to '/tmp/stolen.csv'", "sql-not-select"],
    ["copy (select 1) to '/tmp/stolen.csv'", "sql-not-select"],
    ["attach '/tmp/x.db' as y", "sql-not-select"],
    ["pragma database_list", "sql-not-select"],
    ["set memory_limit = '10GB'", "sql-not-select"],
    ["create table t as select 1", "sql-not-select"],
    ["create macro m() as 1", "sql-not-select"],
    ["insert into seen_points select * from seen_points", "sql-not-select"],
    ["drop view readings", "sql-not-select"],
    ["load httpfs", "sql-not-select"],
    ["install httpfs", "sql-not-select"],
    ["call pragma_version()", "sql-not-select"],
    ["explain analyze select 1", "sql-not-select"],
    ["export database '/tmp/x'", "sql-not-select"],
    ["prepare p as select 1", "sql-not-select"],
    ["describe readings", "sql-not-allowed"],
    ["show tables", "sql-not-allowed"],
    ["summarize readings", "sql-not-allowed"],
    ["select * from (show all tables)", "sql-not-allowed"],
    ["select * from read_csv('/etc/passwd')", "sql-not-allowed"],
    ["select * from read_text('/etc/passwd')", "sql-not-allowed"],
    ["select * from read_blob('/etc/passwd')", "sql-not-allowed"],
    ["select * from '/etc/passwd'", "sql-not-allowed"],
    ["select * from read_parquet('*')", "sql-not-allowed"],
    ["select * from glob('/*')", "sql-not-allowed"],
    ["select * from parquet_metadata('x')", "sql-not-allowed"],
    ["select * from duckdb_settings()", "sql-not-allowed"],
    ["select * from duckdb_views()", "sql-not-allowed"],
    ["select * from pragma_table_info('readings')", "sql-not-allowed"],
    ["select * from information_schema.tables", "sql-not-allowed"],
    ["select * from pg_catalog.pg_class", "sql-not-allowed"],
    ["select * from sqlite_master", "sql-not-allowed"],
    ["select * from query('select 1')", "sql-not-allowed"],
    ["select * from query_table('seen_points')", "sql-not-allowed"],
    ["select * from seen_points", "sql-not-allowed"],
    ["select * from memory.main.readings", "sql-not-allowed"],
    ["select * from other.readings", "sql-not-allowed"],
    ["select (select count(*) from duckdb_tables)", "sql-not-allowed"],
    ["select 1 where exists (select * from duckdb_secrets())", "sql-not-allowed"],
    ["with duckdb_settings as (select 1) select * from duckdb_settings", "sql-not-allowed"],
    ["with seen_points as (select 1) select * from seen_points", "sql-not-allowed"],
    ['with "/etc/passwd" as (select 1) select * from readings', "sql-not-allowed"],
    ["select * from readings where point in (with x as (select 1) select * from x, duckdb_columns)", "sql-not-allowed"],
    ["select current_setting('secret_directory')", "sql-not-allowed"],
    ["select getvariable('x')", "sql-not-allowed"],
    ["select version()", "sql-not-allowed"],
    ["select sleep_ms(100000)", "sql-not-allowed"],
    ["select write_log('x')", "sql-not-allowed"],
    ["select json_serialize_sql('select 1')", "sql-not-allowed"],
    ["select repeat('x', 1000000000)", "sql-not-allowed"],
    ["select range(1000000000)", "sql-not-allowed"],
    ["select printf('%1000000000d', 1)", "sql-not-allowed"],
    ["select lpad('x', 1000000000, 'y')", "sql-not-allowed"],
    ["select main.sum(1), pg_catalog.version()", "sql-not-allowed"],
    ["select list_transform([1], x -> sleep_ms(x))", "sql-not-allowed"],
    ["select list_aggregate([1], 'sum') from points order by getvariable('x')", "sql-not-allowed"],
    ["select $1", "sql-not-allowed"],
  ])("%s", async (sql, code) => expect(await guard(sql)).toBe(code))
  test("in the process itself too", async () => {
    for (const sql of ["copy readings to '/tmp/stolen.csv'", "select * from read_csv('/etc/passwd')"])
      expect((await refused(sql)).code).toMatch(/^sql-not-/)
  })
  test("the store's own files by their names", async () => {
    expect(await refused(`select * from '${file()}'`)).toMatchObject({ code: "sql-not-allowed" })
    expect(await refused(`select * from read_parquet('${file()}')`)).toMatchObject({ code: "sql-not-allowed" })
  })
  test("whatever takes too long or too much", async () => {
    const cross =
      "select count(*) from readings a, readings b, readings c, readings d where a.value + b.value > c.value + d.value"
    expect(await refused(cross, { ms: 1500 })).toMatchObject({ code: "sql-timeout" })
    expect(
      await refused("with recursive n as (select 1 as i union all select i + 1 from n) select max(i) from n", {
        ms: 1500,
      }),
    ).toMatchObject({ code: "sql-timeout" })
    const list = "select list(a.value * b.value + c.value) from readings a, readings b, readings c"
    expect((await refused(list, { ms: 2500 })).code).toMatch(/^sql-(failed|timeout)$/)
    const doubled = Array.from({ length: 12 }, () => "replace(").join("")
    const text = `select length(${doubled}'aaaaaaaaaa'${Array.from({ length: 12 }, () => ", 'a', 'aaaaaaaaaa')").join("")})`
    expect((await refused(text, { ms: 2500 })).code).toMatch(/^sql-(failed|timeout)$/)
  }, 60_000)
})
