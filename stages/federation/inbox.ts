import Type, { type Static } from "typebox"
import { Value } from "typebox/value"
import { Json } from "../../platform/http/views.ts"
import type { Db } from "../../platform/sql/index.ts"
import { bodies } from "./bodies.ts"
import * as store from "./store.ts"
import { Envelope } from "./views.ts"

export const envelopes_max = 200
const records_keep = 5000

/** What a city posts. `restart`: what stood before the first envelope is not kept any more; take the first as the next. */
export const Push = Type.Object({
  city: Type.String({ minLength: 1, maxLength: 40 }),
  restart: Type.Optional(Type.Boolean()),
  envelopes: Type.Array(Json, { maxItems: envelopes_max }),
})
export type Push = Static<typeof Push>

export type Taken = {
  applied: number
  /** Duplicates: delivered again after a kill or a broken connection. */
  ignored: number
  /** The number that comes next. */
  expected: number
  refused: { sequence: number; reason: string }[]
}

/** What to do with a push, given the last number that was applied. Pure. */
export function planPush(
  last: number,
  sequences: readonly number[],
  restart: boolean,
): { start: number; ignored: number } | { expected: number } {
  const begin = restart && sequences.length > 0 ? sequences[0]! - 1 : last
  const ignored = sequences.filter((s) => s <= begin).length
  const inOrder = sequences.slice(ignored).every((s, i) => s === begin + 1 + i)
  return inOrder ? { start: begin, ignored } : { expected: last + 1 }
}

/**
 * Applies a push of a city whose row is locked by the transaction, once and in order. A body that breaks the contract is
 * refused with its reason and passed over, so that one bad envelope does not stop a city. Null: resend from `expected`.
 */
export async function applyPush(
  db: Db,
  city: store.CityRecord,
  push: Push,
  wall: number,
): Promise<Taken | { expected: number }> {
  const sequences = push.envelopes.map((e) => Number((e as { sequence?: unknown } | null)?.sequence))
  const plan = planPush(city.sequence, sequences, push.restart ?? false)
  if ("expected" in plan) return plan
  if (push.restart && push.envelopes.length > 0) await store.deleteRecords(db, city.id)
  const fresh = push.envelopes.slice(plan.ignored)
  const refused: Taken["refused"] = []
  let newest: Envelope | null = null
  for (const [i, envelope] of fresh.entries()) {
    const reason = faultOf(envelope, city.code)
    if (reason !== null) {
      refused.push({ sequence: plan.start + 1 + i, reason })
      continue
    }
    newest = envelope as Envelope
    await apply(db, city.id, newest)
  }
  const sequence = plan.start + fresh.length
  await store.noteReceived(db, city.id, {
    sequence,
    at: wall,
    city_time: newest?.city_time ?? null,
    simulated: newest?.simulated ?? null,
  })
  if (newest?.kind === "day") await store.pruneRecords(db, city.id, records_keep)
  return { applied: fresh.length - refused.length, ignored: plan.ignored, expected: sequence + 1, refused }
}

async function apply(db: Db, city_id: number, e: Envelope): Promise<void> {
  if (e.kind === "summary") await store.setSummary(db, city_id, e.body)
  else
    await store.putRecord(db, city_id, { kind: e.kind, object_id: e.body.code, city_time: e.city_time, body: e.body })
}

/** Why an envelope cannot be taken, or null. */
export function faultOf(envelope: unknown, city: string): string | null {
  const outer = [...Value.Errors(Envelope, envelope)][0]
  if (outer) return `${outer.instancePath || "envelope"}: ${outer.message}`
  const e = envelope as Envelope
  if (e.city !== city) return `city: ${e.city} is not ${city}`
  const inner = [...Value.Errors(bodies[e.kind]!, e.body)][0]
  return inner ? `body${inner.instancePath}: ${inner.message}` : null
}
