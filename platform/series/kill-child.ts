/**
 * The process that kill.test.ts ends without warning: it commits readings numbered from where the store stands, several
 * commits at once, seals all the time, and prints each batch only after its commit was acknowledged.
 */
import { writeSync } from "node:fs"
import { appendBlock, type BlockBatch, blockBatch, type ReadingBatch, readingBatch } from "../../model/index.ts"
import { openSeries } from "./index.ts"

const [folder, rows_text] = process.argv.slice(2) as [string, string]
const rows = Number(rows_text)
const series = await openSeries({ folder, threads: 1, seal_rows: 4000, wave_bytes: 40_000 })

/** The readings of batch number k are k × rows … k × rows + rows − 1: the value says which reading it is. */
function numbered(k: number): ReadingBatch {
  const batch = readingBatch(rows)
  batch.n = rows
  for (let i = 0; i < rows; i++) {
    const id = k * rows + i
    batch.point[i] = id % 50
    batch.time[i] = id
    batch.value[i] = id
    batch.arrived[i] = id
  }
  return batch
}

/** Blocks of batch k: one second of four channels, in which every sample says k. */
function waves(k: number): BlockBatch {
  let b = blockBatch()
  const samples = new Int16Array(20).fill(k % 30_000)
  for (let point = 0; point < 4; point++)
    b = appendBlock(b, {
      point: 1000 + point,
      start: k * 1000,
      sequence: 0,
      rate_hz: 20,
      count: samples.length,
      encoding: 0,
      scale: 1,
      offset: 0,
      quality: 0,
      arrived: k * 1000 + 1100,
      data: new Uint8Array(samples.buffer),
    })
  return b
}

let next = series.lastBatch() + 1
/** What was in flight at the kill is sent once more, as a device would. */
for (let k = Math.max(1, next - 3); k < next; k++) await series.commit(numbered(k), [], waves(k))
next = series.lastBatch() + 1
writeSync(1, "ready\n")

async function keepCommitting(): Promise<never> {
  for (;;) {
    const k = next++
    const done = await series.commit(numbered(k), [{ at: rows, time: k }], waves(k))
    writeSync(1, `${done.batch} ${k}\n`)
  }
}
await Promise.all([keepCommitting(), keepCommitting(), keepCommitting()])
