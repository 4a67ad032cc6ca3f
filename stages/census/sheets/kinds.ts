/** Which kind of asset a word means: its id, or its name in either language, in the singular or the plural. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { AssetKind } from "../../../model/index.ts"
import { clean, plainName } from "../survey/text.ts"

export type KnownKind = { lifeline: Lifeline; kind: AssetKind }
export type Kinds = {
  /** By id of the kind, or `lifeline.kind`. */
  byId(id: string): KnownKind | undefined
  /** Null where no kind or more than one is called so. */
  named(word: string): KnownKind | null
  /** All kinds that are called so. */
  called(word: string): KnownKind[]
  all: KnownKind[]
}

export function kindsOf(lifelines: readonly Lifeline[]): Kinds {
  const all = lifelines.flatMap((lifeline) => lifeline.assets.map((kind) => ({ lifeline, kind })))
  const byId = new Map<string, KnownKind>()
  const byName = new Map<string, Set<KnownKind>>()
  const note = (word: string, known: KnownKind) => {
    const plain = plainName(word)
    if (plain === "") return
    const there = byName.get(plain)
    if (there) there.add(known)
    else byName.set(plain, new Set([known]))
  }
  for (const known of all) {
    const { lifeline, kind } = known
    if (!byId.has(kind.kind)) byId.set(kind.kind, known)
    byId.set(`${lifeline.id}.${kind.kind}`, known)
    for (const word of [kind.kind, kind.name.zh, kind.name.en, `${lifeline.id}.${kind.kind}`]) note(word, known)
  }
  const called = (word: string): KnownKind[] => {
    const plain = plainName(clean(word).replace(/[$'"]/g, ""))
    if (plain === "") return []
    for (const form of [plain, plain.replace(/ies$/, "y"), plain.replace(/es$/, ""), plain.replace(/s$/, "")]) {
      const found = byName.get(form)
      if (found) return [...found]
    }
    return []
  }
  return {
    all,
    byId: (id) => byId.get(id),
    called,
    named(word) {
      const found = called(word)
      return found.length === 1 ? found[0]! : null
    },
  }
}

/** Kinds whose ids are used by more than one lifeline are named with it. */
export const kindId = ({ lifeline, kind }: KnownKind, kinds: Kinds): string =>
  kinds.byId(kind.kind)?.lifeline.id === lifeline.id ? kind.kind : `${lifeline.id}.${kind.kind}`
