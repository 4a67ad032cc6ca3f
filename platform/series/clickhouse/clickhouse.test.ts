import { createHash } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { appendReading, readingBatch } from "../../../model/index.ts"
import type { Series } from "../contract.ts"
import { seriesConformance } from "../series.conformance.ts"
import { openClickHouse } from "./index.ts"
import { connect } from "./server.ts"
import { findClickHouse, startClickHouse, type TestServer } from "./testing.ts"

const command = findClickHouse()
let server: TestServer
const database = (folder: string) => `t_${createHash("md5").update(folder).digest("hex")}`
const open = (folder: string): Promise<Series> => openClickHouse({ url: server.url, database: database(folder) })

if (!command)
  describe("series: clickhouse", () => {
    it.skip("the whole conformance suite did not run: clickhouse-server is not installed", () => {})
  })
else {
  beforeAll(async () => {
    server = await startClickHouse(command)
  })
  afterAll(async () => {
    await server?.close()
  })
  // Each commit is three requests to a server that shares the machine; nothing here is about time.
  vi.setConfig({ testTimeout: 120_000 })
  // The server merges by itself and has its own backups; both refuse or say so, see below.
  seriesConformance("clickhouse", open, { seals: false, backups: false })
  vi.resetConfig()

  const readings = (rows: readonly [point: number, time: number, value: number][]) =>
    rows.reduce(
      (b, [point, time, value]) => appendReading(b, point, time, 0, value, 0, time),
      readingBatch(rows.length),
    )
  const day_ms = 86_400_000

  describe("series: clickhouse alone", () => {
    it("leaves backups to the server in a sentence", async () => {
      const series = await openClickHouse({ url: server.url, database: "t_backup" })
      expect(await series.seal(0)).toEqual({ hours: 0, rows: 0 })
      await expect(series.backup("x", 0)).rejects.toMatchObject({ problem: { code: "series-backup-elsewhere" } })
      await series.close()
    })

    it("rows of a commit that was broken off before its batch never count, and their keys are free", async () => {
      const at = { url: server.url, database: "t_broken" }
      const first = await openClickHouse(at)
      await first.commit(readings([[1, 1000, 1]]), [])
      const { client } = await connect({ ...at, query_timeout_ms: 5000, memory_limit_mb: 100 })
      await client.command({
        query: `INSERT INTO readings SELECT 1, 2000, 0, 99, 0, 2000, max(epoch), 2, 0 FROM epochs`,
      })
      const seen = async (series: Series) => [...(await series.history([1], 0, 5000, 100))[0]!.value]
      expect(await seen(first)).toEqual([1])
      const second = await openClickHouse(at)
      expect([second.lastBatch(), await seen(second)]).toEqual([1, [1]])
      const done = await second.commit(readings([[1, 2000, 2]]), [])
      expect([done.batch, done.conflicts]).toEqual([2, []])
      expect(await seen(second)).toEqual([1, 2])
      // The first opening is over: what it still writes does not count.
      await first.commit(readings([[1, 3000, 3]]), [])
      const third = await openClickHouse(at)
      expect([third.lastBatch(), await seen(third)]).toEqual([2, [1, 2]])
      expect(third.latestOf([1])).toMatchObject([{ time: 2000, value: 2 }])
      const batches: number[] = []
      for await (const b of third.since(0)) batches.push(b.readings.value[0]!)
      expect(batches).toEqual([1, 2])
      await client.close()
      await third.close()
    })

    it("several writers share a database; a reader sees what each has committed", async () => {
      const at = { url: server.url, database: "t_shared", shared: true }
      const [one, two] = await Promise.all([0, 1].map((writer) => openClickHouse({ ...at, writer })))
      await one!.commit(readings([[1, 1000, 1]]), [])
      await one!.commit(readings([[1, 2000, 2]]), [])
      await two!.commit(readings([[2, 1000, 5]]), [])
      expect([one!.lastBatch(), two!.lastBatch()]).toEqual([2, 1])
      const reader = await openClickHouse({ ...at, reader: true })
      const seen = async () => (await reader.history([1, 2], 0, 9000, 100)).map((c) => [...c.value])
      expect(await seen()).toEqual([[1, 2], [5]])
      expect(reader.latest().map((l) => [l.point, l.value])).toEqual([
        [1, 2],
        [2, 5],
      ])
      const later = await two!.commit(readings([[2, 2000, 6]]), [])
      expect(await seen()).toEqual([
        [1, 2],
        [5, 6],
      ])
      reader.observe(later.readings)
      expect(reader.latestOf([2])).toMatchObject([{ value: 6 }])
      await expect(reader.commit(readings([[1, 1, 1]]), [])).rejects.toMatchObject({
        problem: { code: "series-read-only" },
      })
      for (const series of [one!, two!, reader]) await series.close()
    })

    it("forgets whole days, keeps their roll-ups, and forgets those in their time", async () => {
      const at = { url: server.url, database: "t_forget" }
      const series = await openClickHouse(at)
      const [old, recent] = [100 * day_ms, 200 * day_ms]
      await series.commit(
        readings([
          [1, old, 1],
          [1, old + 1000, 3],
          [1, recent, 7],
        ]),
        [],
      )
      const none = { readings_before: -Infinity, waves_before: -Infinity, rollups_before: -Infinity }
      expect(await series.forget(none)).toMatchObject({ rows: 0, samples: 0 })
      expect(await series.forget({ ...none, readings_before: old + 1000 })).toMatchObject({ rows: 0 })
      expect(await series.forget({ ...none, readings_before: old + day_ms })).toMatchObject({ rows: 2 })
      const days = async (s: Series) => (await s.rollup([1], old, recent + 1, "1d")).map((r) => [r.count, r.mean])
      const expected = [
        [2, 2],
        [1, 7],
      ]
      expect(await days(series)).toEqual(expected)
      expect([...(await series.history([1], old, recent + 1, 100))[0]!.value]).toEqual([7])
      await series.close()
      const again = await openClickHouse(at)
      expect(await days(again)).toEqual(expected)
      await again.forget({ ...none, rollups_before: old + day_ms })
      expect(await days(again)).toEqual([[1, 7]])
      await again.close()
    })

    it("an unreachable server is named in a sentence", async () => {
      await expect(openClickHouse({ url: "http://127.0.0.1:1", database: "t" })).rejects.toMatchObject({
        problem: { code: "clickhouse-unreachable", field: "clickhouse_url" },
      })
    })
  })
}
