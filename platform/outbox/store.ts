import { type RawBuilder, sql } from "kysely"
import { type Db, json } from "../sql/index.ts"

export type OutboxRow = {
  sequence: number
  id: string
  kind: string
  city_time: number
  body: Record<string, unknown>
  sent_at: number | null
  refused: string | null
}

const lock_key = 0x6f757462 // "outb": writers number their envelopes one after the other.

/**
 * Appends an envelope. Numbers have no gaps and follow the order of commits, because the lock is held to the end of the
 * transaction and the number is taken from the rows themselves (an identity would leave gaps on rollback).
 */
export async function append(
  tx: Db,
  row: { kind: string; object: string; city_time: number; body: RawBuilder<unknown> },
) {
  await sql`select pg_advisory_xact_lock(${lock_key})`.execute(tx)
  const { rows } = await sql<{ sequence: number }>`
    insert into federation_outbox (sequence, id, kind, city_time, body) overriding system value
    select n, ${row.kind}::text || ':' || ${row.object}::text || ':' || n, ${row.kind}, ${row.city_time}, ${row.body}
    from (select coalesce(max(sequence), 0) + 1 as n from federation_outbox) as next returning sequence`.execute(tx)
  return rows[0]!.sequence
}

/** True where the newest envelope of this object says the same already. */
export async function saidAlready(tx: Db, kind: string, code: string, body: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql<{ same: boolean }>`select body = ${body} as same from federation_outbox
    where kind = ${kind} and body->>'code' = ${code} order by sequence desc limit 1`.execute(tx)
  return rows[0]?.same === true
}

/** What the province may know of a warning: no readings, no geometry. Undefined for drafts, which stay in the city. */
export async function warningBody(tx: Db, id: number) {
  const { rows } = await sql<{ code: string; body: Record<string, unknown> }>`
    select w.code, jsonb_build_object('code', w.code, 'state', w.state, 'severity', w.severity, 'lifeline', w.lifeline,
      'title', w.content->>'title', 'text', w.content->>'text', 'place', a.place,
      'issued_at', w.issued_at, 'lifted_at', w.lifted_at, 'version', w.version) as body
    from warning_warning w join warning_alarm a on a.id = w.alarm_id
    where w.id = ${id} and w.state in ('issued', 'lifted', 'expired')`.execute(tx)
  return rows[0]
}

/** What the province may know of a work order: owner, state, times by state, whether its clock has run out. */
export async function orderBody(tx: Db, id: number, city_time: number) {
  const { rows } = await sql<{ code: string; body: Record<string, unknown> }>`
    select o.code, jsonb_build_object('code', o.code, 'warning_code', w.code, 'owner', g.name, 'state', o.state,
      'severity', o.severity, 'lifeline', o.lifeline, 'title', o.title, 'assigned_at', o.assigned_at,
      'times', (select coalesce(jsonb_object_agg(t.to_state, t.entered_at), '{}') from (
        select e.to_state, max(e.city_time) as entered_at from response_event e
        where e.order_id = o.id and e.to_state is not null and e.to_state is distinct from e.from_state group by e.to_state) t),
      'clock_ends_at', case when o.suspended_at is null then o.clock_ends_at end,
      'overdue', o.state <> 'closed' and o.suspended_at is null and coalesce(o.clock_ends_at < ${city_time}, false),
      'closed_at', o.closed_at) as body
    from response_order o join warning_warning w on w.id = o.warning_id
    join access_organisation g on g.id = o.owner_id where o.id = ${id}`.execute(tx)
  return rows[0]
}

/** Warnings and orders that a province must know: everything open, and what ended since `since` (city time). */
export async function objectsSince(db: Db, since: number) {
  const warnings = await sql<{ id: number }>`select id from warning_warning
    where state = 'issued' or (state in ('lifted', 'expired') and coalesce(lifted_at, expires_at, drafted_at) >= ${since})
    order by id desc limit ${objects_max}`.execute(db)
  const orders = await sql<{ id: number }>`select id from response_order
    where state <> 'closed' or closed_at >= ${since} order by id desc limit ${objects_max}`.execute(db)
  return { warnings: warnings.rows.map((r) => r.id).reverse(), orders: orders.rows.map((r) => r.id).reverse() }
}
export const objects_max = 5000

/** The next envelopes to send, in order. */
export async function waitingRows(db: Db, limit: number): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`select sequence, id, kind, city_time, body, sent_at, refused
    from federation_outbox where sent_at is null order by sequence limit ${limit}`.execute(db)
  return rows
}

export async function countWaiting(db: Db): Promise<number> {
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from federation_outbox where sent_at is null`.execute(db)
  return rows[0]!.n
}

/** Number of the newest envelope; 0 where there is none. */
export async function maxSequence(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`select coalesce(max(sequence), 0) as n from federation_outbox`.execute(db)
  return rows[0]!.n
}

export async function hasSequence(db: Db, sequence: number): Promise<boolean> {
  const { rows } = await sql`select 1 from federation_outbox where sequence = ${sequence}`.execute(db)
  return rows.length > 0
}

export const markSent = (db: Db, from: number, to: number, at: number) =>
  sql`update federation_outbox set sent_at = ${at}
    where sequence between ${from} and ${to} and sent_at is null`.execute(db)

export const markRefused = (db: Db, sequence: number, at: number, reason: string) =>
  sql`update federation_outbox set sent_at = ${at}, refused = ${reason} where sequence = ${sequence}`.execute(db)

/** Sends again from a number on. */
export const unmarkFrom = (db: Db, sequence: number) =>
  sql`update federation_outbox set sent_at = null, refused = null where sequence >= ${sequence}`.execute(db)

/** Envelopes that a full resync replaces need not be sent any more. */
export const supersede = (tx: Db, at: number) =>
  sql`update federation_outbox set sent_at = ${at} where sent_at is null`.execute(tx)

/** Keeps the newest `keep` envelopes; what a province misses beyond them comes by a full resync. */
export const prune = (db: Db, keep: number) =>
  sql`delete from federation_outbox where sequence <= (select max(sequence) from federation_outbox) - ${keep}`.execute(
    db,
  )

/** The newest envelope that the province refused after `since` (wall time). */
export async function lastRefused(
  db: Db,
  since: number,
): Promise<{ sequence: number; kind: string; refused: string } | undefined> {
  const { rows } = await sql<{ sequence: number; kind: string; refused: string }>`select sequence, kind, refused
    from federation_outbox where refused is not null and sent_at >= ${since} order by sequence desc limit 1`.execute(db)
  return rows[0]
}

/** The newest envelope of a kind: what was last said, and whether it still waits. */
export async function lastOf(db: Db, kind: string): Promise<OutboxRow | undefined> {
  const { rows } = await sql<OutboxRow>`select sequence, id, kind, city_time, body, sent_at, refused
    from federation_outbox where kind = ${kind} order by sequence desc limit 1`.execute(db)
  return rows[0]
}

export const bodyOf = (body: unknown): RawBuilder<unknown> => json(body)
