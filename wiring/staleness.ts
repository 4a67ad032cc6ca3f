import type { Stale } from "../platform/events/index.ts"
import { sleep } from "../platform/timers/index.ts"

const retry_ms = 1000

/**
 * Reads anew what another process changed: one reading at a time, and one more where something changed meanwhile. A
 * reading that fails is said and tried again.
 */
export function staleness(
  reload: (what: ReadonlySet<Stale>) => Promise<void>,
  failed: (name: string, error: unknown) => void,
) {
  const closing = new AbortController()
  let waiting = new Set<Stale>()
  let running: Promise<void> | null = null
  async function run() {
    while (waiting.size > 0 && !closing.signal.aborted) {
      const what = waiting
      waiting = new Set()
      try {
        await reload(what)
      } catch (error) {
        failed("reload", error)
        waiting = waiting.union(what)
        await sleep(retry_ms, closing.signal)
      }
    }
    running = null
  }
  return {
    stale(what: Stale) {
      waiting.add(what)
      running ??= run()
    },
    async close() {
      closing.abort()
      await running
    },
  }
}
