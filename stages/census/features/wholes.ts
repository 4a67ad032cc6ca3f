/** What is known of whole collections: extents and counts under a scope, counted once for each state of the census. */
import type { Scope } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import { batchKey, type Extent, extents } from "./store.ts"

/** Scopes whose answers are kept. */
const kept_max = 100

/** Extents by collection id, of what the scopes may see. */
export type Wholes = (scopes: readonly Scope[]) => Promise<ReadonlyMap<string, Extent>>

/** Every change of the census comes as a batch, so that the batches tell whether a count still holds. */
export function countWholes(db: Db): Wholes {
  const kept = new Map<string, { batches: string; counted: Promise<ReadonlyMap<string, Extent>> }>()
  return async (scopes) => {
    const key = JSON.stringify(scopes)
    const batches = await batchKey(db)
    const known = kept.get(key)
    if (known?.batches === batches) return await known.counted
    if (kept.size >= kept_max) kept.clear()
    const made = { batches, counted: count(db, scopes) }
    kept.set(key, made)
    return await made.counted.catch((error: unknown) => {
      if (kept.get(key) === made) kept.delete(key) // The next request counts again.
      throw error
    })
  }
}

const count = async (db: Db, scopes: readonly Scope[]): Promise<ReadonlyMap<string, Extent>> =>
  new Map((await extents(db, scopes)).map((extent) => [`${extent.lifeline}.${extent.kind}`, extent]))
