import type { Peers } from "../platform/events/index.ts"
import { every } from "../platform/timers/index.ts"
import type { PeerTroubles } from "../platform/troubles.ts"

const say_ms = 5000

/** Tells the other processes what is wrong in this one, for as long as it is, so that every duty desk shows it. */
export function sayTroubles(peers: Peers, troubles: PeerTroubles, failed: (name: string, error: unknown) => void) {
  let said = 0
  return every(
    say_ms,
    async () => {
      const own = troubles.own()
      if (own.length + said === 0) return
      said = own.length
      await peers.say({ troubles: own })
    },
    "troubles",
    failed,
  )
}
