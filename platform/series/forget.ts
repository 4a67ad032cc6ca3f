import { join } from "node:path"
import type { Forget } from "./contract.ts"
import { loadCounts } from "./counts.ts"
import { nextId, type Store, transaction } from "./database.ts"
import { pinned } from "./pins.ts"
import { partials, step_ms } from "./rollup.ts"
import { dropRollups, rollupFrom, rollupInsert, writeRollup } from "./rollup-files.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { dropRetired } from "./seal.ts"
import { goneSegment, type Segment } from "./segments.ts"
import { readingsOf } from "./sources.ts"
import { dropRetiredWaves } from "./wave-pack.ts"

/**
 * Removes what retention no longer keeps: sealed segments and packed files that lie wholly before the instants. The
 * quarters of an hour of forgotten readings are written first, since they are otherwise made from the readings. The
 * catalogue goes first in one transaction, files after it, so that a kill at any instant leaves at most files that
 * opening removes. What is live is never touched. Must run while nothing is sealed or packed.
 */
export async function forget(store: Store, what: Forget): Promise<{ rows: number; samples: number; bytes: number }> {
  const segments = store.segments.filter((s) => s.state === "sealed" && newestTime(s) < what.readings_before)
  const waves = store.waves.filter((s) => s.state === "packed" && s.max_time <= what.waves_before)
  const rollups = store.rollups.filter((f) => f.max_time + widths[f.kind] <= what.rollups_before)
  if (segments.length + waves.length + rollups.length === 0) return { rows: 0, samples: 0, bytes: 0 }
  const quarters = await quartersOf(store, segments, what.rollups_before)
  const after = joinGone(store.segments.map((s) => (segments.includes(s) ? goneSegment(s) : s)))
  const before = new Set(store.segments)
  const kept = new Set(after)
  const ids = (list: readonly { id: number }[]) => list.map((s) => s.id).join(", ")
  await transaction(store.sealer, async () => {
    const run = (sql: string) => store.sealer.run(sql)
    const replaced = store.segments.filter((s) => !kept.has(s))
    if (replaced.length > 0) await run(`DELETE FROM segment WHERE id IN (${ids(replaced)})`)
    for (const s of after)
      if (!before.has(s))
        await run(`INSERT INTO segment (id, state, opened, folder, first_batch, last_batch, row_count, last_tick, bytes)
          VALUES (${s.id}, 'gone', ${s.opened}, '', ${s.first_batch}, ${s.last_batch}, 0, ${s.last_tick ?? "NULL"}, 0)`)
    if (waves.length > 0) await run(`DELETE FROM wave WHERE id IN (${ids(waves)})`)
    if (rollups.length > 0) await run(`DELETE FROM rollup WHERE id IN (${ids(rollups)})`)
    for (const file of quarters) await run(rollupInsert(file))
  })
  // Commits may have added a live segment meanwhile.
  store.segments = [...after, ...store.segments.filter((s) => !before.has(s))]
  store.waves = store.waves.filter((s) => !waves.includes(s))
  store.rollups = [...store.rollups.filter((f) => !rollups.includes(f)), ...quarters]
  store.retired.push(...segments)
  store.retired_waves.push(...waves)
  store.retired_rollups.push(...rollups)
  if (rollups.some((f) => f.kind === "counts")) await loadCounts(store)
  await dropRetired(store)
  dropRetiredWaves(store)
  dropRollups(store)
  const bytes = [...segments, ...waves, ...rollups].reduce((n, s) => n + s.bytes, 0)
  return {
    rows: segments.reduce((n, s) => n + s.rows, 0),
    samples: waves.reduce((n, s) => n + s.samples, 0),
    bytes: bytes - quarters.reduce((n, f) => n + f.bytes, 0),
  }
}

const widths: Record<RollupFile["kind"], number> = {
  hours: step_ms["1h"],
  quarters: step_ms["15min"],
  counts: step_ms["1min"],
  wave_minutes: step_ms["1min"],
  wave_hours: step_ms["1h"],
}

/** A segment with ticks alone goes by them. */
const newestTime = (s: Segment): number => (s.rows > 0 ? s.max_time : (s.last_tick ?? Number.POSITIVE_INFINITY))

async function quartersOf(store: Store, segments: readonly Segment[], before: number): Promise<RollupFile[]> {
  const files: RollupFile[] = []
  for (const segment of segments) {
    if (segment.rows === 0 || segment.max_time + widths.quarters <= before) continue
    const path = join(store.options.folder, "tmp", `quarters-${nextId(store)}`)
    const source = partials(readingsOf(store, [segment], "point, time, value, quality"), widths.quarters)
    const written = await pinned([segment], () => writeRollup(store.sealer, "quarters", source, path))
    const file = await rollupFrom(store, store.sealer, "quarters", path, written)
    if (file) files.push(file)
  }
  return files
}

/** Neighbouring segments of which only the numbers of their batches are left become one. */
function joinGone(segments: readonly Segment[]): Segment[] {
  const out: Segment[] = []
  for (const s of segments) {
    const last = out[out.length - 1]
    if (last?.state === "gone" && s.state === "gone")
      out[out.length - 1] = { ...last, last_batch: s.last_batch, last_tick: s.last_tick ?? last.last_tick }
    else out.push(s)
  }
  return out
}
