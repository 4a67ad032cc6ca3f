import type { Db } from "../sql/index.ts"
import { sleep } from "../timers/index.ts"
import type { Lease } from "./store.ts"
import * as store from "./store.ts"

export type LeaseOptions = {
  db: Db
  /** Leases of one kind are shared fairly among the live owners of that kind. */
  kind: string
  names: readonly string[]
  /** Unique name of this process. */
  owner: string
  /**
   * Runs while the lease is held and ends soon after `signal` aborts; when it ends by itself or fails, the lease is
   * given back and may come again.
   */
  work: (lease: Lease, signal: AbortSignal) => Promise<void>
  failed: (name: string, error: unknown) => void
  renew_ms?: number
  expire_ms?: number
}

export type Leases = {
  held(): string[]
  /** Ends all work, gives the leases back, and waits for both. */
  stop(): Promise<void>
}

/**
 * Holds a fair share of the leases of a kind. They are renewed every 2 s and expire after 6 s by the database's clock;
 * a process that could not renew in time ends its work by itself before another may begin.
 */
export function holdLeases(options: LeaseOptions): Leases {
  const { db, kind, owner } = options
  const renew_ms = options.renew_ms ?? 2000
  const expire_ms = options.expire_ms ?? 6000
  const held = new Map<string, { lease: Lease; ending: AbortController; done: Promise<void>; until: number }>()
  const stopping = new AbortController()
  let made = false

  function begin(lease: Lease, until: number): void {
    const ending = new AbortController()
    const done = (async () => {
      try {
        await options.work(lease, ending.signal)
      } catch (error) {
        options.failed(lease.name, error)
        // What failed at once would fail at once again, here or elsewhere.
        await sleep(renew_ms, stopping.signal)
      }
      held.delete(lease.name)
      try {
        await store.giveLease(db, lease)
      } catch (error) {
        options.failed(lease.name, error)
      }
    })()
    held.set(lease.name, { lease, ending, done, until })
  }

  async function round(): Promise<void> {
    const until = performance.now() + expire_ms
    if (!made) await store.makeLeases(db, kind, options.names)
    made = true
    const mine = new Map((await store.renewLeases(db, kind, owner, expire_ms)).map((l) => [l.name, l.fencing]))
    for (const [name, one] of held) {
      if (mine.get(name) === one.lease.fencing) one.until = until
      else one.ending.abort()
    }
    // A take-over whose answer was lost: it is ours, so it is worked on.
    for (const [name, fencing] of mine) if (!held.has(name) && !stopping.signal.aborted) begin({ name, fencing }, until)
    const alive = await store.sayAlive(db, kind, owner, expire_ms)
    const fair = Math.ceil(options.names.length / Math.max(1, alive))
    const working = [...held.values()].filter((one) => !one.ending.signal.aborted)
    for (const one of working.slice(fair)) one.ending.abort()
    if (held.size < fair && !stopping.signal.aborted)
      for (const lease of await store.takeLeases(db, kind, owner, expire_ms, fair - held.size)) begin(lease, until)
  }

  /** Ends the work of a lease that may have run out, whatever the database is doing; a margin for slow clocks. */
  const watch = setInterval(() => {
    for (const one of held.values()) if (performance.now() > one.until - expire_ms / 12) one.ending.abort()
  }, expire_ms / 24)

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await round()
      } catch (error) {
        options.failed(kind, error)
      }
      await sleep(renew_ms, stopping.signal)
    }
  })()

  return {
    held: () => [...held.keys()].sort(),
    async stop() {
      stopping.abort()
      await loop
      clearInterval(watch)
      const all = [...held.values()]
      for (const one of all) one.ending.abort()
      await Promise.all(all.map((one) => one.done))
      await store.sayGone(db, owner).catch((error: unknown) => options.failed(kind, error))
    },
  }
}
