import type { Problem } from "../../../model/index.ts"
import type { Decoded } from "../decode.ts"

/** One piece of a body that stands or falls by itself: a line, an item of a list, or the whole message. */
export type Item = {
  /** Line (from 1) or place in the list (from 0); null where the body is one message. */
  at: number | null
  /** The piece as it was sent, for quarantine. */
  bytes(): Uint8Array
  decoded: Decoded
}

/** A part of a large body: its pieces, and where the next part begins; null at the end. */
export type Part = { items: Item[]; next: { at: number; line: number } | null }

/** So many lines are read before others get a turn of the thread. */
export const lines_a_part = 1000

/** An item of which nothing can be read. */
export const refusedItem = (
  at: number | null,
  bytes: () => Uint8Array,
  problem: Problem,
  device: string | null,
): Item => ({
  at,
  bytes,
  decoded: { values: [], problems: [{ problem, device }] },
})
