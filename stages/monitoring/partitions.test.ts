/** The two halves of the road of a deployment on several machines: what a door does, and what a store does. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Indicator } from "../../lifelines/contract.ts"
import { appendReading, blockBatch, quality, readingBatch } from "../../model/index.ts"
import { createEvents } from "../../platform/events/index.ts"
import { loadLifelines } from "../../platform/lifelines/index.ts"
import { openSeries } from "../../platform/series/index.ts"
import { type TemporarySql, temporarySql } from "../../platform/sql/testing.ts"
import type { Part } from "../../platform/stream/index.ts"
import { newDelivery } from "./doors/delivery.ts"
import { createLogIntake, type LogIntakeOptions } from "./log-intake.ts"
import { openPartitions } from "./partitions.ts"
import { listQuarantine } from "./store.ts"
import { testPoint, testRegistry } from "./testing.ts"

const now = Date.UTC(2026, 10, 24)
const day_ms = 86_400_000
const windows = { readings_late_ms: 3_600_000, waveforms_late_ms: 600_000, refused_ms: 90 * day_ms }
const spec = { id: "methane_vol_pct", unit: "%VOL", min: 0, max: 100, rate_per_min_max: 10 } as unknown as Indicator

const readingsOf = (rows: readonly [time: number, value: number][]) =>
  rows.reduce((b, [time, value]) => appendReading(b, 1, time, 0, value, 0, now), readingBatch(0))

describe("the road into the log", () => {
  const registry = testRegistry("gw", [testPoint({ id: 1, device: "M-1", spec })])
  const begin = (put: (part: Part) => Promise<void>) => {
    const kept: string[] = []
    const troubles: string[] = []
    const take: LogIntakeOptions["take"] = (aside) => async (delivery) => {
      await Promise.all([put(delivery), aside(delivery)])
      return { batch: 0, readings: delivery.readings.n, blocks: delivery.blocks.n, duplicates: 0, refused: [] }
    }
    const intake = createLogIntake({
      take,
      now: () => now,
      windows,
      registry: () => registry,
      quarantine: async (entries) => void kept.push(...entries.map((e) => `${e.client} ${e.problem.code}`)),
      adopt: async (values) => void kept.push(...values.map((v) => `unknown ${v.device}`)),
      trouble: (what, p) => void troubles.push(`${what} ${p?.code ?? "ends"}`),
      failed: () => {},
      retry: async () => {},
    })
    return { intake, kept, troubles }
  }
  const delivery = () => {
    const d = newDelivery("mqtt")
    d.readings = readingsOf([
      [now, 1],
      [now + day_ms, 2],
      [now - 100 * day_ms, 3],
      [now - 2 * 3_600_000, 4],
    ])
    d.unknown.push({
      door: "mqtt",
      client: "gw",
      device: "X",
      indicator: "y",
      time: now,
      sequence: 0,
      value: 1,
      unit: null,
      flags: 0,
    })
    return d
  }

  it("judges times, gives the arrival, and keeps what is refused or unknown beside the log", async () => {
    const put: Part[] = []
    const { intake, kept } = begin(async (part) => void put.push(part))
    const receipt = await intake.take(delivery())
    expect(receipt).toMatchObject({ readings: 2, refused: [{ row: 1 }, { row: 2 }] })
    expect(kept).toEqual(["M-1 future", "M-1 too-old", "unknown X"])
    const { readings } = put[0]!
    expect([readings.n, ...readings.value.subarray(0, 2)]).toEqual([2, 1, 4])
    expect([readings.arrived[0], readings.quality[0], readings.quality[1]]).toEqual([now, 0, quality.late])
  })

  it("answers nothing before the log has it, however often that fails, and says so meanwhile", async () => {
    let tries = 0
    const { intake, troubles } = begin(async () => {
      if (++tries < 3) throw new Error("no majority")
    })
    expect((await intake.take(delivery())).readings).toBe(2)
    expect([tries, troubles, intake.pending()]).toEqual([
      3,
      ["commit commit-failed", "commit commit-failed", "commit ends"],
      0,
    ])
  })
})

describe("the store of a partition", () => {
  let sql: TemporarySql
  let folder = ""
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "partitions-"))
    sql = await temporarySql()
    await sql.sql.pool.query(
      "insert into monitoring_device (code, name, lifeline, kind, simulated) values ('M-1', 'M', 'gas', 'sensor', false)",
    )
    await sql.sql.pool.query(
      "insert into monitoring_point (id, device_id, indicator, unit, interval_ms, value_kind) overriding system value select 1, id, 'methane_vol_pct', '%VOL', 1000, 'instant' from monitoring_device",
    )
  })
  afterAll(async () => {
    await sql?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it("flags by limits and arrival, once however often it is tried, and puts conflicts into quarantine", async () => {
    const told: string[] = []
    const events = createEvents(() => {})
    events.hear((c) => told.push(c.kind))
    const settings = { late_readings_minutes: 60, late_waveforms_minutes: 10, late_days_max: 90 }
    const partitions = await openPartitions({
      sql: sql.sql,
      settings,
      events,
      clock: { wall: () => now },
      lifelines: await loadLifelines([]),
    } as never)
    const series = await openSeries({ folder, threads: 1 })
    const store = partitions.open(series)
    const part = {
      readings: readingsOf([
        [now, 120],
        [now - 2 * 3_600_000, 1],
      ]),
      ticks: [],
      blocks: blockBatch(),
    }
    const first = await store.commit(part)
    expect([...first.readings.quality.subarray(0, 2)]).toEqual([quality.range, quality.late])
    expect((await store.commit(part)).batch).toBe(first.batch)
    expect(store.lastBatch()).toBe(first.batch)

    const again = await store.commit({ readings: readingsOf([[now, 50]]), ticks: [], blocks: blockBatch() })
    expect(again.readings.n).toBe(0)
    await partitions.unreadable({ sequence: 9, data: Buffer.from("?"), reason: "it is none" })
    const everything = { organisations: "all", lifelines: "all", areas: "all" } as const
    const { rows } = await listQuarantine(sql.sql.db, [everything], "", undefined, 10, 0)
    expect(rows.map((r) => r.code)).toEqual(["bad-log-message", "conflict"])
    expect(JSON.parse(String(rows[1]!.payload))).toMatchObject({ device: "M-1", value: 50 })
    expect(told).toEqual(["quarantine", "quarantine"])
    expect(partitions.counts).toMatchObject({ readings: 2, conflicts: 1 })
    await store.close()
  })
})
