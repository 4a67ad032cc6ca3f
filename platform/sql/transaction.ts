import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely"

// The tables are known to the stages, not here.
// biome-ignore lint/suspicious/noExplicitAny: each stage narrows the type with withTables<…>() of Kysely.
export type Db = Kysely<any>
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type Tx = Transaction<any>

const ATTEMPTS_MAX = 3
const serialization_failure = "40001"
const deadlock_detected = "40P01"

/**
 * Runs `fn` in one transaction: all of it or nothing. Inside another transaction it joins that one. A deadlock or
 * serialization failure runs `fn` again, at most three times, so `fn` must do nothing but SQL.
 */
export async function transaction<T>(db: Db, fn: (tx: Tx) => Promise<T>): Promise<T> {
  if (db.isTransaction) return fn(db as Tx)
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(fn)
    } catch (error) {
      const code = sqlState(error)
      if (attempt >= ATTEMPTS_MAX || (code !== serialization_failure && code !== deadlock_detected)) throw error
    }
  }
}

/** The five-letter code that PostgreSQL gave an error, or undefined for other errors. */
export function sqlState(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** True when `error` says that a row broke a unique rule, and that rule is `constraint` where one is named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const broken = (error as { constraint?: string } | null)?.constraint
  return sqlState(error) === "23505" && (constraint === undefined || broken === constraint)
}

/** A value for a JSONB column; needed for arrays and plain text, which pg would send as something else. */
export const json = (value: unknown): RawBuilder<unknown> => sql`${JSON.stringify(value)}::jsonb`
