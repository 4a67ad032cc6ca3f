import { type ReadingBatch, readingBatch } from "../../../model/index.ts"
import { type LatestTable, latestTable, takeAll } from "../latest.ts"
import { raiseMark, type WaveMarks, waveMarks } from "../wave-marks.ts"
import { putI64, putU8, putU32, rowWriter, written } from "./rowbinary.ts"
import { insert, rows, type Server } from "./server.ts"
import { always, epochState, never } from "./tables.ts"

/** What one opening of the store knows. */
export type Store = {
  server: Server
  database: string
  writer: number
  /** Whether other writers may be at work: their ends are then asked for before each query. */
  shared: boolean
  epoch: number
  /** All epochs of this writer, this one included. */
  epochs: number[]
  /** Ended epochs that left rows without a batch, maybe, and the last batch that counts. */
  cuts: Map<number, number>
  last_batch: number
  last_tick: number | null
  rows_total: number
  samples_total: number
  marks: LatestTable
  wave_marks: WaveMarks
  /** Last batch in the marks that are kept in the server, and rows since then. */
  marks_batch: number
  marks_rows: number
  /** A commit failed half-way, maybe: the epoch must end before another one. */
  broken: boolean
}

export const writers_max = 256

export const newStore = (server: Server, database: string, writer: number, shared: boolean): Store => ({
  server,
  database,
  writer,
  shared,
  epoch: 0,
  epochs: [],
  cuts: new Map(),
  last_batch: 0,
  last_tick: null,
  rows_total: 0,
  samples_total: 0,
  marks: latestTable(),
  wave_marks: waveMarks(),
  marks_batch: 0,
  marks_rows: 0,
  broken: false,
})

async function sayEpoch(server: Server, epoch: number, state: number, last_batch: number): Promise<void> {
  const w = rowWriter(32)
  putU32(w, epoch)
  putU8(w, state)
  putI64(w, last_batch)
  putI64(w, Date.now())
  await insert(server, "epochs", "epoch, state, last_batch, at", written(w))
}

/** Reads what is known of all epochs: where they ended, where they were cut. */
async function readEpochs(store: Store): Promise<Map<number, number>> {
  const states = new Map<number, number>()
  store.cuts = new Map()
  await rows(
    store.server,
    "SELECT epoch, max(state), max(last_batch) FROM epochs GROUP BY epoch",
    ["u32", "u8", "i64"],
    ([epoch, state, last]) => {
      states.set(epoch, state)
      if (state === epochState.cut) store.cuts.set(epoch, last)
    },
  )
  return states
}

/**
 * Begins a new epoch of the writer: an earlier one that did not say its end (its process was killed, or a commit
 * failed half-way) is cut after its last batch for good, whatever still arrives of it; then what stands is read.
 */
export async function beginEpoch(store: Store): Promise<void> {
  const { server, writer } = store
  const states = await readEpochs(store)
  const mine = [...states.keys()].filter((e) => e % writers_max === writer).sort((a, b) => a - b)
  for (const epoch of mine.filter((e) => states.get(e) === epochState.opened)) {
    const last = await lastOf(server, epoch)
    await sayEpoch(server, epoch, epochState.cut, last)
    store.cuts.set(epoch, last)
  }
  store.epoch = (Math.floor((mine.at(-1) ?? 0) / writers_max) + 1) * writers_max + writer
  await sayEpoch(server, store.epoch, epochState.opened, 0)
  store.epochs = [...mine, store.epoch]
  await loadState(store)
  store.broken = false
}

/** Opens for reading only: nothing is written, and every writer's newest readings are known. */
export async function beginReading(store: Store): Promise<void> {
  store.epochs = [...(await readEpochs(store)).keys()]
  await loadState(store)
}

async function lastOf(server: Server, epoch: number): Promise<number> {
  let last = 0
  await rows(server, `SELECT max(batch) FROM batches WHERE epoch = ${epoch}`, ["i64"], ([n]) => {
    last = n
  })
  return last
}

async function loadState(store: Store): Promise<void> {
  const { server } = store
  const seen = await visible(store)
  const mine = `epoch IN (${store.epochs.join(", ") || 0}) AND ${seen}`
  Object.assign(store, {
    last_batch: 0,
    last_tick: null,
    rows_total: 0,
    samples_total: 0,
    marks_batch: 0,
    marks_rows: 0,
  })
  store.marks = latestTable()
  store.wave_marks = waveMarks()
  await rows(
    server,
    `SELECT batch, last_tick, rows_total, samples_total FROM batches WHERE ${mine} ORDER BY batch DESC LIMIT 1`,
    ["i64", "i64", "i64", "i64"],
    ([batch, tick, rows_total, samples_total]) => {
      const last_tick = tick === never ? null : tick
      Object.assign(store, { last_batch: batch, last_tick, rows_total, samples_total })
    },
  )
  await loadMarks(store, mine)
}

/** Newest of each point: what was kept of them, and the batches that came after. */
async function loadMarks(store: Store, mine: string): Promise<void> {
  const { server } = store
  const owners = `epoch IN (${store.epochs.join(", ") || 0})`
  const kept = new Map<number, number>()
  await rows(
    server,
    `SELECT toUInt32(epoch % ${writers_max}) AS w, max(as_of) FROM snapshots WHERE ${owners} GROUP BY w`,
    ["u32", "i64"],
    ([w, as_of]) => {
      kept.set(w, as_of)
    },
  )
  store.marks_batch = kept.get(store.writer) ?? 0
  const later = [...kept].map(([w, as_of]) => `(epoch % ${writers_max} = ${w} AND batch <= ${as_of})`).join(" OR ")
  const after = `${mine} AND NOT (${later || "1 = 0"})`
  const newest = "argMax(tuple(time, sequence, value, quality, arrived), tuple(time, sequence))"
  const columns = ["i32", "i64", "i32", "f64", "u8", "i64"] as const
  const all: ReadingBatch = readingBatch(1)
  all.n = 1
  const take = ([point, time, sequence, value, flags, arrived]: number[]) => {
    all.point[0] = point!
    all.time[0] = time!
    all.sequence[0] = sequence!
    all.value[0] = value!
    all.quality[0] = flags!
    all.arrived[0] = arrived!
    takeAll(store.marks, all)
  }
  const parts = (source: string) =>
    `SELECT point, n.1, n.2, n.3, n.4, n.5 FROM (SELECT point, ${newest} AS n FROM ${source} GROUP BY point)`
  await rows(server, parts(`marks WHERE kind = 0 AND ${owners}`), columns, take)
  const wave_columns = ["i32", "i64", "i32"] as const
  const raise = ([point, start, sequence]: number[]) => void raiseMark(store.wave_marks, point!, start!, sequence!)
  const top = (source: string, start: string) =>
    `SELECT point, n.1, n.2 FROM (SELECT point, max(tuple(${start}, sequence)) AS n FROM ${source} GROUP BY point)`
  await rows(server, top(`marks WHERE kind = 1 AND ${owners}`, "time"), wave_columns, raise)
  const range = await rangeOf(store, after)
  if (range.rows > 0)
    await rows(
      server,
      parts(`readings WHERE ${after} AND time >= ${range.min_time} AND time <= ${range.max_time}`),
      columns,
      take,
    )
  if (range.blocks > 0)
    await rows(
      server,
      top(`waves WHERE ${after} AND start >= ${range.min_start} AND start <= ${range.max_start}`, "start"),
      wave_columns,
      raise,
    )
}

/** Event times that the batches of a condition span, so that only their days are read. */
export async function rangeOf(store: Store, where: string) {
  const range = { rows: 0, blocks: 0, min_time: always, max_time: never, min_start: always, max_start: never }
  await rows(
    store.server,
    `SELECT toInt64(sum(rows)), toInt64(sum(blocks)), min(min_time), max(max_time), min(min_start), max(max_start)
     FROM batches WHERE ${where}`,
    ["i64", "i64", "i64", "i64", "i64", "i64"],
    ([n, blocks, min_time, max_time, min_start, max_start]) => {
      if (n + blocks > 0) Object.assign(range, { rows: n, blocks, min_time, max_time, min_start, max_start })
    },
  )
  return range
}

/**
 * The condition under which a row counts. `transform` is one hash look-up a row, however many epochs were cut. Where
 * other writers are at work, their ends are asked for first.
 */
export async function visible(store: Store): Promise<string> {
  const ends = new Map(store.cuts)
  if (store.shared) {
    await rows(
      store.server,
      `SELECT epoch, s, l FROM (
         SELECT epoch, max(state) AS s, max(last_batch) AS l FROM epochs GROUP BY epoch) WHERE s <> ${epochState.closed}
       UNION ALL SELECT epoch, toUInt8(${epochState.opened}), max(batch) FROM batches WHERE epoch IN (
         SELECT epoch FROM (SELECT epoch, max(state) AS s FROM epochs GROUP BY epoch) WHERE s = ${epochState.opened})
       GROUP BY epoch`,
      ["u32", "u8", "i64"],
      ([epoch, state, last]) => {
        if (epoch === store.epoch) return
        if (state === epochState.cut) store.cuts.set(epoch, last)
        ends.set(epoch, state === epochState.cut ? last : Math.max(last, ends.get(epoch) ?? 0))
      },
    )
  }
  if (store.epoch > 0) ends.set(store.epoch, store.last_batch)
  if (ends.size === 0) return "1 = 1"
  return `batch <= transform(epoch, [${[...ends.keys()].join(", ")}], [${[...ends.values()].join(", ")}], toInt64(${always}))`
}

/** Says that the epoch ended well: nothing of it is left behind. */
export const endEpoch = (store: Store): Promise<void> =>
  sayEpoch(store.server, store.epoch, epochState.closed, store.last_batch)

/** Bytes and rows on the server's disk, by table. */
export async function sizes(store: Store): Promise<Map<string, { rows: number; bytes: number }>> {
  const found = new Map<string, { rows: number; bytes: number }>()
  await rows(
    store.server,
    `SELECT table, toInt64(sum(rows)), toInt64(sum(bytes_on_disk)) FROM system.parts
     WHERE active AND database = '${store.database}' GROUP BY table`,
    ["bytes", "i64", "i64"],
    ([table, n, bytes]) => {
      found.set(table.toString(), { rows: n, bytes })
    },
  )
  return found
}
