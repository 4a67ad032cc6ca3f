import { store, useStore } from "../../external.ts"

/** What a crew has ticked and written for one order, kept on this device until the report is in. */
export type Draft = {
  steps: Record<number, number>
  found: string[]
  done: string[]
  note: string
  values: ({ text: string; time: number } | null)[]
}
const empty: Draft = { steps: {}, found: [], done: [], note: "", values: [] }
const prefix = "mingmai.field."
const drafts = store<ReadonlyMap<number, Draft>>(new Map())

export function useDraft(order_id: number): [Draft, (change: Partial<Draft>) => void] {
  const all = useStore(drafts)
  const draft = all.get(order_id) ?? read(order_id)
  return [draft, (change) => keep(order_id, { ...(drafts.get().get(order_id) ?? read(order_id)), ...change })]
}

function keep(order_id: number, draft: Draft): void {
  drafts.set(new Map(drafts.get()).set(order_id, draft))
  try {
    localStorage.setItem(prefix + order_id, JSON.stringify(draft))
  } catch (error) {
    console.warn("the draft could not be kept on this device", error)
  }
}

/** The report is in: the device need not keep it. */
export function forget(order_id: number): void {
  const next = new Map(drafts.get())
  next.delete(order_id)
  drafts.set(next)
  try {
    localStorage.removeItem(prefix + order_id)
  } catch (error) {
    console.warn("the draft could not be taken off this device", error)
  }
}

function read(order_id: number): Draft {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(prefix + order_id) ?? "null")
    return saved && typeof saved === "object" ? { ...empty, ...(saved as Partial<Draft>) } : empty
  } catch (error) {
    console.warn("what this device kept of the order cannot be read", error)
    return empty
  }
}
