import pg from "pg"
import { every } from "../timers/index.ts"
import type { Sql } from "./open.ts"

const connect_ms = 10_000
const check_ms = 2000

export type Channel = {
  /** Says texts, each under 8,000 bytes, to all who listen, this process too; resolves when PostgreSQL has them. */
  say(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}

export type ChannelOptions = {
  /** A word of lower-case letters. */
  name: string
  hear(text: string): void
  /** The connection was lost for a time: what was said meanwhile was not heard. */
  missed(): void
  failed(name: string, error: unknown): void
}

/** Words between the processes on one database (LISTEN and NOTIFY), heard on a connection of its own. */
export async function openChannel(sql: Pick<Sql, "pool" | "connection">, options: ChannelOptions): Promise<Channel> {
  let client: pg.Client | null = await listen()

  async function listen(): Promise<pg.Client> {
    const next = new pg.Client({
      ...sql.connection,
      keepAlive: true,
      connectionTimeoutMillis: connect_ms,
      query_timeout: connect_ms,
    })
    next.on("notification", ({ payload }) => payload && options.hear(payload))
    next.on("error", (error) => lost(next, error))
    await next.connect()
    await next.query(`listen ${next.escapeIdentifier(options.name)}`)
    return next
  }

  function lost(which: pg.Client, error: unknown) {
    if (client !== which) return
    client = null
    options.failed("channel", error)
    which.end().catch(() => {}) // It is lost already.
  }

  /** A connection that answers no more is noticed, and made anew. */
  async function check() {
    const asked = client
    if (asked) {
      await asked.query("select 1").catch((error: unknown) => lost(asked, error))
      return
    }
    client = await listen()
    options.missed()
  }
  const loop = every(check_ms, check, "channel", options.failed)

  return {
    async say(texts) {
      if (texts.length > 0)
        await sql.pool.query("select pg_notify($1, word) from unnest($2::text[]) as word", [options.name, texts])
    },
    async close() {
      await loop.stop()
      await client?.end()
      client = null
    },
  }
}
