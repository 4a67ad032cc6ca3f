import { sql } from "kysely"
import type { Db } from "../../../platform/sql/index.ts"

export const findAnswer = async (db: Db, sender: string, key: string, after: number) =>
  (
    await sql<{ body_hash: string; status: number; answer: unknown }>`
      select body_hash, status, answer from monitoring_idempotency
      where sender = ${sender} and key = ${key} and created_at > ${after}`.execute(db)
  ).rows[0]

export const keepAnswer = (
  db: Db,
  a: { sender: string; key: string; body_hash: string; status: number; body: unknown; created_at: number },
) =>
  sql`insert into monitoring_idempotency (sender, key, body_hash, status, answer, created_at)
    values (${a.sender}, ${a.key}, ${a.body_hash}, ${a.status}, ${JSON.stringify(a.body ?? null)}::jsonb, ${a.created_at})
    on conflict (sender, key) do update set body_hash = excluded.body_hash, status = excluded.status,
      answer = excluded.answer, created_at = excluded.created_at`.execute(db)

/** Removes answers that are too old, and a sender's oldest beyond `most`. */
export async function sweepAnswers(db: Db, sender: string, before: number, most: number) {
  await sql`delete from monitoring_idempotency where created_at <= ${before}`.execute(db)
  await sql`delete from monitoring_idempotency where sender = ${sender} and key in (
    select key from monitoring_idempotency where sender = ${sender} order by created_at desc offset ${most})`.execute(
    db,
  )
}
