import type { Lifeline } from "../lifelines/contract.ts"
import type { Settings } from "../settings.ts"
import type { CityClock } from "./clock/index.ts"
import type { Events } from "./events/index.ts"
import type { Files } from "./files/index.ts"
import type { Caller, Http } from "./http/index.ts"
import type { Log } from "./log/index.ts"
import type { Commit, Series } from "./series/index.ts"
import type { Db, Sql } from "./sql/index.ts"
import type { LogReceipt, Part } from "./stream/index.ts"
import type { Troubles } from "./troubles.ts"

/** A process of a deployment on several machines: it shares the log, the database and the reading store with others. */
export type Cluster = {
  /** Whether this process does what only one may do: findings, deadlines, silence, what is sent to the province. */
  leads: boolean
  /** How doors put things into the log; `aside` makes durable what is no reading of a known device. */
  take<D extends Part>(aside: (delivery: D) => Promise<void>): (delivery: D) => Promise<LogReceipt>
  /** What stores have committed, numbered by its place in the log. */
  since: Series["since"]
  lastBatch(): Promise<number>
  /** Hears of every commit since this process took its latest readings from the store, in order. */
  follow(listener: (commit: Commit) => Promise<void>): void
}

/** What every stage is handed: the world, as far as a stage may touch it. */
export type App = {
  settings: Settings
  log: Log
  clock: CityClock
  sql: Sql
  files: Files
  series: Series
  /** Null on one machine. */
  cluster: Cluster | null
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
