import { Readable } from "node:stream"
import { type ClickHouseClient, type ClickHouseSettings, createClient } from "@clickhouse/client"
import { type Problem, ProblemError, problem } from "../../../model/index.ts"
import { tooSlow } from "../problems.ts"
import { type Kind, type Row, readRows } from "./rowbinary.ts"

/**
 * A ClickHouse server as the engine needs it. SQL is plain text with whole numbers written in (query parameters came
 * with later servers), results and inserts are RowBinary.
 */
export type Server = {
  client: ClickHouseClient
  version: string
  /** Limits of every statement: seconds and bytes. */
  limits: ClickHouseSettings
  /** Settings of inserts that this server knows. */
  insert_settings: ClickHouseSettings
  /** " SETTINGS …" of tables: fsync of each insert where the server can do that. */
  table_settings: string
}

export type ServerOptions = { url: string; database: string; query_timeout_ms: number; memory_limit_mb: number }

/** Connects, makes the database where it is missing and asks what this server can do. */
export async function connect(options: ServerOptions): Promise<Server> {
  const limits: ClickHouseSettings = {
    max_execution_time: Math.max(1, Math.ceil(options.query_timeout_ms / 1000)),
    max_memory_usage: String(options.memory_limit_mb * 1_048_576),
    // The status is sent when the whole answer is there, so that an error in the middle is an error.
    wait_end_of_query: 1,
  }
  const open = (database: string) =>
    createClient({
      url: options.url,
      database,
      request_timeout: options.query_timeout_ms + 10_000,
      max_open_connections: 16,
      // Servers before 23.11 close an idle connection after 3 s.
      keep_alive: { enabled: true, idle_socket_ttl: 1500 },
      log: { level: 127 },
    })
  const first = open("default")
  try {
    await asProblem(options.url, () =>
      first.command({ query: `CREATE DATABASE IF NOT EXISTS ${identifier(options.database)}` }),
    )
  } finally {
    await first.close()
  }
  const server: Server = {
    client: open(identifier(options.database)),
    version: "",
    limits,
    insert_settings: {},
    table_settings: "",
  }
  await rows(server, "SELECT version()", ["bytes"], ([v]) => {
    server.version = v.toString()
  })
  const known = async (table: string, names: readonly string[]) => {
    const found: string[] = []
    const list = names.map((n) => `'${n}'`).join(", ")
    await rows(server, `SELECT name FROM system.${table} WHERE name IN (${list})`, ["bytes"], ([n]) => {
      found.push(n.toString())
    })
    return found
  }
  const fsync = await known("merge_tree_settings", ["fsync_after_insert", "fsync_part_directory"])
  if (fsync.length > 0) server.table_settings = ` SETTINGS ${fsync.map((n) => `${n} = 1`).join(", ")}`
  // Late data may touch many days at once, and an insert must be there when it is answered.
  const wanted = { max_partitions_per_insert_block: 0, async_insert: 0 } as const
  for (const name of await known("settings", Object.keys(wanted)))
    Object.assign(server.insert_settings, { [name]: wanted[name as keyof typeof wanted] })
  return server
}

function identifier(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name))
    throw new ProblemError(
      problem(
        "clickhouse-database",
        400,
        `ClickHouse 数据库名「${name}」只能由字母、数字和下划线组成`,
        `The ClickHouse database name "${name}" may only have letters, digits and underscores`,
        { field: "database", value: name },
      ),
    )
  return name
}

/** Runs a statement without an answer. */
export async function run(server: Server, query: string): Promise<void> {
  await asProblem(query, () => server.client.command({ query, clickhouse_settings: server.limits }))
}

/** Inserts rows that are RowBinary already; resolves when the server has answered. */
export async function insert(server: Server, table: string, columns: string, data: Buffer): Promise<void> {
  await asProblem(`INSERT INTO ${table}`, async () => {
    const { stream } = await server.client.exec({
      query: `INSERT INTO ${table} (${columns}) FORMAT RowBinary`,
      values: Readable.from([data], { objectMode: false }),
      clickhouse_settings: { ...server.limits, ...server.insert_settings },
    })
    for await (const _ of stream); // The answer is empty; the socket is free when it was read.
  })
}

/** Runs a SELECT and hands over its rows one by one; see readRows. Returns how many there were. */
export async function rows<const T extends readonly Kind[]>(
  server: Server,
  query: string,
  kinds: T,
  take: (row: Row<T>) => void,
): Promise<number> {
  return await asProblem(query, async () => {
    const { stream } = await server.client.exec({
      query: `${query} FORMAT RowBinary`,
      clickhouse_settings: server.limits,
    })
    return await readRows(stream, kinds, take)
  })
}

const [timeout, memory, network_codes] = ["159", "241", /ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|socket hang up/]

/** What the server says no to, as a problem where somebody can do something about it. */
async function asProblem<T>(about: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    const text = `${code ?? ""} ${message ?? ""}`
    if (code === timeout || /Code: 159\b|Timeout exceeded|Timeout error/i.test(text)) throw new ProblemError(tooSlow())
    if (code === memory || /Code: 241\b|Memory limit/i.test(text)) throw new ProblemError(tooMuchMemory())
    if (network_codes.test(text)) throw new ProblemError(unreachable(text.trim()))
    if (error instanceof Error) error.message = `${error.message} (${about.slice(0, 200)})`
    throw error
  }
}

const tooMuchMemory = (): Problem =>
  problem(
    "series-memory",
    503,
    "查询所需内存超过上限，请缩短时间范围或减少测点",
    "The query needed more memory than it may have; ask for a shorter time range or fewer points",
  )

const unreachable = (reason: string): Problem =>
  problem(
    "clickhouse-unreachable",
    503,
    `无法连接 ClickHouse（${reason}）；请检查 clickhouse_url 与服务状态，读数未保存`,
    `ClickHouse cannot be reached (${reason}); check clickhouse_url and the server; nothing was stored`,
    { field: "clickhouse_url" },
  )
