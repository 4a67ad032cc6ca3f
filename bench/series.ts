import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { type ReadingBatch, readingBatch } from "../model/index.ts"
import { openSeries, type Series } from "../platform/series/index.ts"

const points = 1000
const step_ms = 60_000
const start = Date.UTC(2026, 0, 1)
const day_ms = 86_400_000

/** The k-th run of `n` readings of a city of 1,000 points that report once a minute. */
function cityReadings(batch: ReadingBatch, from: number, n: number): ReadingBatch {
  batch.n = n
  for (let i = 0; i < n; i++) {
    const id = from + i
    const minute = Math.floor(id / points)
    batch.point[i] = id % points
    batch.time[i] = start + minute * step_ms
    batch.value[i] = Math.round(1000 * (30 + 5 * Math.sin((minute / 1440) * 6.283) + ((id * 7919) % 97) / 97)) / 1000
    batch.arrived[i] = batch.time[i]! + 1500 + (id % 300)
  }
  return batch
}

async function timed<T>(work: () => Promise<T> | T): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** Median of several runs, ms. */
async function median(runs: number, work: () => Promise<unknown> | unknown): Promise<number> {
  const all: number[] = []
  for (let i = 0; i < runs; i++) all.push(await timed(work))
  return Number(all.toSorted((a, b) => a - b)[runs >> 1]!.toFixed(2))
}

async function flatOut(series: Series): Promise<{ rows: number; line: object }> {
  const n = 50_000
  const batch = readingBatch(n)
  const rows = 3_000_000
  let lag = 0
  let last = performance.now()
  const watch = setInterval(() => {
    lag = Math.max(lag, performance.now() - last - 10)
    last = performance.now()
  }, 10)
  let waiting: Promise<unknown> = Promise.resolve()
  const ms = await timed(async () => {
    for (let from = 0; from < rows; from += n) {
      const next = series.commit(cityReadings(batch, from, n), [])
      await waiting
      waiting = next
    }
    await waiting
  })
  clearInterval(watch)
  await series.seal(0) // Waits for the seals that go on in the background, so that they do not count as commits.
  const rss_mb = Math.round(process.memoryUsage.rss() / 1048576)
  const rows_per_s = Math.round((rows / ms) * 1000)
  const line = { bench: "series-flat-out", rows, rows_per_s, main_lag_ms: Math.round(lag), rss_mb }
  return { rows, line }
}

async function paced(series: Series, from: number): Promise<{ rows: number; line: object }> {
  const batch = readingBatch(2000)
  const ms: number[] = []
  const cpu = process.cpuUsage()
  const began = performance.now()
  const count = 100
  for (let k = 0; k < count; k++) {
    ms.push(await timed(() => series.commit(cityReadings(batch, from + k * 2000, 2000), [{ at: 2000, time: start }])))
    await sleep(Math.max(0, began + (k + 1) * 50 - performance.now()))
  }
  const used = process.cpuUsage(cpu)
  const core = (used.user + used.system) / 1000 / (performance.now() - began)
  const sorted = ms.toSorted((a, b) => a - b)
  const p = (q: number) => Number(sorted[Math.floor(q * count)]!.toFixed(2))
  const line = { bench: "series-commit-2000-each-50ms", p50_ms: p(0.5), p99_ms: p(0.99), core: Number(core.toFixed(2)) }
  return { rows: count * 2000, line }
}

async function queries(series: Series, when: string): Promise<object> {
  const from = start + day_ms
  const all = Array.from({ length: points }, (_, i) => i)
  return {
    bench: `series-queries-${when}`,
    point_day_ms: await median(9, () => series.history([7], from, from + day_ms, 2000)),
    point_day_decimated_ms: await median(9, () => series.history([7], from, from + day_ms, 400)),
    latest_ms: await median(9, () => series.latest()),
    at_all_points_ms: await median(5, () => series.at(all, from, 3_600_000)),
    rollup_1h_day_10_points_ms: await median(5, () => series.rollup(all.slice(0, 10), from, from + day_ms, "1h")),
    rollup_15min_day_10_points_ms: await median(5, () => series.rollup(all.slice(0, 10), from, from + day_ms, "15min")),
    arrivals_ms: await median(5, () => series.arrivals(start, start + 3 * day_ms, 300)),
  }
}

/** Measures the reading store on a temporary folder; one object per measurement. Takes about 15 s. */
export async function run(): Promise<object[]> {
  const folder = mkdtempSync(join(tmpdir(), "series-bench-"))
  let series = await openSeries({ folder })
  try {
    const flat = await flatOut(series)
    const pace = await paced(series, flat.rows)
    const before = await queries(series, "as-committed")
    const resend = readingBatch(2000)
    const lookup_ms = await median(9, () => series.commit(cityReadings(resend, 1_000_000, 2000), []))
    const seal_ms = await timed(() => series.seal(Number.POSITIVE_INFINITY))
    const after = await queries(series, "sealed")
    const since_ms = await timed(async () => {
      for await (const batch of series.since(0)) if (batch.batch < 0) throw new Error("batches start at 1")
    })
    const rows = series.stats().rows_total
    await series.close()
    let open_ms = performance.now()
    series = await openSeries({ folder })
    open_ms = performance.now() - open_ms
    const bytes = series.stats().bytes
    return [
      flat.line,
      pace.line,
      before,
      { bench: "series-resend-2000", ms: lookup_ms },
      { bench: "series-seal", ms: Math.round(seal_ms) },
      after,
      { bench: "series-since-all", rows, ms: Math.round(since_ms), rows_per_s: Math.round((rows / since_ms) * 1000) },
      { bench: "series-open", ms: Math.round(open_ms) },
      { bench: "series-size", bytes, bytes_per_row: Number((bytes / rows).toFixed(2)) },
    ]
  } finally {
    await series.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const line of await run()) process.stdout.write(`${JSON.stringify(line)}\n`)
