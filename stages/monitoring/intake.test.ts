import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql as raw } from "kysely"
import { afterEach, beforeEach, describe, expect } from "vitest"
import type { Indicator } from "../../lifelines/contract.ts"
import { everything, quality } from "../../model/index.ts"
import { encodeBlocks, type WireBlock } from "../../platform/blocks/index.ts"
import type { Commit, Series } from "../../platform/series/index.ts"
import { openSeries } from "../../platform/series/index.ts"
import { withSql } from "../../platform/sql/testing.ts"
import { refused_a_message_max } from "./doors/collect.ts"
import type { UnknownValue } from "./doors/delivery.ts"
import { mqttCollector } from "./doors/mqtt-collector.ts"
import { createIntake, type Intake, type IntakeOptions, rows_a_commit_max } from "./intake.ts"
import { insertQuarantine, listQuarantine } from "./store.ts"
import { testDirectory, testPoint, testRegistry } from "./testing.ts"

const start = Date.UTC(2026, 10, 24)
const spec: Indicator = {
  id: "p",
  name: { zh: "压力", en: "Pressure" },
  dimension: "pressure",
  unit: "m",
  min: 0,
  max: 100,
  decimals: 2,
}
const wave: Indicator = {
  id: "a",
  name: { zh: "加速度", en: "Acceleration" },
  dimension: "acceleration",
  unit: "m/s2",
  min: -20,
  max: 20,
  decimals: 3,
  waveform: { rate_hz_min: 50, rate_hz_max: 200, derives: {} },
}
const registry = testRegistry("gw", [
  testPoint({ id: 1, device: "d1", spec, gateway_id: 1000 }),
  testPoint({ id: 2, device: "d2", spec, gateway_id: 1000 }),
  testPoint({ id: 3, device: "foreign", spec }),
  testPoint({ id: 4, device: "b1", spec: wave, gateway_id: 1000 }),
])

withSql("intake", ({ sql, it }) => {
  let folder = ""
  let series: Series
  let intake: Intake
  let commits: Commit[] = []
  let errors: { topic: string; payload: { code: string } }[] = []
  let troubles: (string | null)[] = []
  let now: number | null = start
  let unknown: UnknownValue[] = []
  let ticks_allowed = true

  const options = (over: Partial<IntakeOptions> = {}): IntakeOptions => ({
    series,
    now: () => now,
    wall: () => start,
    windows: { readings_late_ms: 3_600_000, waveforms_late_ms: 600_000, refused_ms: 90 * 86_400_000 },
    ticks_itself: false,
    adopt: async (values) => void unknown.push(...values),
    registry: () => registry,
    quarantine: (entries) => insertQuarantine(sql().db, entries),
    committed: async (commit) => {
      commits.push(commit)
      now = Math.max(now ?? 0, commit.ticks.at(-1)?.time ?? 0)
    },
    trouble: (_what, problem) => troubles.push(problem?.code ?? null),
    retry: async () => {},
    ...over,
  })
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "intake-"))
    series = await openSeries({ folder, memory_limit_mb: 64 })
    await raw`truncate monitoring_quarantine`.execute(sql().db)
    ;[commits, errors, troubles, now, unknown, ticks_allowed] = [[], [], [], start, [], true]
    intake = createIntake(options())
  })
  afterEach(async () => {
    await series.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const collectors = new WeakMap<Intake, ReturnType<typeof mqttCollector>>()
  const collectorOf = (to: Intake) => {
    const known = collectors.get(to)
    if (known) return known
    const made = mqttCollector({
      directory: () => testDirectory(registry),
      take: to.take,
      ticks_allowed,
      tellError: (topic, payload) => errors.push({ topic, payload: JSON.parse(payload) }),
    })
    collectors.set(to, made)
    return made
  }
  /** Sends one message as a delivery of its own, and says whether it was acknowledged. */
  function send(topic: string, body: unknown, mayPublish = true, to = intake) {
    const sent = { done: false }
    const payload = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body))
    const session = { name: "gw", mayPublish: () => mayPublish, maySubscribe: () => true }
    const done = () => {
      sent.done = true
    }
    const collector = collectorOf(to)
    collector.onMessage({ topic, payload, session, client_id: "c", qos: 1, dup: false, done })
    collector.flush()
    return sent
  }
  const reading = (time: number, value: number, more: object = {}) => ({ time, values: { p: value }, ...more })
  const device = "v1/devices/d1/readings"
  const gateway = "v1/gateways/gw/readings"
  const quarantined = async () => (await listQuarantine(sql().db, [everything], "", undefined, 500, 0)).rows.reverse()
  const stored = async () =>
    (await series.history([1, 2, 3, 4], 0, 1e14, 1000)).map((c) => [c.point, [...c.time], [...c.value]])

  describe("the road of a reading", () => {
    it("acknowledges only what is durable, then tells", async () => {
      const sent = send(device, reading(start, 30))
      expect(sent.done).toBe(false)
      await intake.commit()
      expect(sent.done).toBe(true)
      expect(await stored()).toContainEqual([1, [start], [30]])
      expect(commits.map((c) => [c.batch, c.readings.n])).toEqual([[1, 1]])
      expect(intake.pending()).toBe(0)
    })
    it("drops an identical resend and puts another value under the same key in quarantine", async () => {
      send(device, reading(start, 30))
      await intake.commit()
      const [again, other] = [send(device, reading(start, 30)), send(device, reading(start, 31))]
      send(device, reading(start, 31, { sequence: 1 }))
      await intake.commit()
      expect([again.done, other.done]).toEqual([true, true])
      expect(intake.counts).toMatchObject({ readings: 2, duplicates: 1, conflicts: 1 })
      expect((await quarantined()).map((q) => [q.code, q.client, q.value])).toEqual([["conflict", "d1", "31"]])
    })
    it("keeps ticks at their place among the readings, and never goes backwards", async () => {
      send("v1/clock", { time: start + 1000 })
      send(device, reading(start + 1000, 30))
      send("v1/clock", { time: start + 2000 })
      send("v1/clock", { time: start })
      send(device, reading(start + 2000, 31))
      await intake.commit()
      expect(commits[0]?.ticks).toEqual([
        { at: 0, time: start + 1000 },
        { at: 1, time: start + 2000 },
      ])
      send("v1/clock", { time: start + 1500 })
      await intake.commit()
      expect(series.lastTick()).toBe(start + 2000)
      expect(commits).toHaveLength(1)
    })
    it("judges the future by the tick before a reading, not by the last commit", async () => {
      const day = start + 86_400_000
      send(device, reading(day, 30))
      send("v1/clock", { time: day })
      send(device, reading(day, 30))
      await intake.commit()
      expect((await quarantined()).map((q) => q.code)).toEqual(["future"])
      expect(intake.counts.readings).toBe(1)
    })
    it("takes no clock messages where time is real", async () => {
      ticks_allowed = false
      intake = createIntake(options())
      const sent = send("v1/clock", { time: start + 1000 })
      await intake.commit()
      expect([sent.done, (await quarantined())[0]?.code, series.lastTick()]).toEqual([true, "clock-is-real", null])
    })
  })

  describe("waveform blocks", () => {
    const blocks = "v1/gateways/gw/blocks"
    const block = (over: Partial<WireBlock> = {}): WireBlock => ({
      device: "b1",
      indicator: "a",
      unit: "",
      start,
      sequence: 0,
      rate_hz: 50,
      count: 3,
      encoding: 0,
      scale: 0.001,
      offset: 0,
      flags: 0,
      data: new Uint8Array(Int16Array.of(100, -200, 300).buffer),
      ...over,
    })
    const samples = async () => {
      const wave = await series.wave(4, start - 1000, start + 10_000, 1000)
      return wave.kind === "samples"
        ? wave.runs.flatMap((r) => [...r.values].map((v) => Math.round(v * 1e4) / 1e4))
        : []
    }
    it("are stored once, in the point's unit, and told on", async () => {
      const sent = send(blocks, encodeBlocks([block({ unit: "mm/s2", scale: 1 })], true))
      expect(sent.done).toBe(false)
      await intake.commit()
      expect([sent.done, await samples()]).toEqual([true, [0.1, -0.2, 0.3]])
      expect(commits[0]?.blocks.n).toBe(1)
      send(blocks, encodeBlocks([block({ unit: "mm/s2", scale: 1 })]))
      await intake.commit()
      expect(await samples()).toHaveLength(3)
      expect(intake.counts).toMatchObject({ blocks: 1, samples: 3, duplicates: 1 })
    })
    it("a block out of the indicator's range is flagged and kept", async () => {
      send(blocks, encodeBlocks([block({ scale: 1 })]))
      await intake.commit()
      expect(commits[0]!.blocks.quality[0]! & quality.range).toBe(quality.range)
    })
    it("what cannot be is refused with a reason, and the others stand", async () => {
      send(blocks, encodeBlocks([block({ rate_hz: 10 }), block(), block({ device: "d1", indicator: "p" })]))
      send(blocks, encodeBlocks([block({ start: start + 86_400_000 }), block({ device: "nobody" })]))
      send(blocks, encodeBlocks([block()]).subarray(0, 60))
      send(device, { time: start, values: { p: 1 } })
      send(gateway, { time: start, readings: { b1: { a: 1 } } })
      await intake.commit()
      expect((await quarantined()).map((q) => q.code)).toEqual([
        "wrong-rate",
        "not-a-waveform",
        "unknown-device",
        "future",
        "bad-block",
        "waveform-expected",
      ])
      expect(unknown).toMatchObject([{ device: "nobody", indicator: "a", time: start, value: 0.1 }])
      expect(await samples()).toEqual([0.1, -0.2, 0.3])
      expect(errors.map((e) => e.payload.code)).toContain("future")
    })
    it("other samples under the same key are a conflict, and the sender is told", async () => {
      send(blocks, encodeBlocks([block()]))
      await intake.commit()
      send(blocks, encodeBlocks([block({ data: new Uint8Array(6) })]))
      await intake.commit()
      expect((await quarantined()).map((q) => q.code)).toEqual(["conflict"])
      expect(errors.map((e) => e.payload.code)).toEqual(["conflict"])
      expect(await samples()).toEqual([0.1, -0.2, 0.3])
    })
  })

  describe("what is refused", () => {
    it("a bad message in the middle stops nothing", async () => {
      const bad = [
        "{",
        "null",
        "[".repeat(100_000) + "]".repeat(100_000),
        { time: start, values: { "\0": 1, "\ud800": 2, p: "x" } },
        Buffer.from([0xff, 0xfe, 0]),
        { time: "then", values: { p: 1 } },
      ]
      const sent = [
        send(device, reading(start, 30)),
        ...bad.map((b) => send(device, b)),
        send(device, reading(start + 1000, 31)),
      ]
      await intake.commit()
      expect(sent.every((s) => s.done)).toBe(true)
      expect(await stored()).toContainEqual([1, [start, start + 1000], [30, 31]])
      expect((await quarantined()).map((q) => q.code)).toEqual([
        "not-json",
        "bad-field",
        "bad-field",
        "not-a-number",
        "not-json",
        "bad-field",
      ])
      expect(unknown.map((u) => [u.device, u.indicator, u.value])).toEqual([
        ["d1", "\0", 1],
        ["d1", "\ud800", 2],
      ])
      expect(errors.every((e) => e.topic === "v1/devices/d1/errors")).toBe(true)
      expect(errors).toHaveLength(8)
      expect(troubles).toEqual([])
    })
    it("names what is unknown: topic, device, point, gateway, another's device, no permission", async () => {
      send("v1/else", reading(start, 1))
      send("v1/devices/nobody/readings", reading(start, 1))
      send(device, { time: start, values: { q: 1 } })
      send("v1/gateways/nobody/readings", { time: start, readings: { d1: { p: 1 } } })
      send(gateway, { time: start, readings: { foreign: { p: 1 }, "n\0b\ud800": { p: 1 }, d2: { p: 5 } } })
      send(device, reading(start, 1), false)
      await intake.commit()
      const found = await quarantined()
      expect(found.map((q) => q.code)).toEqual(["unknown-topic", "unknown-device", "wrong-gateway", "wrong-topic"])
      expect(errors.map((e) => e.payload.code)).toEqual([
        "unknown-device",
        "unknown-point",
        "unknown-device",
        "wrong-gateway",
        "unknown-device",
      ])
      expect(unknown.map((u) => [u.device, u.indicator])).toEqual([
        ["nobody", "p"],
        ["d1", "q"],
        ["n\0b\ud800", "p"],
      ])
      expect(await stored()).toEqual([
        [1, [], []],
        [2, [start], [5]],
        [3, [], []],
        [4, [], []],
      ])
    })
    it("thousands of bad values of one message are a few lines, and the last holds the message", async () => {
      const readings = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`unknown-${i}`, { p: i }]))
      const sent = send(gateway, { time: start, readings: { ...readings, d1: { p: 9 } } })
      await intake.commit()
      const found = await quarantined()
      expect(sent.done).toBe(true)
      expect(found).toHaveLength(1)
      expect(errors).toHaveLength(refused_a_message_max + 1)
      expect(found[0]).toMatchObject({ code: "more-refused", value: String(9000 - refused_a_message_max) })
      expect(unknown).toHaveLength(9000)
      expect(await stored()).toContainEqual([1, [start], [9]])
    })
    it("thousands of bad messages in one commit are all written", async () => {
      const sent = Array.from({ length: 8000 }, () => send(device, "?"))
      await intake.commit()
      await intake.commit()
      expect(sent.every((s) => s.done)).toBe(true)
      expect((await listQuarantine(sql().db, [everything], "", "not-json", 1, 0)).total).toBe(8000)
    })
    it("a client that is refused all day is one line an hour", async () => {
      for (let i = 0; i < 50; i++)
        intake.refuse({
          door: "mqtt",
          client: "x",
          topic: "",
          payload: Buffer.alloc(0),
          problem: { code: "bad-credential", status: 401, title: { zh: "不对", en: "wrong" } },
        })
      await intake.commit()
      expect(await quarantined()).toHaveLength(1)
      expect(intake.counts.refused).toBe(50)
    })
  })

  describe("when writing fails", () => {
    it("acknowledges nothing, tries again, raises the trouble and clears it", async () => {
      let left = 3
      const failing: Series = {
        ...series,
        commit: (...args) => (left-- > 0 ? Promise.reject(new Error("no room")) : series.commit(...args)),
      }
      const at_retry: boolean[] = []
      let sent = { done: false }
      intake = createIntake(options({ series: failing, retry: async () => void at_retry.push(sent.done) }))
      sent = send(device, reading(start, 30), true, intake)
      await intake.commit()
      expect(at_retry).toEqual([false, false, false])
      expect(sent.done).toBe(true)
      expect(troubles).toEqual(["commit-failed", "commit-failed", "commit-failed", null])
      expect(series.lastBatch()).toBe(1)
    })
    it("does not write readings twice when only the quarantine fails", async () => {
      let left = 2
      intake = createIntake(
        options({
          quarantine: (e) => (left-- > 0 ? Promise.reject(new Error("no database")) : insertQuarantine(sql().db, e)),
        }),
      )
      const sent = send(device, reading(start, 30), true, intake)
      send(device, "?", true, intake)
      await intake.commit()
      expect([sent.done, series.lastBatch(), intake.counts.duplicates, await quarantined()]).toMatchObject([
        true,
        1,
        0,
        [{ code: "not-json" }],
      ])
    })
    it("tells the same batch again when telling fails, and writes nothing anew", async () => {
      let left = 2
      const told: number[] = []
      intake = createIntake(
        options({
          committed: async (c) => {
            if (left-- > 0) throw new Error("detectors are away")
            told.push(c.batch, c.readings.n)
          },
        }),
      )
      send(device, reading(start, 30), true, intake)
      await intake.commit()
      expect([told, series.lastBatch(), intake.counts.readings]).toEqual([[1, 1], 1, 1])
    })
    it("what piles up meanwhile becomes commits of a bounded size, in order", async () => {
      let free: (() => void) | null = null
      const gate = new Promise<void>((go) => {
        free = go
      })
      const sizes: number[] = []
      const slow: Series = {
        ...series,
        commit: async (...args) => {
          sizes.push(args[0].n)
          if (sizes.length === 1) await gate
          return series.commit(...args)
        },
      }
      intake = createIntake(options({ series: slow }))
      send(device, reading(start, 30), true, intake)
      const first = intake.commit()
      const rows_a_message = 4000
      const messages = 110
      for (let m = 0; m < messages; m++) {
        send(
          device,
          Array.from({ length: rows_a_message }, (_, i) =>
            reading(start + m * rows_a_message + i - 500_000, 1, { sequence: 1 }),
          ),
          true,
          intake,
        )
      }
      expect(intake.pending()).toBe(1 + rows_a_message * messages)
      free!()
      await first
      await intake.commit()
      expect(Math.max(...sizes)).toBeLessThanOrEqual(rows_a_commit_max + rows_a_message)
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(1 + rows_a_message * messages)
      expect(intake.pending()).toBe(0)
    })
  })
})
