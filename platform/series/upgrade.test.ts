import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { expect, test } from "vitest"
import { appendReading, readingBatch } from "../../model/index.ts"
import { openSeries } from "./index.ts"
import { blocksOf } from "./waves.conformance.ts"

const day0 = Date.UTC(2021, 0, 1)

/** A folder as the first version wrote it: batches 1 and 2 sealed, 3 live; reading k stands at minute k. */
async function firstVersion(folder: string): Promise<void> {
  const sealed = join(folder, "sealed", "000000000001-000000000002-1")
  mkdirSync(sealed, { recursive: true })
  const instance = await DuckDBInstance.create(join(folder, "series.duckdb"))
  const c = await instance.connect()
  await c.run(`CREATE TABLE meta (key VARCHAR, value VARCHAR); INSERT INTO meta VALUES ('schema', '1');
    CREATE TABLE segment (id INTEGER, state VARCHAR, opened BIGINT, folder VARCHAR, first_batch BIGINT,
      last_batch BIGINT, row_count BIGINT, min_time BIGINT, max_time BIGINT, last_tick BIGINT, bytes BIGINT);
    CREATE TABLE mark (point INTEGER, time BIGINT, sequence INTEGER, value DOUBLE, quality UTINYINT, arrived BIGINT);
    CREATE TABLE live_2 (point INTEGER, time BIGINT, sequence INTEGER, value DOUBLE, quality UTINYINT, arrived BIGINT,
      batch BIGINT, position INTEGER);
    CREATE TABLE batch_2 (number BIGINT, count INTEGER, ticks VARCHAR);
    CREATE TABLE old AS SELECT 5 AS point, (${day0} + k * 60000)::BIGINT AS time, 0 AS sequence,
      k / 4.0::DOUBLE AS value, 0::UTINYINT AS quality, (${day0} + k * 60000 + 1234)::BIGINT AS arrived,
      (1 + k // 60)::BIGINT AS batch, (k % 60)::INTEGER AS position FROM range(120) t(k);
    COPY (SELECT * FROM old ORDER BY point, time, sequence) TO '${sealed}/readings.parquet' (FORMAT parquet);
    COPY (SELECT batch AS number, count(*)::INTEGER AS count,
      CASE WHEN batch = 2 THEN '[[30,${day0}]]' END AS ticks FROM old GROUP BY batch ORDER BY batch)
      TO '${sealed}/batches.parquet' (FORMAT parquet);
    COPY (SELECT point, time - time % 3600000 AS start, min(value) AS min, max(value) AS max, sum(value) AS sum,
      count(*) AS count, bit_or(quality) AS quality FROM old GROUP BY ALL) TO '${sealed}/hours.parquet' (FORMAT parquet);
    INSERT INTO segment VALUES (1, 'sealed', 0, '000000000001-000000000002-1', 1, 2, 120, ${day0}, ${day0 + 119 * 60_000},
      ${day0}, 5000);
    INSERT INTO mark SELECT point, time, sequence, value, quality, arrived FROM old ORDER BY time DESC LIMIT 1;
    INSERT INTO segment (id, state, opened) VALUES (2, 'live', 0);
    INSERT INTO live_2 SELECT point, time + 7200000, sequence, value, quality, arrived + 7200000, 3, k::INTEGER
      FROM (SELECT *, row_number() OVER (ORDER BY time) - 1 AS k FROM old LIMIT 10);
    INSERT INTO batch_2 VALUES (3, 10, NULL);
    DROP TABLE old`)
  c.closeSync()
  instance.closeSync()
}

test("a folder of the first version is opened, read, written, sealed, merged and opened again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "series-v1-"))
  try {
    await firstVersion(folder)
    const check = async (batches: number) => {
      const series = await openSeries({ folder, seal_rows: 20 })
      const seen: number[] = []
      for await (const b of series.since(0)) {
        seen.push(b.readings.n)
        if (b.batch === 2) expect(b.ticks).toEqual([{ at: 30, time: day0 }])
        if (b.batch === 2) expect(b.readings.value[0]).toBe(15)
      }
      expect(seen.slice(0, 3)).toEqual([60, 60, 10])
      expect(seen.length).toBe(batches)
      const [curve] = await series.history([5], day0, day0 + 7_200_000, 200)
      expect([...curve!.value]).toEqual(Array.from({ length: 120 }, (_, k) => k / 4))
      expect((await series.rollup([5], day0, day0 + 7_200_000, "1h")).map((r) => [r.count, r.min, r.max])).toEqual([
        [60, 0, 14.75],
        [60, 15, 29.75],
      ])
      expect((await series.arrivals(day0, day0 + 7_200_000, 2)).map((b) => b.count)).toEqual([60, 60])
      expect(series.damage()).toEqual([])
      return series
    }
    let series = await check(3)
    const again = appendReading(readingBatch(1), 5, day0, 0, 0, 0, day0 + 1234)
    expect((await series.commit(again, [])).duplicates).toBe(1)
    await series.commit(readingBatch(0), [], blocksOf([{ point: 9, start: day0, values: [1, 2, 3] }]))
    await series.close()
    series = await check(5)
    for (let k = 0; k < 12; k++) {
      await series.commit(appendReading(readingBatch(1), 6, day0 + 10_800_000 + k, 0, k, 0, day0), [])
      await series.seal(Number.POSITIVE_INFINITY)
    }
    await series.close()
    series = await check(17)
    expect(await series.wave(9, day0, day0 + 1000, 10)).toMatchObject({ runs: [{ start: day0 }] })
    await series.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
