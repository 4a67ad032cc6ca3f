import type { Forget } from "../contract.ts"
import { floorTo } from "./read.ts"
import { putI64, putU8, rowWriter, written } from "./rowbinary.ts"
import { insert, rows, run } from "./server.ts"
import { type Store, sizes, visible } from "./store.ts"
import { day_ms } from "./tables.ts"

/** Roll-ups of forgotten days are kept by the quarter of an hour. */
const kept_step_ms = 900_000
const minute_ms = 60_000
/** In `forgotten`: the day's roll-ups are gone too, and with them its minute counts. */
const counts_gone = 2

/**
 * Drops whole UTC days of readings and waves that lie before the instants. What a day's readings roll up to is written
 * first; an attempt that was broken off is finished at the next opening or forgetting.
 */
export async function forget(store: Store, what: Forget): Promise<{ rows: number; samples: number; bytes: number }> {
  await finishForgetting(store)
  const before = await sizes(store)
  let [gone_rows, gone_samples] = [0, 0]
  for (const day of await daysOf(store, "readings", what.readings_before)) {
    gone_rows += await countOf(store, `SELECT toInt64(count()) FROM readings WHERE ${within("time", day)}`)
    await forgetReadings(store, day)
  }
  for (const day of await daysOf(store, "waves", what.waves_before)) {
    gone_samples += await countOf(store, `SELECT toInt64(sum(count)) FROM waves WHERE ${within("start", day)}`)
    await forgetWaves(store, day)
  }
  for (const table of ["rollups", "wave_rollups"])
    for (const day of await daysOf(store, table, what.rollups_before)) {
      await run(store.server, `ALTER TABLE ${table} DROP PARTITION ${day}`)
      if (table === "rollups") await say(store, day, Date.now(), counts_gone)
    }
  const after = await sizes(store)
  const bytes = (of: typeof before) => [...of.values()].reduce((n, t) => n + t.bytes, 0)
  return { rows: gone_rows, samples: gone_samples, bytes: Math.max(0, bytes(before) - bytes(after)) }
}

const within = (time: string, day: number) => `${time} >= ${day * day_ms} AND ${time} < ${(day + 1) * day_ms}`

async function countOf(store: Store, query: string): Promise<number> {
  let count = 0
  await rows(store.server, query, ["i64"], ([n]) => {
    count = n
  })
  return count
}

/** Days that have parts and end at or before the instant. */
async function daysOf(store: Store, table: string, before: number): Promise<number[]> {
  const days: number[] = []
  if (before === Number.NEGATIVE_INFINITY) return days
  await rows(
    store.server,
    `SELECT DISTINCT partition FROM system.parts WHERE active AND database = '${store.database}' AND table = '${table}'`,
    ["bytes"],
    ([partition]) => {
      const day = Number(partition.toString())
      if ((day + 1) * day_ms <= before) days.push(day)
    },
  )
  return days.sort((a, b) => a - b)
}

async function forgetReadings(store: Store, day: number): Promise<void> {
  const attempt = Date.now()
  const start = floorTo("time", kept_step_ms)
  await run(
    store.server,
    `INSERT INTO rollups (day, attempt, point, start, min, max, sum, count, quality)
     SELECT toInt64(${day}), toInt64(${attempt}), point, ${start} AS at, min(value), max(value), sum(value),
       toInt64(count()), groupBitOr(quality)
     FROM readings WHERE ${within("time", day)} AND ${await visible(store)} GROUP BY point, at`,
  )
  await say(store, day, attempt, 0)
  await run(store.server, `ALTER TABLE readings DROP PARTITION ${day}`)
  await say(store, day, attempt, 1)
}

/** The same for waveforms, by the minute; a day's are told apart from those of readings by their negative attempt. */
async function forgetWaves(store: Store, day: number): Promise<void> {
  const attempt = -Date.now()
  await run(
    store.server,
    `INSERT INTO wave_rollups (day, attempt, point, start, low, high, squares, count, quality)
     SELECT toInt64(${day}), toInt64(${attempt}), point, ${floorTo("start", minute_ms)} AS at, min(low), max(high),
       sum(squares), toInt64(sum(count)), groupBitOr(quality)
     FROM waves WHERE ${within("start", day)} AND ${await visible(store)} GROUP BY point, at`,
  )
  await say(store, day, attempt, 0)
  await run(store.server, `ALTER TABLE waves DROP PARTITION ${day}`)
  await say(store, day, attempt, 1)
}

async function say(store: Store, day: number, attempt: number, done: number): Promise<void> {
  const w = rowWriter(17)
  putI64(w, day)
  putI64(w, attempt)
  putU8(w, done)
  await insert(store.server, "forgotten", "day, attempt, done", written(w))
}

/** A day whose roll-ups count already but whose readings may still be there is dropped now, or it would count twice. */
export async function finishForgetting(store: Store): Promise<void> {
  const open: [number, number][] = []
  await rows(
    store.server,
    `SELECT day, attempt FROM (SELECT day, attempt, max(done) AS d FROM forgotten GROUP BY day, attempt) WHERE d = 0`,
    ["i64", "i64"],
    ([day, attempt]) => {
      open.push([day, attempt])
    },
  )
  for (const [day, attempt] of open) {
    await run(store.server, `ALTER TABLE ${attempt < 0 ? "waves" : "readings"} DROP PARTITION ${day}`)
    await say(store, day, attempt, 1)
  }
}
