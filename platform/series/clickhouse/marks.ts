import { putF64, putI32, putI64, putU8, putU32, rowWriter, written } from "./rowbinary.ts"
import { insert } from "./server.ts"
import type { Store } from "./store.ts"

/**
 * Keeps the newest reading and block start of each point in the server, so that opening need not read everything.
 * Whatever is missing of it when a process ends is read from the batches after the last complete keeping.
 */
export async function keepMarks(store: Store): Promise<void> {
  const { marks, wave_marks, epoch, last_batch } = store
  if (last_batch === store.marks_batch) return
  const w = rowWriter((marks.rows.n + wave_marks.n) * 50)
  const put = (kind: number, row: readonly number[]) => {
    const [point, time, sequence, value, flags, arrived] = row as [number, number, number, number, number, number]
    putU8(w, kind)
    putI32(w, point)
    putI64(w, time)
    putI32(w, sequence)
    putF64(w, value)
    putU8(w, flags)
    putI64(w, arrived)
    putU32(w, epoch)
    putI64(w, last_batch)
  }
  const r = marks.rows
  for (let i = 0; i < r.n; i++)
    put(0, [r.point[i]!, r.time[i]!, r.sequence[i]!, r.value[i]!, r.quality[i]!, r.arrived[i]!])
  for (let i = 0; i < wave_marks.n; i++)
    put(1, [wave_marks.point[i]!, wave_marks.start[i]!, wave_marks.sequence[i]!, 0, 0, 0])
  if (w.length > 0)
    await insert(
      store.server,
      "marks",
      "kind, point, time, sequence, value, quality, arrived, epoch, as_of",
      written(w),
    )
  const done = rowWriter(12)
  putU32(done, epoch)
  putI64(done, last_batch)
  await insert(store.server, "snapshots", "epoch, as_of", written(done))
  store.marks_batch = last_batch
  store.marks_rows = 0
}
