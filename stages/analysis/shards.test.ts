import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { CityView, PointView } from "../../lifelines/contract.ts"
import {
  appendBlock,
  appendReading,
  type BlockBatch,
  blockBatch,
  type Finding,
  type ReadingBatch,
  readingBatch,
  sampleEncoding,
  type Tick,
} from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import type { Commit } from "../../platform/series/index.ts"
import { type TemporarySql, temporarySql } from "../../platform/sql/testing.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { type Analysis, installAnalysis } from "./index.ts"
import { dropStates } from "./store.ts"

const start_ms = Date.UTC(2026, 10, 24)
const wells = 12
const point = (id: number, more: Partial<PointView>): PointView => ({
  id,
  device_code: `d${id}`,
  name: `d${id}`,
  lifeline: "gas",
  indicator: "methane_vol_pct",
  unit: "%VOL",
  interval_ms: 10_000,
  value_kind: "instant",
  asset_code: null,
  area_code: null,
  lon_lat: null,
  ...more,
})
const bridge = (id: number, indicator: string) => point(id, { device_code: "acc", lifeline: "bridge", indicator })
const city: CityView = {
  points: [
    ...Array.from({ length: wells }, (_, i) => point(i + 1, {})),
    bridge(101, "acceleration"),
    bridge(102, "acceleration_peak"),
    bridge(103, "acceleration_rms"),
    bridge(104, "acceleration_frequency"),
  ],
  areas: [],
  clock_mode: "replay",
}
type Batch = { batch: number; readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }

/** Ten seconds a batch: every well once, some with gas now and then, and ten seconds of vibration. */
function batchOf(k: number): Batch {
  const time = start_ms + k * 10_000
  let readings = readingBatch(wells)
  for (let id = 1; id <= wells; id++) {
    const gas = Math.floor(k / 6 + id / 3) % 3 === 0 ? 2 : 0.1
    readings = appendReading(readings, id, time, 0, gas, 0, time)
  }
  const samples = Int16Array.from({ length: 500 }, (_, i) => 1000 * Math.sin(2 * Math.PI * 3 * (i / 50)))
  const blocks = appendBlock(blockBatch(), {
    point: 101,
    start: time,
    sequence: 0,
    rate_hz: 50,
    count: 500,
    encoding: sampleEncoding.int16,
    scale: k % 7 === 3 ? 0.002 : 0.0001,
    offset: 0,
    quality: 0,
    arrived: time + 10_000,
    data: new Uint8Array(samples.buffer),
  })
  return { batch: k + 1, readings, ticks: [{ at: wells, time: time + 5000 }], blocks }
}
const all = 60
const log: Batch[] = Array.from({ length: all }, (_, k) => batchOf(k))

let database: TemporarySql
beforeAll(async () => {
  database = await temporarySql()
}, 60_000)
afterAll(() => database.close())
beforeEach(async () => {
  await dropStates(database.sql.db)
  await sql`truncate analysis_finding`.execute(database.sql.db)
})

type World = {
  analysis: Analysis
  troubles: Map<string, string>
  derived: string[]
  told: string[]
  failures: string[]
  /** Commits one more batch of the log; `readings` stand in for its own in this commit only. */
  commit(k: number, readings?: ReadingBatch): Promise<void>
}

/** The stage on a log of batches; wall time goes six seconds a batch, so that states are saved at nearly each. */
function open(workers: number, committed: { n: number }): World {
  let wall = 1_000_000_000 + committed.n * 6000
  const troubles = new Map<string, string>()
  const derived: string[] = []
  const told: string[] = []
  const failures: string[] = []
  let listener: (commit: Commit) => Promise<void> | void = () => {}
  const app = {
    settings: { detector_workers: workers, lifelines_extra: [] },
    sql: database.sql,
    series: {
      async *since(batch: number) {
        for (const b of log.slice(0, committed.n)) if (b.batch > batch) yield b
      },
    },
    clock: { wall: () => wall, mode: "real" },
    troubles: {
      raise: (what: string, words: { en: string }) => void troubles.set(what, words.en),
      clear: (what: string) => void troubles.delete(what),
    },
    failed: (name: string, error: unknown) => void failures.push(`${name}: ${(error as Error).message}`),
    http: { route() {} },
    lifelines: [],
  } as unknown as App
  const monitoring = {
    cityView: () => city,
    onCommit: (next: typeof listener) => {
      listener = next
    },
    async takeDerived(b: ReadingBatch) {
      for (let i = 0; i < b.n; i++) derived.push(`${b.point[i]} ${b.time[i]} ${b.value[i]!.toPrecision(9)}`)
    },
  } as unknown as Monitoring
  const analysis = installAnalysis(app, monitoring)
  analysis.onFindings(async (_tx, findings) => {
    const lines = findings.map(lineOf)
    return () => void told.push(...lines)
  })
  return {
    analysis,
    troubles,
    derived,
    told,
    failures,
    async commit(k, readings) {
      wall += 6000
      committed.n = k + 1
      const empty = { duplicates: 0, conflicts: [], block_conflicts: [] }
      await listener({ ...log[k]!, ...(readings && { readings }), ...empty })
    },
  }
}
const lineOf = (f: Finding) => `${f.rule} ${f.subject} ${f.time} ${f.phase} ${f.severity} since ${f.since}`

async function undisturbed() {
  const world = open(1, { n: 0 })
  await world.analysis.start()
  for (let k = 0; k < all; k++) await world.commit(k)
  await world.analysis.settled()
  await world.analysis.close()
  return { told: world.told.sort(), derived: world.derived.sort() }
}

describe("workers of detectors", () => {
  let expected: { told: string[]; derived: string[] }
  beforeEach(async () => {
    expected ??= await undisturbed()
    await dropStates(database.sql.db)
    await sql`truncate analysis_finding`.execute(database.sql.db)
  }, 60_000)

  test("several say what one says, once, over restarts with another number of them", { timeout: 60_000 }, async () => {
    expect(expected.told.length).toBeGreaterThan(30)
    expect(expected.told.some((line) => line.startsWith("bridge.strong-shaking"))).toBe(true)
    expect(expected.derived.length).toBe(3 * 9)
    const committed = { n: 0 }
    const told: string[] = []
    const derived = new Set<string>()
    for (const [workers, to] of [
      [2, 17],
      [2, 25],
      [3, 40],
      [1, 41],
      [2, all],
    ] as const) {
      const world = open(workers, committed)
      await world.analysis.start()
      while (committed.n < to) await world.commit(committed.n)
      await world.analysis.settled()
      const lag = world.analysis.lag()
      expect(lag.shards.map((s) => [s.batch, s.outstanding])).toEqual(Array.from({ length: workers }, () => [to, 0]))
      expect(lag.waves.channels).toBe(1)
      await world.analysis.close()
      told.push(...world.told)
      for (const line of world.derived) derived.add(line)
    }
    expect(told.sort()).toEqual(expected.told)
    expect([...derived].sort()).toEqual(expected.derived)
  })

  test("one that dies begins again by itself and nothing is missed or said twice", { timeout: 60_000 }, async () => {
    const world = open(2, { n: 0 })
    await world.analysis.start()
    const broken = { ...readingBatch(0), n: 5 }
    for (let k = 0; k < all; k++) {
      await world.commit(k, k === 20 || k === 37 ? broken : undefined)
      if (k === 30) await world.analysis.settled()
    }
    await world.analysis.settled()
    expect(world.told.sort()).toEqual(expected.told)
    expect([...new Set(world.derived)].sort()).toEqual(expected.derived)
    const subjects = new Map(world.analysis.rules().map((r) => [r.rule, r.subjects]))
    expect(subjects.get("gas.methane-in-well")).toBe(wells)
    expect(world.failures).toEqual(
      Array(4).fill("detectors: assertion failed: a batch claims more readings than its columns hold"),
    )
    expect(world.analysis.findingLag().count).toBeGreaterThan(0)
    await world.analysis.close()
  })

  test("one that dies again and again stays dead and says so; readings are taken on", { timeout: 60_000 }, async () => {
    const world = open(1, { n: 0 })
    await world.analysis.start()
    const broken = { ...readingBatch(0), n: 5 }
    for (let k = 0; k < 30; k++) {
      await world.commit(k, broken)
      await world.analysis.settled()
    }
    expect(world.troubles.get("detectors:0")).toContain("The detectors have stopped")
    await world.analysis.close()
    const later = open(1, { n: 30 })
    await later.analysis.start()
    for (let k = 30; k < all; k++) await later.commit(k)
    await later.analysis.settled()
    expect([...world.told, ...later.told].sort()).toEqual(expected.told)
    await later.analysis.close()
  })

  test("a state that an earlier version wrote is taken up", { timeout: 60_000 }, async () => {
    const first = open(1, { n: 0 })
    await first.analysis.start()
    for (let k = 0; k < 12; k++) await first.commit(k)
    await first.analysis.settled()
    await first.analysis.close()
    const standing = first.told.filter((line) => line.includes("raise")).length
    const state = { level: 0, since: start_ms, runs: [null, null, null], back: 0, last_time: null, rhythm_ms: 0 }
    const entry = { rule: "gas.methane-in-well", version: 1, subject: "point:1", state, consumed_to: start_ms }
    const old = { batch: 3, watermark: start_ms + 25_000, entries: [{ ...entry, empty_slices: 0, replay_from: 4 }] }
    await dropStates(database.sql.db)
    await sql`truncate analysis_finding`.execute(database.sql.db)
    await sql`insert into analysis_state (shard, snapshot, batch, saved_at) values (0, ${JSON.stringify(old)}, 3, 0)`.execute(
      database.sql.db,
    )
    const second = open(1, { n: 12 })
    await second.analysis.start()
    await second.analysis.settled()
    expect(standing).toBeGreaterThan(0)
    expect(second.analysis.lag().batch).toBe(12)
    // What the old state knew to stand is cleared by the batches since, as nobody else could know.
    expect(second.told.filter((line) => line.includes("point:1 "))[0]).toContain(`clear 3 since ${start_ms}`)
    await second.analysis.close()
  })

  test("after new points are known the states go on", { timeout: 60_000 }, async () => {
    const world = open(2, { n: 0 })
    await world.analysis.start()
    for (let k = 0; k < all; k++) {
      await world.commit(k)
      if (k % 15 === 7) await world.analysis.reload()
    }
    await world.analysis.settled()
    expect(world.told.sort()).toEqual(expected.told)
    expect([...new Set(world.derived)].sort()).toEqual(expected.derived)
    await world.analysis.close()
  })
})
