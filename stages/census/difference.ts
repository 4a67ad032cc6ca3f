/** What an import changes: pure comparison of the imported assets with the newest versions of the same source. */
import type { ImportedCity } from "../../lifelines/contract.ts"
import type { Attributes, Geometry } from "../../model/index.ts"

export type ImportedAsset = ImportedCity["assets"][number]
/** The newest version of an asset of the source; `ended` where it is no longer true in the world. */
export type KnownAsset = {
  id: number
  source_id: string
  kind: string
  code: string | null
  owner_id: number | null
  version: number
  ended: boolean
  name: string | null
  geometry: Geometry
  attributes: Attributes
  schematic: boolean
}
export type Wanted = ImportedAsset & { owner_id: number | null }

export type Difference = {
  added: Wanted[]
  changed: { known: KnownAsset; wanted: Wanted }[]
  /** Same version, but kind, code or owner differ; these are not versioned. */
  relabelled: { known: KnownAsset; wanted: Wanted }[]
  ended: KnownAsset[]
  unchanged: number
}

/** Attributes are compared whatever their order, geometry to the last digit. */
export function difference(known: readonly KnownAsset[], wanted: readonly Wanted[], schematic: boolean): Difference {
  const bySource = new Map(known.map((asset) => [asset.source_id, asset]))
  const result: Difference = { added: [], changed: [], relabelled: [], ended: [], unchanged: 0 }
  for (const asset of wanted) {
    const before = bySource.get(asset.source_id)
    bySource.delete(asset.source_id)
    if (!before) {
      result.added.push(asset)
      continue
    }
    if (before.kind !== asset.kind || before.code !== asset.code || before.owner_id !== asset.owner_id)
      result.relabelled.push({ known: before, wanted: asset })
    const same =
      !before.ended &&
      before.schematic === schematic &&
      before.name === asset.name &&
      canonical(before.geometry) === canonical(asset.geometry) &&
      canonical(before.attributes) === canonical(asset.attributes)
    if (same) result.unchanged++
    else result.changed.push({ known: before, wanted: asset })
  }
  result.ended = [...bySource.values()].filter((asset) => !asset.ended)
  return result
}

/** JSON with sorted keys, as a database may hand them back in another order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
