/**
 * The whole road of a cluster with real servers on this machine: three nats-servers with three copies of each message,
 * ClickHouse, PostgreSQL, store processes of their own. One store process and one NATS node are killed under load.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { appendBlock, appendReading, blockBatch, type ReadingBatch, readingBatch } from "../../model/index.ts"
import { connect, rows } from "../series/clickhouse/server.ts"
import { beginReading, newStore, visible } from "../series/clickhouse/store.ts"
import { findClickHouse, startClickHouse, type TestServer } from "../series/clickhouse/testing.ts"
import { type TemporarySql, temporarySql } from "../sql/testing.ts"
import { sleep } from "../timers/index.ts"
import { doorTake, type Log, openLog, outSource, type Publisher, publisher } from "./index.ts"
import { findNats, startNats, type TestCluster } from "./testing.ts"

const [nats_program, clickhouse_program] = [findNats(), findClickHouse()]
const partitions = 4
const points = 400
const database = "cluster"
const day0 = Date.UTC(2026, 0, 1)
const load_ms = Number(process.env.CLUSTER_LOAD_MS ?? 9000)

type Child = { process: ChildProcess; said: string[] }

function startStore(owner: string, at: { nats: string; clickhouse: string; sql: object }): Child {
  const given = { owner, ...at, database, partitions, replicas: 3, gather_ms: 100 }
  const child = spawn(process.execPath, [join(import.meta.dirname, "kill-child.ts"), JSON.stringify(given)], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const said: string[] = []
  child.stdout.on("data", (text: Buffer) => said.push(...text.toString().split("\n").filter(Boolean)))
  return { process: child, said }
}

async function eventually(what: string, ms: number, check: () => Promise<boolean> | boolean): Promise<void> {
  const until = performance.now() + ms
  while (!(await check())) {
    if (performance.now() > until) throw new Error(`did not happen within ${ms} ms: ${what}`)
    await sleep(200)
  }
}

const keyOf = (b: ReadingBatch, i: number) => `${b.point[i]} ${b.time[i]} ${b.sequence[i]}`

/** How often each expected key was found: what is missing, what is there more than once. */
function counted(expected: ReadonlySet<string>, found: ReadonlyMap<string, number>) {
  const missing = [...expected].filter((key) => !found.has(key)).length
  const doubled = [...found.values()].filter((n) => n > 1).length
  return { missing, doubled }
}

const lacking = [nats_program ? "" : "nats-server", clickhouse_program ? "" : "clickhouse-server"].filter(Boolean)

describe("cluster", () => {
  if (lacking.length > 0 || !nats_program || !clickhouse_program) {
    it.skip(`1 test did not run: ${lacking.join(" and ")} not installed`, () => {})
    return
  }
  let nats: TestCluster
  let clickhouse: TestServer
  let sql: TemporarySql
  let log: Log
  const children: Child[] = []

  beforeAll(async () => {
    ;[nats, clickhouse, sql] = await Promise.all([
      startNats(nats_program, 3),
      startClickHouse(clickhouse_program),
      temporarySql(),
    ])
    log = await openLog({ url: nats.url, partitions, replicas: 3, in_bytes_max: 2 ** 30, out_bytes_max: 2 ** 30 })
  })
  afterAll(async () => {
    const troubles = children.flatMap((child) => child.said.filter((s) => s.startsWith("trouble")))
    console.log(
      `${troubles.length} troubles of stores, first and last: ${troubles.slice(0, 3).join("\n")}\n${troubles.slice(-5).join("\n")}`,
    )
    if (process.env.CLUSTER_DEBUG)
      for (const child of children) console.log(child.process.exitCode, child.said.slice(0, 40))
    for (const child of children) child.process.kill("SIGKILL")
    await log?.close()
    await Promise.all([nats?.close(), clickhouse?.close(), sql?.close()])
  })

  it("loses and doubles nothing that was acknowledged when a NATS node and a store are killed under load", async () => {
    const at = { nats: nats.url, clickhouse: clickhouse.url, sql: sql.sql.connection }
    const begin = (owner: string) => {
      const child = startStore(owner, at)
      children.push(child)
      return child
    }
    const [one, two] = [begin("store-1"), begin("store-2")]
    const opened = (child: Child) => child.said.filter((s) => s.startsWith("open")).length
    await eventually("both stores share the partitions", 20_000, () => opened(one) > 0 && opened(two) > 0)

    const doors = Array.from({ length: 2 }, (_, k) => publisher(log, { door: `door-${process.pid}-${k}` }))
    const load = startLoad(doors)
    await sleep(load_ms / 3)
    two.process.kill("SIGKILL")
    await sleep(load_ms / 6)
    const fallen = nats.nodes[await leaderOf(log, nats)]!
    await fallen.kill()
    await sleep(load_ms / 6)
    begin("store-3")
    await sleep(load_ms / 3)
    const { acknowledged, blocks, refused } = await load.stop()
    // As an operator would: whether everything is there is asked of the whole cluster.
    fallen.start()

    const server = await connect({ url: clickhouse.url, database, query_timeout_ms: 20_000, memory_limit_mb: 1000 })
    const store = newStore(server, database, 0, true)
    await beginReading(store)
    const stored = async () => {
      const found = new Map<string, number>()
      const query = `SELECT point, time, sequence FROM readings WHERE ${await visible(store)}`
      await rows(server, query, ["i32", "i64", "i32"], ([point, time, sequence]) => {
        const key = `${point} ${time} ${sequence}`
        found.set(key, (found.get(key) ?? 0) + 1)
      })
      return found
    }
    const settled = async () => counted(acknowledged, await stored()).missing === 0
    await eventually("everything acknowledged is stored", 30_000, settled).catch((error: unknown) => console.log(error))
    const result = counted(acknowledged, await stored())
    console.log(`acknowledged ${acknowledged.size}, missing ${result.missing}, doubled ${result.doubled}`)
    expect(result).toEqual({ missing: 0, doubled: 0 })
    expect(acknowledged.size).toBeGreaterThan(5000)

    const stored_blocks = new Map<string, number>()
    await rows(server, `SELECT point, start FROM waves WHERE ${await visible(store)}`, ["i32", "i64"], ([p, start]) => {
      const key = `${p} ${start}`
      stored_blocks.set(key, (stored_blocks.get(key) ?? 0) + 1)
    })
    expect(counted(blocks, stored_blocks)).toEqual({ missing: 0, doubled: 0 })
    await server.client.close()

    const announced = await allAnnounced(log, acknowledged)
    console.log(`announced ${announced.found.size}, missing ${announced.missing}, doubled ${announced.doubled}`)
    expect([announced.missing, announced.doubled]).toEqual([0, 0])
    expect(announced.ticks.length).toBeGreaterThan(0)
    expect(announced.ticks).toEqual(announced.ticks.toSorted((a, b) => a - b))
    for (const door of doors) await door.close()
    console.log(`refused deliveries ${refused}, ${JSON.stringify(doors.map((d) => d.stats().resends))} resends`)
  }, 110_000)
})

/** Which node leads the stream that the doors write to. */
async function leaderOf(log: Log, nats: TestCluster): Promise<number> {
  const { cluster } = await log.jsm.streams.info(log.in_stream)
  const at = Number(cluster?.leader?.slice(1))
  return at >= 0 && at < nats.nodes.length ? at : 0
}

async function allAnnounced(log: Log, acknowledged: ReadonlySet<string>) {
  const out = outSource(log, (name, error) => console.log(name, error))
  let found = new Map<string, number>()
  let ticks: number[] = []
  await eventually("everything is announced", 40_000, async () => {
    found = new Map()
    ticks = []
    for await (const c of out.since(0)) {
      for (let i = 0; i < c.readings.n; i++) found.set(keyOf(c.readings, i), (found.get(keyOf(c.readings, i)) ?? 0) + 1)
      ticks.push(...c.ticks.map((t) => t.time))
    }
    return counted(acknowledged, found).missing === 0 && ticks.length > 0
  })
  return { found, ticks, ...counted(acknowledged, found) }
}

/** Doors under load: each has a few deliveries under way, some of them sent twice as after a lost acknowledgement. */
function startLoad(doors: readonly Publisher[]) {
  const acknowledged = new Set<string>()
  const blocks = new Set<string>()
  let [stopped, refused] = [false, 0]
  const worker = async (door: Publisher, lane: number) => {
    const take = doorTake(door, async () => {})
    for (let k = 0; !stopped; k++) {
      let readings = readingBatch(100)
      const time = day0 + k * 1000
      for (let i = 0; i < 100; i++)
        readings = appendReading(readings, (lane * 97 + i) % points, time + lane, lane, i + k / 7, 0, time + 50)
      let waves = blockBatch()
      const data = new Uint8Array(100)
      if (k % 10 === 0) {
        const block = { point: 1000 + lane, start: time, sequence: 0, rate_hz: 50, count: 50, encoding: 0, scale: 1 }
        waves = appendBlock(waves, { ...block, offset: 0, quality: 0, arrived: time, data })
      }
      const part = { readings, ticks: [{ at: 100, time }], blocks: waves }
      try {
        await take(part)
        for (let i = 0; i < readings.n; i++) acknowledged.add(keyOf(readings, i))
        if (waves.n > 0) blocks.add(`${1000 + lane} ${time}`)
        if (k % 7 === 0) await take(part)
      } catch (error) {
        refused++
        console.log(String(error))
      }
      await sleep(20)
    }
  }
  const running = Promise.all(doors.flatMap((door, d) => Array.from({ length: 3 }, (_, n) => worker(door, d * 3 + n))))
  return {
    async stop() {
      stopped = true
      await running
      return { acknowledged, blocks, refused }
    },
  }
}
