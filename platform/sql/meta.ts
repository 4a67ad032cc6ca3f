import { sql } from "kysely"
import type { Db } from "./transaction.ts"
import { json } from "./transaction.ts"

/** Facts of a data folder that are fixed when it is made, or remembered from run to run. */
export async function getMeta<T>(db: Db, key: string): Promise<T | null> {
  const { rows } = await sql<{ value: T }>`select value from meta where key = ${key}`.execute(db)
  return rows[0]?.value ?? null
}

export const setMeta = (db: Db, key: string, value: unknown) =>
  sql`insert into meta (key, value) values (${key}, ${json(value)}) on conflict (key) do update set value = excluded.value`.execute(
    db,
  )
