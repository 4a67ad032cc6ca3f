import { sql } from "kysely"
import { assert, ProblemError, problem } from "../../model/index.ts"
import { migrations as known } from "./migrations/index.ts"
import { type Db, transaction } from "./transaction.ts"

/** One step of the schema in both directions; each string is one or more SQL statements. */
export type Migration = { number: number; name: string; up: readonly string[]; down: readonly string[] }

export type Migrated = { from: number; to: number; names: string[] }

const LOCK_KEY = 0x6d696e67 // "ming": two processes that start at once migrate one after the other.

/**
 * Brings the schema to `target` (the newest when not given), up or down, in one transaction under a lock.
 * Throws a problem when the database is newer than this program or was made by another list of migrations.
 */
export async function migrate(
  { db }: { db: Db },
  target?: number,
  list: readonly Migration[] = known,
): Promise<Migrated> {
  list.forEach((step, i) => {
    assert(step.number === i + 1, `migrations are numbered 1, 2, 3 …; ${step.name} has ${step.number}`)
  })
  const to = target ?? list.length
  assert(to >= 0 && to <= list.length, `migration ${to} is one of 0 to ${list.length}`)
  return transaction(db, async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx)
    await sql`select pg_advisory_xact_lock(${LOCK_KEY})`.execute(tx)
    await sql`create table if not exists schema_migration (
      number int primary key, name text not null, applied_at timestamptz not null default now())`.execute(tx)
    const from = await standing(tx, list)
    const names: string[] = []
    for (const step of from <= to ? list.slice(from, to) : list.slice(to, from).reverse()) {
      for (const statement of from <= to ? step.up : step.down) await sql.raw(statement).execute(tx)
      if (from <= to)
        await sql`insert into schema_migration (number, name) values (${step.number}, ${step.name})`.execute(tx)
      else await sql`delete from schema_migration where number = ${step.number}`.execute(tx)
      names.push(step.name)
    }
    return { from, to, names }
  })
}

/** The number of the last migration in the database, after checking that it is one of ours. */
async function standing(db: Db, list: readonly Migration[]): Promise<number> {
  const { rows } = await sql<{ number: number; name: string }>`
    select number, name from schema_migration order by number`.execute(db)
  rows.forEach((row, i) => {
    if (row.number === i + 1 && list[i]?.name === row.name) return
    const newer = i >= list.length
    throw new ProblemError(
      problem(
        newer ? "database-newer" : "database-foreign",
        409,
        newer
          ? `数据库的结构版本是 ${rows.at(-1)?.number}，本程序只到 ${list.length}：请换用较新的程序，或恢复旧备份`
          : `数据库的第 ${row.number} 步结构变更是「${row.name}」，与本程序不符：请检查 database_url 是否指向别的系统`,
        newer
          ? `The database schema is at ${rows.at(-1)?.number}, and this program knows ${list.length}: use a newer program, or restore an older backup.`
          : `Step ${row.number} of the database schema is "${row.name}", which is not ours: check whether database_url points to another system.`,
        { field: "schema_migration", value: row.number },
      ),
    )
  })
  return rows.length
}
