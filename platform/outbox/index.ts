import { assert } from "../../model/index.ts"
import { type Db, transaction } from "../sql/index.ts"
import * as store from "./store.ts"

export { type LinkState, type Pusher, type PusherOptions, startPusher } from "./push.ts"

/** What a city says to its province; `id` names the object: a code, a date, "city". */
export type EnvelopeKind = "summary" | "warning" | "order" | "day"

/** A body is small by contract; a larger one is a fault of ours. */
export const body_bytes_max = 64 * 1024
/** Envelopes kept for resending. */
export const rows_keep = 20_000

/**
 * Puts an envelope into the outbox inside the transaction of the change it tells of: both happen or neither.
 * Returns its number. Call it late in the transaction, because it holds the outbox's lock until the commit.
 */
export async function queueEnvelope(
  tx: Db,
  envelope: { kind: EnvelopeKind; id: string; city_time: number; body: Record<string, unknown> },
): Promise<number> {
  assert(tx.isTransaction, "an envelope is queued inside the transaction of its change")
  const text = JSON.stringify(envelope.body)
  assert(
    Buffer.byteLength(text) <= body_bytes_max,
    `an envelope of kind ${envelope.kind} is at most ${body_bytes_max} bytes`,
  )
  assert(
    envelope.id.length > 0 && envelope.id.length <= 40,
    `the object of an envelope has 1 to 40 characters: ${envelope.id}`,
  )
  return store.append(tx, { ...envelope, object: envelope.id, body: store.bodyOf(envelope.body) })
}

/** Tells the province of a warning as it stands in this transaction; drafts and repetitions are left out. */
export async function queueWarning(tx: Db, warning_id: number, city_time: number): Promise<number | null> {
  return queueObject(tx, "warning", await store.warningBody(tx, warning_id), city_time)
}

/** Tells the province of a work order as it stands in this transaction; repetitions are left out. */
export async function queueOrder(tx: Db, order_id: number, city_time: number): Promise<number | null> {
  return queueObject(tx, "order", await store.orderBody(tx, order_id, city_time), city_time)
}

async function queueObject(
  tx: Db,
  kind: EnvelopeKind,
  object: { code: string; body: Record<string, unknown> } | undefined,
  city_time: number,
): Promise<number | null> {
  if (!object || (await store.saidAlready(tx, kind, object.code, store.bodyOf(object.body)))) return null
  return queueEnvelope(tx, { kind, id: object.code, city_time, body: object.body })
}

/** Queues every warning and order that is open or ended since `since` and was not said yet (after a crash, at a start). */
export async function queueMissing(db: Db, since: number, city_time: number): Promise<number> {
  const { warnings, orders } = await store.objectsSince(db, since)
  let queued = 0
  for (const id of warnings) if (await transaction(db, (tx) => queueWarning(tx, id, city_time))) queued++
  for (const id of orders) if (await transaction(db, (tx) => queueOrder(tx, id, city_time))) queued++
  return queued
}

/**
 * Queues the whole state anew for a province that lost its place: what still waited is replaced by it.
 * `more` are further bodies (summary, days).
 */
export async function queueEverything(
  db: Db,
  since: number,
  city_time: number,
  wall: number,
  more: { kind: EnvelopeKind; id: string; body: Record<string, unknown> }[],
): Promise<number> {
  return transaction(db, async (tx) => {
    const { warnings, orders } = await store.objectsSince(tx, since)
    await store.supersede(tx, wall)
    let queued = 0
    const say = async (kind: EnvelopeKind, object: { code: string; body: Record<string, unknown> } | undefined) => {
      if (!object) return
      await queueEnvelope(tx, { kind, id: object.code, city_time, body: object.body })
      queued++
    }
    for (const id of warnings) await say("warning", await store.warningBody(tx, id))
    for (const id of orders) await say("order", await store.orderBody(tx, id, city_time))
    for (const m of more) await say(m.kind, { code: m.id, body: m.body })
    return queued
  })
}

/** What was last said of a kind, and whether it still waits to be sent. */
export async function lastSaid(
  db: Db,
  kind: EnvelopeKind,
): Promise<{ body: Record<string, unknown>; waiting: boolean } | null> {
  const row = await store.lastOf(db, kind)
  return row ? { body: row.body, waiting: row.sent_at === null } : null
}

/** Keeps the outbox small; call it now and then. */
export const pruneOutbox = (db: Db) => store.prune(db, rows_keep)
