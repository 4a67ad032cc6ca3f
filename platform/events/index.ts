import type { Trouble } from "../troubles.ts"

export { openPeers, type Peers } from "./peers.ts"

/** What changed in the control plane, told to live viewers and to later stages, in every process. */
export type Change = {
  kind: "alarm" | "warning" | "order" | "device" | "asset" | "report" | "trouble" | "quarantine"
  id: number
  /** Who may hear of it. */
  owner_id: number | null
  lifeline: string | null
  area_ids: number[]
  /** The action that made the change, for example "issue"; the outbox and the simulation act on it. */
  action: string
}

export type Events = {
  tell(change: Change): void
  /** `here`: the change was made in this process, which alone should act on it where acting twice would be wrong. */
  hear(listener: (change: Change, here: boolean) => void): () => void
  /** Says what changed and others keep in memory: they read it anew. On one machine nobody hears. */
  stale(what: Stale): Promise<void>
}

/** Devices, assets and all that belongs to them; or credentials alone, which detectors need not know. */
export type Stale = "city" | "credentials"

/** What one process says to the others. */
export type Word = { change: Change } | { stale: Stale } | { troubles: Trouble[] }
/** `heard` is what another process told: it is not passed on again. */
export type PeerEvents = Events & { heard(change: Change): void }

/** Fan-out in this process and, through `say`, to others; a listener that throws is reported and the others still hear. */
export function createEvents(onError: (error: unknown) => void, say?: (word: Word) => Promise<void>): PeerEvents {
  const listeners = new Set<(change: Change, here: boolean) => void>()
  const fan = (change: Change, here: boolean) => {
    for (const listener of listeners) {
      try {
        listener(change, here)
      } catch (error) {
        onError(error)
      }
    }
  }
  return {
    tell(change) {
      fan(change, true)
      // A trouble is shown by the process that has it.
      if (change.kind !== "trouble") say?.({ change }).catch(onError)
    },
    hear(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stale: async (what) => await say?.({ stale: what }),
    heard: (change) => fan(change, false),
  }
}
