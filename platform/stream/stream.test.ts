/** The parts of a cluster one by one, on one nats-server, PostgreSQL and the embedded reading store. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { appendReading, blockBatch, readingBatch } from "../../model/index.ts"
import { openSeries, type Series } from "../series/index.ts"
import { type TemporarySql, temporarySql } from "../sql/testing.ts"
import { sleep } from "../timers/index.ts"
import { type Log, openLog, outSource, type Part, publisher, runStore, runTicker } from "./index.ts"
import { holdLeases } from "./leases.ts"
import { holdAt, makeLeases, positionOf, takeLeases } from "./store.ts"
import { findNats, startNats, type TestCluster } from "./testing.ts"

const program = findNats()

const partOf = (rows: readonly [point: number, time: number, value: number][]): Part => ({
  readings: rows.reduce((b, [point, time, value]) => appendReading(b, point, time, 0, value, 0, time), readingBatch(0)),
  ticks: [],
  blocks: blockBatch(),
})

const failures: string[] = []

async function eventually(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  const until = performance.now() + 20_000
  while (!(await check())) {
    if (performance.now() > until)
      throw new Error(`did not happen within 20 s: ${what}; ${failures.slice(-5).join("; ")}`)
    await sleep(50)
  }
}

describe("stream", () => {
  if (!program) {
    it.skip("8 tests did not run: nats-server is not installed", () => {})
    return
  }
  let nats: TestCluster
  let sql: TemporarySql
  let folder = ""
  const logs: Log[] = []
  const open = async (name: string, partitions = 2) => {
    const log = await openLog({
      url: nats.url,
      name,
      partitions,
      replicas: 1,
      in_bytes_max: 2 ** 28,
      out_bytes_max: 2 ** 28,
    })
    logs.push(log)
    return log
  }
  const failed = (name: string, error: unknown) => {
    failures.push(`${name}: ${String(error)}`)
  }
  /** A store of two partitions, each an embedded reading store of its own. */
  const start = (log: Log, owner: string, aside: string[] = []) => {
    const opened: Series[] = []
    const run = runStore({
      log,
      db: sql.sql.db,
      owner,
      clock: "ticks",
      failed,
      gather_ms: 10,
      renew_ms: 200,
      expire_ms: 2000,
      unreadable: async (m) => {
        aside.push(m.reason)
      },
      open: async (partition) => {
        const series = await openSeries({ folder: join(folder, `${log.in_stream}-${partition}`), threads: 1 })
        opened.push(series)
        return { ...series, commit: (p) => series.commit(p.readings, p.ticks, p.blocks) }
      },
    })
    return { ...run, opened }
  }
  const announced = async (log: Log) => {
    const rows: [number, number, number][] = []
    for await (const c of outSource(log, failed).since(0))
      for (let i = 0; i < c.readings.n; i++)
        rows.push([c.readings.point[i]!, c.readings.time[i]!, c.readings.value[i]!])
    return rows
  }
  const forget = () => sql.sql.pool.query("delete from cluster_lease; delete from cluster_member")

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "stream-"))
    ;[nats, sql] = await Promise.all([startNats(program, 1), temporarySql()])
  })
  afterAll(async () => {
    for (const log of logs) await log.close()
    await Promise.all([nats?.close(), sql?.close()])
    rmSync(folder, { recursive: true, force: true })
  })

  it("carries a delivery larger than a message to the store and to OUT, in order and once", async () => {
    await forget()
    const log = await open("large")
    const store = start(log, "a")
    const door = publisher(log, { door: "d" })
    const rows = Array.from({ length: 70_000 }, (_, i): [number, number, number] => [i % 7, i, i / 8])
    await Promise.all([
      door.publish(partOf(rows)),
      door.publish(partOf([[1, 1_000_000, 5]])),
      door.publish(partOf(rows)),
    ])
    await eventually("all announced", async () => (await announced(log)).length === rows.length + 1)
    const found = await announced(log)
    for (let point = 0; point < 7; point++) {
      const own = found.filter((r) => r[0] === point)
      expect(own).toEqual([...rows.filter((r) => r[0] === point), ...(point === 1 ? [[1, 1_000_000, 5]] : [])])
    }
    expect(door.stats()).toMatchObject({ waiting_parts: 0, waiting_bytes: 0, resends: 0 })
    await store.stop()
  })

  it("announces what an owner before had stored and not announced", async () => {
    await forget()
    const log = await open("before")
    const series = await openSeries({ folder: join(folder, "BEFORE_IN-1"), threads: 1 })
    await series.commit(partOf([[1, 1000, 1]]).readings, [])
    await series.commit(partOf([[3, 1000, 3]]).readings, [])
    await series.close()
    const store = start(log, "a")
    const door = publisher(log, { door: "d" })
    await door.publish(
      partOf([
        [1, 2000, 2],
        [1, 1000, 1],
      ]),
    )
    await eventually("all announced", async () => (await announced(log)).length === 3)
    expect(await announced(log)).toEqual([
      [1, 1000, 1],
      [3, 1000, 3],
      [1, 2000, 2],
    ])
    await store.stop()
    const again = start(log, "b")
    await door.publish(partOf([[1, 3000, 3]]))
    await eventually("the new one announced", async () => (await announced(log)).length >= 4)
    expect(await announced(log)).toHaveLength(4)
    await again.stop()
  })

  it("puts a message that nobody can read aside and goes on", async () => {
    await forget()
    const log = await open("garbage", 1)
    const aside: string[] = []
    await log.js.publish(log.in_subject(0), Buffer.from("no message of ours, however one looks at it"))
    await publisher(log, { door: "d" }).publish(partOf([[1, 1000, 1]]))
    const store = start(log, "a", aside)
    await eventually("announced", async () => (await announced(log)).length === 1)
    expect(aside).toEqual([expect.stringContaining("begins with 110")])
    await store.stop()
  })

  it("ticks by the slowest partition, never backwards, and removes from IN what all have stored", async () => {
    await forget()
    const log = await open("clock")
    const [store, door] = [start(log, "a"), publisher(log, { door: "d" })]
    const ticker = runTicker({
      log,
      db: sql.sql.db,
      owner: "a",
      failed,
      every_ms: 20,
      in_keep_ms: 0,
      trim_every_ms: 50,
      renew_ms: 200,
      expire_ms: 2000,
    })
    for (const time of [1000, 2000, 3000]) await door.publish({ ...partOf([[1, time, 1]]), ticks: [{ at: 1, time }] })
    const ticks: number[] = []
    const ending = new AbortController()
    const following = outSource(log, failed).follow(
      0,
      async (c) => {
        ticks.push(...c.ticks.map((t) => t.time))
      },
      ending.signal,
    )
    await eventually("the last tick", () => ticks.at(-1) === 3000)
    expect(ticks).toEqual(ticks.toSorted((a, b) => a - b))
    await eventually("IN is empty", async () => (await log.jsm.streams.info(log.in_stream)).state.messages === 0)
    ending.abort()
    await Promise.all([following, ticker.stop(), store.stop()])
  })

  it("refuses another number of partitions", async () => {
    await open("fixed", 2)
    await expect(open("fixed", 3)).rejects.toMatchObject({ problem: { code: "cluster-partitions" } })
  })

  it("says that no server answers", async () => {
    await expect(openLog({ url: "nats://127.0.0.1:1", partitions: 1 })).rejects.toMatchObject({
      problem: { code: "log-unreachable", field: "nats_url" },
    })
  })

  it("a fence holds only for the owner of now", async () => {
    await forget()
    const { db } = sql.sql
    await makeLeases(db, "k", ["k.0"])
    const [first] = await takeLeases(db, "k", "a", 60_000, 5)
    expect(await takeLeases(db, "k", "b", 60_000, 5)).toEqual([])
    expect(await holdAt(db, first!, { position: 5 })).toBe(true)
    await sql.sql.pool.query("update cluster_lease set until = clock_timestamp() where name = 'k.0'")
    expect(await holdAt(db, first!, { position: 6 })).toBe(false)
    const [second] = await takeLeases(db, "k", "b", 60_000, 5)
    expect(second!.fencing).toBe(first!.fencing + 1)
    expect(await holdAt(db, first!, { position: 7 })).toBe(false)
    expect(await positionOf(db, "k.0")).toBe(5)
  })

  it("leases are shared fairly, and go over when an owner ends", async () => {
    await forget()
    const names = ["s.0", "s.1", "s.2", "s.3"]
    const working = new Map<string, string[]>()
    const hold = (owner: string) =>
      holdLeases({
        db: sql.sql.db,
        kind: "s",
        names,
        owner,
        failed,
        renew_ms: 50,
        expire_ms: 2000,
        work: async (lease, signal) => {
          working.set(lease.name, [...(working.get(lease.name) ?? []), owner])
          expect(working.get(lease.name)).toHaveLength(1) // Never two at a time.
          await new Promise<void>((go) => signal.addEventListener("abort", () => go(), { once: true }))
          working.delete(lease.name)
        },
      })
    const one = hold("one")
    await eventually("one has all", () => one.held().length === 4)
    const two = hold("two")
    await eventually("both have two", () => one.held().length === 2 && two.held().length === 2)
    expect([...one.held(), ...two.held()].sort()).toEqual(names)
    await one.stop()
    await eventually("two has all", () => two.held().length === 4)
    await two.stop()
    expect(working.size).toBe(0)
  })
})
