import { type Channel, openChannel, type Sql } from "../sql/index.ts"
import { sleep } from "../timers/index.ts"
import type { Trouble } from "../troubles.ts"
import type { Change, Stale, Word } from "./index.ts"

/** Words that wait for the database; past it the others are only told that they missed something. */
const waiting_max = 2000
/** A word must fit into a notification of PostgreSQL. */
const areas_max = 300
const word_bytes_max = 7000
const retry_ms = 1000

const kinds: Change["kind"][] = ["alarm", "warning", "order", "device", "asset", "report", "quarantine"]

export type Listeners = {
  heard(change: Change): void
  stale(what: Stale): void
  /** Troubles of another process; an empty list when they have ended. */
  troubles(from: string, list: Trouble[]): void
}

export type Peers = {
  /** Resolves when the others have been told; tries for as long as it takes. */
  say(word: Word): Promise<void>
  /** From then on words of others are handed over, until the returned end; what was said before counts as missed. */
  begin(listeners: Listeners): () => void
  close(): Promise<void>
}

type Sent = { from: string; word: Word | { missed: true } }

/**
 * The other processes of a deployment, heard through the database that all share. Words may get lost while a process
 * is cut off from it; afterwards it looks at everything anew.
 */
export async function openPeers(
  sql: Pick<Sql, "pool" | "connection">,
  owner: string,
  failed: (name: string, error: unknown) => void,
): Promise<Peers> {
  let listeners: Listeners | null = null
  let waiting: { word: Sent["word"]; done: () => void }[] = []
  let sending: Promise<void> | null = null
  const closing = new AbortController()

  let early = false
  function missed() {
    if (!listeners) early = true
    for (const kind of kinds)
      listeners?.heard({ kind, id: 0, owner_id: null, lifeline: null, area_ids: [], action: "missed" })
    listeners?.stale("city")
  }
  function hear(text: string) {
    const { from, word } = JSON.parse(text) as Sent
    if (from === owner) return
    if (!listeners) early = true
    if ("missed" in word) missed()
    else if ("stale" in word) listeners?.stale(word.stale)
    else if ("troubles" in word) listeners?.troubles(from, word.troubles)
    else listeners?.heard(word.change)
  }
  const channel: Channel = await openChannel(sql, { name: "mingmai", hear, missed, failed })

  /** Ends in the same turn in which nothing waits any more: what is said right after begins it anew. */
  async function send() {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      const words: Sent["word"][] = group.length > waiting_max ? [{ missed: true }] : group.map((w) => w.word)
      if (await said(words)) for (const w of group) w.done()
    }
    sending = null
  }

  /** False where this process closes before the database takes it. */
  async function said(words: Sent["word"][]): Promise<boolean> {
    const texts = words.map((word) => JSON.stringify({ from: owner, word } satisfies Sent))
    for (let tries = 0; ; tries++) {
      try {
        await channel.say(texts)
        return true
      } catch (error) {
        if (tries === 0) failed("peers", error)
        if (closing.signal.aborted) return false
        await sleep(retry_ms, closing.signal)
      }
    }
  }

  return {
    say(word) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ word: fitting(word), done: resolve })
      sending ??= send()
      return promise
    },
    begin(next) {
      listeners = next
      if (early) missed()
      early = false
      return () => {
        listeners = null
      }
    },
    async close() {
      closing.abort()
      await sending
      await channel.close()
    },
  }
}

/** Cut to what a notification takes. */
function fitting(word: Word): Word {
  if ("change" in word) return { change: { ...word.change, area_ids: word.change.area_ids.slice(0, areas_max) } }
  if (!("troubles" in word)) return word
  const troubles = [...word.troubles]
  while (Buffer.byteLength(JSON.stringify(troubles)) > word_bytes_max) troubles.pop()
  return { troubles }
}
