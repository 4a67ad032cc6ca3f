/** What changed in the control plane, told to live viewers and to later stages in this process. */
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

export type Events = { tell(change: Change): void; hear(listener: (change: Change) => void): () => void }

/** In-process fan-out; a listener that throws is reported to `onError` and the others still hear. */
export function createEvents(onError: (error: unknown) => void): Events {
  const listeners = new Set<(change: Change) => void>()
  return {
    tell(change) {
      for (const listener of listeners) {
        try {
          listener(change)
        } catch (error) {
          onError(error)
        }
      }
    },
    hear(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
