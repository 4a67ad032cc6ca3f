import type { Words } from "../model/index.ts"

/** A function that is switched off, said on the duty desk. The rest goes on. */
export type Trouble = { what: string; words: Words; since: number }
export type Troubles = { raise(what: string, words: Words): void; clear(what: string): void; list(): Trouble[] }
/** Those of this process and, among several, what others said of theirs. */
export type PeerTroubles = Troubles & { own(): Trouble[]; heard(from: string, list: Trouble[]): void }

/** A process that says nothing any more for so long is not quoted either: whoever watches over it knows better. */
const heard_ms = 30_000

export function createTroubles(wall: () => number, changed: () => void): PeerTroubles {
  const open = new Map<string, Trouble>()
  const others = new Map<string, { list: Trouble[]; until: number }>()
  const own = () => [...open.values()]
  const quoted = () => [...others.values()].flatMap((o) => (o.until > wall() ? o.list : []))
  return {
    raise(what, words) {
      if (open.get(what)?.words.en === words.en) return
      open.set(what, { what, words, since: wall() })
      changed()
    },
    clear(what) {
      if (open.delete(what)) changed()
    },
    list: () => [...own(), ...quoted()],
    own,
    heard(from, list) {
      const named = list.map((t) => ({ ...t, what: `${t.what}@${from}` }))
      const same = JSON.stringify(named) === JSON.stringify(others.get(from)?.list ?? [])
      others.delete(from)
      if (named.length > 0) others.set(from, { list: named, until: wall() + heard_ms })
      if (!same) changed()
    },
  }
}
