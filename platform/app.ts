import type { Lifeline } from "../lifelines/contract.ts"
import type { Settings } from "../settings.ts"
import type { CityClock } from "./clock/index.ts"
import type { Events } from "./events/index.ts"
import type { Files } from "./files/index.ts"
import type { Caller, Http } from "./http/index.ts"
import type { Log } from "./log/index.ts"
import type { Series } from "./series/index.ts"
import type { Db, Sql } from "./sql/index.ts"
import type { Troubles } from "./troubles.ts"

/** What every stage is handed: the world, as far as a stage may touch it. */
export type App = {
  settings: Settings
  log: Log
  clock: CityClock
  sql: Sql
  files: Files
  series: Series
  lifelines: Lifeline[]
  events: Events
  troubles: Troubles
  http: Http
  /** Certificate and key where the doors speak TLS. */
  tls: { cert: string; key: string } | null
  /** Where loops and listeners report that they failed. */
  failed(name: string, error: unknown): void
  /** Writes one line of the audit trail inside the transaction of the change it tells of. */
  audit(db: Db, caller: Caller, action: string, object: string, detail: unknown): Promise<void>
}
