import { sql } from "kysely"
import type { Finding } from "../../model/index.ts"
import { type Db, json, type Tx } from "../../platform/sql/index.ts"
import { type Saved, savedBytes, savedOf } from "./saved.ts"

export type SavedFinding = Finding & { id: number; alarm_id: number | null }

const columns = sql`id, rule, rule_version, lifeline, subject, cause, phase, severity, time, since, title, value, place, because, alarm_id`

/** Inserts a finding once; null when the same was said before (a replay after a crash). */
export async function insertFinding(tx: Tx, f: Finding): Promise<number | null> {
  const { rows } = await sql<{
    id: number
  }>`insert into analysis_finding (rule, rule_version, lifeline, subject, cause, phase, severity, time, since, title, value, place, because)
    values (${f.rule}, ${f.rule_version}, ${f.lifeline}, ${f.subject}, ${f.cause}, ${f.phase}, ${f.severity}, ${f.time}, ${f.since},
      ${json(f.title)}, ${json(f.value)}, ${json(f.place)}, ${json(f.because)})
    on conflict (rule, subject, cause, time, phase) do nothing returning id`.execute(tx)
  return rows[0]?.id ?? null
}

export const linkFinding = (tx: Tx, id: number, alarm_id: number) =>
  sql`update analysis_finding set alarm_id = ${alarm_id} where id = ${id}`.execute(tx)

export async function findingsOfAlarm(db: Db, alarm_id: number, limit: number, offset: number) {
  const { rows } =
    await sql<SavedFinding>`select ${columns} from analysis_finding where alarm_id = ${alarm_id} order by time desc, id desc limit ${limit + 1} offset ${offset}`.execute(
      db,
    )
  const total = await sql<{
    n: number
  }>`select count(*)::int n from analysis_finding where alarm_id = ${alarm_id}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

export async function listFindings(
  db: Db,
  filter: { lifelines: string[] | null; q?: string },
  limit: number,
  offset: number,
) {
  const like = `%${filter.q ?? ""}%`
  const where = sql`(${filter.lifelines}::text[] is null or lifeline = any(${filter.lifelines}::text[])) and (rule ilike ${like} or subject ilike ${like} or title->>'zh' ilike ${like} or title->>'en' ilike ${like})`
  const { rows } =
    await sql<SavedFinding>`select ${columns} from analysis_finding where ${where} order by time desc, id desc limit ${limit + 1} offset ${offset}`.execute(
      db,
    )
  const total = await sql<{ n: number }>`select count(*)::int n from analysis_finding where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

/** Replaces a worker's saved state. */
export const saveState = (db: Db, shard: number, state: Uint8Array, batch: number, at: number) =>
  sql`insert into analysis_state (shard, snapshot, state, batch, saved_at) values (${shard}, null, ${Buffer.from(state)}, ${batch}, ${at})
    on conflict (shard) do update set snapshot = null, state = excluded.state, batch = excluded.batch, saved_at = excluded.saved_at`.execute(
    db,
  )

/** Saved states by worker; null where there is none. Those of earlier versions are JSON. */
export async function loadStates(db: Db): Promise<(Saved | null)[]> {
  const { rows } = await sql<{
    shard: number
    snapshot: Saved | null
    state: Uint8Array | null
  }>`select shard, snapshot, state from analysis_state order by shard`.execute(db)
  const states: (Saved | null)[] = []
  for (const row of rows) {
    while (states.length < row.shard) states.push(null)
    states.push(row.state ? savedOf(row.state) : row.snapshot)
  }
  return states
}

/** Puts the states of another number of workers in the place of all that is there. */
export async function replaceStates(tx: Tx, states: readonly Saved[], at: number) {
  await dropStates(tx)
  for (const [shard, saved] of states.entries()) await saveState(tx, shard, savedBytes(saved), saved.batch, at)
}

export const dropStates = (db: Db) => sql`delete from analysis_state`.execute(db)
