/** Who reads much by the open interface leaves a line in the audit trail: at thousand features, ten thousand, and so on. */
import type { App } from "../../../platform/app.ts"
import type { Caller } from "../../../platform/http/index.ts"

/** Features of one caller and collection in a day at which a line is written; from the last on, again each time. */
export const logged_at = [1_000, 10_000, 100_000]
const day_ms = 86_400_000
/** Callers and collections counted at once; past it the counting begins anew. */
const counters_max = 20_000

export type ReadingLog = (caller: Caller, collection: string, rows: number, query: string) => Promise<void>

/** Counts in memory, from the caller's first reading of the day; a restart begins anew. */
export function readingLog(app: Pick<App, "audit" | "sql" | "clock">): ReadingLog {
  const counters = new Map<string, { rows: number; since: number; next: number }>()
  return async (caller, collection, rows, query) => {
    const now = app.clock.wall()
    const key = `${caller.login} ${collection}`
    const known = counters.get(key)
    if (!known && counters.size >= counters_max) counters.clear()
    const counter = known && now - known.since < day_ms ? known : { rows: 0, since: now, next: logged_at[0]! }
    counters.set(key, counter)
    counter.rows += rows
    if (counter.rows < counter.next) return
    counter.next = nextLine(counter.rows)
    await app.audit(app.sql.db, caller, "features-read", `collection:${collection}`, {
      rows: counter.rows,
      since: counter.since,
      query,
    })
  }
}

function nextLine(rows: number): number {
  const last = logged_at.at(-1)!
  return logged_at.find((at) => at > rows) ?? (Math.floor(rows / last) + 1) * last
}
