import type { Words } from "../model/index.ts"

/** A function that is switched off, said on the duty desk. The rest goes on. */
export type Trouble = { what: string; words: Words; since: number }
export type Troubles = { raise(what: string, words: Words): void; clear(what: string): void; list(): Trouble[] }

export function createTroubles(wall: () => number, changed: () => void): Troubles {
  const open = new Map<string, Trouble>()
  return {
    raise(what, words) {
      if (open.get(what)?.words.en === words.en) return
      open.set(what, { what, words, since: wall() })
      changed()
    },
    clear(what) {
      if (open.delete(what)) changed()
    },
    list: () => [...open.values()],
  }
}
