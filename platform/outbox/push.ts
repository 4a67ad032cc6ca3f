import type { Db } from "../sql/index.ts"
import { sleep } from "../timers/index.ts"
import * as store from "./store.ts"

export const batch_rows_max = 100
const batch_bytes_max = 512 * 1024
const wait_ms_min = 1000
const wait_ms_max = 60_000
/** A province that refuses us is asked again this seldom: somebody must first mend a key or an address. */
const refused_wait_ms = 300_000
/** Without news, an empty push says that the city is there. */
const heartbeat_ms = 60_000
/** A single refused envelope is shown this long. */
const refused_shown_ms = 7 * 86_400_000
const request_ms_max = 15_000
const answer_bytes_max = 64 * 1024
const resyncs_max = 3

export type LinkState = {
  state: "off" | "ok" | "waiting" | "refused"
  last_ok_at: number | null
  waiting: number
  last_problem: string | null
}

export type PusherOptions = {
  db: Db
  url: string
  key: string
  city: string
  simulated: boolean
  wall(): number
  /** Queues the whole state anew; called when the province asks for what is no longer kept. */
  restart(): Promise<void>
  changed(): void
  onError(error: unknown): void
  /** For tests: shorter waits. */
  wait_ms_min?: number
  fetch?: typeof fetch
}

export type Pusher = { state(): LinkState; poke(): void; stop(): Promise<void> }

/** What a province answers: what it took, and which number it expects next. */
type Answer = { applied: number; ignored: number; expected: number; refused: { sequence: number; reason: string }[] }

/**
 * Sends the outbox to the province in order, batch by batch, with growing waits while it does not answer. An envelope is
 * marked only after the province said that it has it, so that a kill in between sends twice, which the province ignores.
 */
export function startPusher(options: PusherOptions): Pusher {
  const { db, wall } = options
  const link: LinkState = { state: "waiting", last_ok_at: null, waiting: 0, last_problem: null }
  const shortest = options.wait_ms_min ?? wait_ms_min
  let stopped = false
  let failures = 0
  let resyncs = 0
  let restarting = false
  let wake: () => void = () => {}
  let poked = false

  const nap = (ms: number) => {
    const abort = new AbortController()
    wake = () => abort.abort()
    return poked || stopped ? Promise.resolve() : sleep(ms, abort.signal)
  }

  const say = (state: LinkState["state"], problem: string | null) => {
    const news = link.state !== state || link.last_problem !== problem
    link.state = state
    link.last_problem = problem
    if (news) options.changed()
  }

  /** One exchange; returns how long to wait before the next, in ms. */
  async function turn(): Promise<number> {
    const rows = fitting(await store.waitingRows(db, batch_rows_max))
    if (rows.length === 0) restarting = false
    const response = await post(options, rows, restarting)
    if (response.status === 409) return await resync(numberOf(response.body, "expected"))
    if (response.status >= 500) throw new Error(`The province answers ${response.status}: ${sentenceOf(response.body)}`)
    if (response.status !== 200) {
      link.waiting = await store.countWaiting(db)
      say("refused", `${response.status}: ${sentenceOf(response.body)}`)
      return refused_wait_ms
    }
    const answer = response.body as Answer
    const last = rows.at(-1)?.sequence
    // Without rows this still notices that either side was restored from an older backup.
    if (answer.expected !== (last ?? (await store.maxSequence(db))) + 1) return await resync(answer.expected)
    for (const r of answer.refused) await store.markRefused(db, r.sequence, wall(), r.reason)
    if (last !== undefined) await store.markSent(db, rows[0]!.sequence, last, wall())
    restarting = false
    failures = 0
    resyncs = 0
    link.last_ok_at = wall()
    link.waiting = await store.countWaiting(db)
    const refused = await store.lastRefused(db, wall() - refused_shown_ms)
    say("ok", refused ? `${refused.kind} #${refused.sequence}: ${refused.refused}` : null)
    return link.waiting > 0 ? 0 : heartbeat_ms
  }

  /** The province expects another number: send again from there, or everything anew where that is no longer kept. */
  async function resync(expected: number): Promise<number> {
    if (++resyncs > resyncs_max) {
      resyncs = 0
      say("refused", `The province still expects envelope ${expected} after ${resyncs_max} attempts to agree.`)
      return refused_wait_ms
    }
    if (await store.hasSequence(db, expected)) {
      await store.unmarkFrom(db, expected)
    } else {
      await options.restart()
      restarting = true
    }
    return 0
  }

  async function run() {
    while (!stopped) {
      poked = false
      const wait = await turn().catch((error: unknown) => {
        failures++
        say("waiting", reasonOf(error))
        return backoff(failures, shortest)
      })
      if (link.state === "waiting") link.waiting = await store.countWaiting(db).catch(() => link.waiting)
      // News do not shorten the wait for a province that is down or refuses us.
      if (link.state !== "ok") poked = false
      if (wait > 0) await nap(wait)
    }
  }
  const running = run().catch(options.onError)

  return {
    state: () => ({ ...link }),
    poke() {
      poked = true
      if (link.state === "ok") wake()
    },
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}

/** 1 s, 2 s, 4 s … 60 s. */
export const backoff = (failures: number, shortest: number) =>
  Math.min(wait_ms_max, shortest * 2 ** Math.min(failures - 1, 10))

/** As many of the rows as fit into one body, at least one. */
function fitting(rows: store.OutboxRow[]): store.OutboxRow[] {
  let bytes = 0
  const end = rows.findIndex((row, i) => {
    bytes += JSON.stringify(row.body).length * 3 // A letter takes at most three bytes here.
    return i > 0 && bytes > batch_bytes_max
  })
  return end < 0 ? rows : rows.slice(0, end)
}

async function post(options: PusherOptions, rows: store.OutboxRow[], restart: boolean) {
  const { city, simulated, wall, key, url } = options
  const envelopes = rows.map((r) => ({
    city,
    sequence: r.sequence,
    id: r.id,
    kind: r.kind,
    version: 1,
    city_time: r.city_time,
    sent_at: wall(),
    simulated,
    body: r.body,
  }))
  const response = await (options.fetch ?? fetch)(
    new URL("api/federation/inbox", url.endsWith("/") ? url : `${url}/`),
    {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ city, restart, envelopes }),
      redirect: "error",
      signal: AbortSignal.timeout(request_ms_max),
    },
  )
  const text = (await response.text()).slice(0, answer_bytes_max)
  return { status: response.status, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { title: text.slice(0, 200) } // A proxy's page, for example: its words are all there is to show.
  }
}

function numberOf(body: unknown, field: string): number {
  const value = (body as Record<string, unknown> | null)?.[field]
  if (!Number.isInteger(value)) throw new Error(`The province answered 409 without ${field}.`)
  return value as number
}

const sentenceOf = (body: unknown): string => {
  const b = body as { words?: { zh?: string }; title?: string } | null
  return (b?.words?.zh ?? b?.title ?? "").slice(0, 300)
}

/** What failed, in one line: fetch hides the network's reason in `cause`. */
function reasonOf(error: unknown): string {
  const e = error as { message?: string; cause?: { message?: string; code?: string } }
  return [e.message, e.cause?.code ?? e.cause?.message].filter(Boolean).join(": ").slice(0, 300)
}
