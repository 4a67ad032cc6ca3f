/** A deployment on several machines, all on this one: three nats-servers, ClickHouse, PostgreSQL, and main.ts by role. */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { findClickHouse, startClickHouse, type TestServer } from "../platform/series/clickhouse/testing.ts"
import { migrate, openSql, type Sql } from "../platform/sql/index.ts"
import { openLog } from "../platform/stream/index.ts"
import { findNats, startNats, type TestCluster } from "../platform/stream/testing.ts"
import { apiOf } from "../scripts/instance.ts"
import { type Program, run, serving, temporaryHome } from "./processes.ts"

export { until } from "./processes.ts"

export type Member = { program: Program; folder: string; url: string; token: string; api: ReturnType<typeof apiOf> }
export type Deployment = {
  nats: TestCluster
  clickhouse: TestServer
  sql: Sql
  /** Starts a process of a role in a folder of that name. */
  begin(role: "door" | "store" | "detector", name: string): Promise<Member>
  /** Which of the nats-servers leads the stream that doors write to. */
  leader(): Promise<number>
  close(): Promise<void>
}

const programs = { nats: findNats(), clickhouse: findClickHouse() }

/** What is not installed here; a deployment can be started where nothing is lacking. */
export const lacking = [
  ...(programs.nats ? [] : ["nats-server"]),
  ...(programs.clickhouse ? [] : ["clickhouse-server"]),
]

/** `durable` false switches the database's fsync off. */
export async function startDeployment(partitions: number, durable: boolean): Promise<Deployment> {
  const home = temporaryHome("deployment")
  const database = join(home, "database")
  mkdirSync(database, { mode: 0o711 })
  const [nats, clickhouse, sql] = await Promise.all([
    startNats(programs.nats!, 3),
    startClickHouse(programs.clickhouse!),
    openSql({ folder: database, durable }),
  ])
  await migrate(sql)
  const { host, port, user, database: name } = sql.connection
  const common = {
    mode: "real",
    http_port: 0,
    mqtt_port: 0,
    database_url: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host!)}&port=${port}`,
    nats_url: nats.url,
    clickhouse_url: clickhouse.url,
    cluster_partitions: partitions,
    device_messages_per_s: 1000,
  }
  const begun: Program[] = []
  return {
    nats,
    clickhouse,
    sql,
    async begin(role, name) {
      const folder = join(home, name)
      const words = Object.entries({ role, data_dir: folder, ...common })
      const program = run(words.flatMap(([key, value]) => [`--${key.replaceAll("_", "-")}`, `${value}`]))
      begun.push(program)
      const { http_url: url, token } = await serving(program, folder)
      return { program, folder, url, token, api: apiOf(url, token) }
    },
    async leader() {
      const log = await openLog({ url: nats.url, partitions })
      const { cluster } = await log.jsm.streams.info(log.in_stream)
      await log.close()
      const at = Number(cluster?.leader?.slice(1))
      return at >= 0 && at < nats.nodes.length ? at : 0
    },
    async close() {
      for (const p of begun) p.child.kill("SIGKILL")
      await Promise.all(begun.map((p) => p.ended))
      await Promise.all([nats.close(), clickhouse.close(), sql.close()])
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** One figure of a process' /metrics; 0 where it does not say it. */
export async function metric(member: Member, name: string): Promise<number> {
  const text = await (await fetch(`${member.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? 0)
}

/** A device that speaks once over HTTP, is adopted, and gets a password. `indicators`: what it calls them → ours. */
export async function adopt(
  door: Member,
  device: string,
  lifeline: string,
  indicators: Record<string, string>,
  time: number,
): Promise<string> {
  const values = { [Object.keys(indicators)[0]!]: 0 }
  // The answer is a problem: nobody knows the device yet, and what it said waits for its adoption.
  await fetch(`${door.url}/api/ingest/readings`, {
    method: "POST",
    headers: { authorization: `Bearer ${door.token}`, "content-type": "application/json" },
    body: JSON.stringify([{ device, time, values }]),
  })
  const { device_id } = await door.api.post<{ device_id: number }>(`/api/monitoring/unknown/${device}/adopt`, {
    lifeline,
    interval_s: 1,
    indicators: Object.entries(indicators).map(([from, to]) => ({ from, to })),
  })
  const { password } = await door.api.post<{ password: string }>(`/api/monitoring/devices/${device_id}/credential`, {})
  return password
}
