/** Takes an import into the census: all of it or nothing. */
import type { ImportedCity, Lifeline } from "../../lifelines/contract.ts"
import { type LonLat, ProblemError } from "../../model/index.ts"
import type { Tx } from "../../platform/sql/index.ts"
import { blockingProblem, checkImport, type ImportProblem } from "./check.ts"
import { difference, type Wanted } from "./difference.ts"
import { boxOf, lengthM, middleOf } from "./geometry.ts"
import * as store from "./store.ts"

export type ImportInput = {
  lifeline: Lifeline
  imported: ImportedCity
  file_name: string
  file_hash: string
  /** What makes a later file a re-import: assets of the same source are versions of each other. */
  source: string
  /** Where local metres were laid out, as given with the import. */
  origin: LonLat | null
  by: string
  /** Organisation code of every asset without the attribute `owner`. */
  default_owner?: string
  /** Since when this is true in the world, UTC ms. */
  valid_from: number
  /** When it came to us, UTC ms. */
  recorded_at: number
}

export type Imported = {
  batch_id: number
  /** Ids by code, of the assets and areas of this import. */
  asset_ids: Map<string, number>
  area_ids: Map<string, number>
  added: number
  changed: number
  ended: number
  unchanged: number
  problems: ImportProblem[]
}

/**
 * Writes new assets, new versions of changed ones and the end of those that are gone from the source, inside `tx`.
 * Throws a ProblemError that names the first blocking problem and how many more there are; nothing is written then.
 */
export async function importAssets(tx: Tx, input: ImportInput): Promise<Imported> {
  const { lifeline, imported, source } = input
  const problems = checkImport(lifeline, imported)
  const wanted = await withOwners(tx, input, problems)
  await checkAreas(tx, input, problems)
  const blocking = blockingProblem(problems, input.file_name)
  if (blocking) throw new ProblemError(blocking)

  await store.lockSource(tx, lifeline.id, source)
  const known = await store.assetsOfSource(tx, lifeline.id, source)
  const changes = difference(known, wanted, imported.schematic)
  const batch_id = await store.insertBatch(tx, {
    lifeline: lifeline.id,
    file_name: input.file_name,
    file_hash: input.file_hash,
    origin: input.origin,
    imported_at: input.recorded_at,
    imported_by: input.by,
    assets: imported.assets.length,
    devices: imported.devices.length,
    problems,
  })
  const ids = new Map(known.map((asset) => [asset.source_id, asset.id]))
  const added = await store.insertAssets(tx, lifeline.id, source, batch_id, changes.added)
  for (const [source_id, id] of added) ids.set(source_id, id)
  await store.relabel(
    tx,
    changes.relabelled.map(({ known: { id }, wanted: w }) => ({
      id,
      kind: w.kind,
      code: w.code,
      owner_id: w.owner_id,
    })),
  )
  const ended = [...changes.changed.map((c) => c.known), ...changes.ended].map((asset) => asset.id)
  await store.endVersions(tx, ended, input.valid_from)
  const version = (asset: Wanted, number: number) => versionRow(asset, ids.get(asset.source_id)!, number, input)
  await store.insertVersions(tx, batch_id, input.valid_from, input.recorded_at, [
    ...changes.added.map((asset) => version(asset, 1)),
    ...changes.changed.map((change) => version(change.wanted, change.known.version + 1)),
  ])
  const asset_ids = new Map(wanted.map((asset) => [asset.code, ids.get(asset.source_id)!]))
  const area_ids = await store.writeAreas(tx, lifeline.id, source, batch_id, imported.areas, asset_ids)
  return {
    batch_id,
    asset_ids,
    area_ids,
    added: changes.added.length,
    changed: changes.changed.length,
    ended: changes.ended.length,
    unchanged: changes.unchanged,
    problems,
  }
}

function versionRow(asset: Wanted, asset_id: number, version: number, input: ImportInput): store.VersionRow {
  const [lon, lat] = middleOf(asset.geometry)
  const [west, south, east, north] = boxOf(asset.geometry)
  const said = asset.attributes.length_m
  return {
    asset_id,
    version,
    name: asset.name,
    geometry: asset.geometry,
    west,
    south,
    east,
    north,
    lon,
    lat,
    // A schematic drawing has no true length; the file's own number goes first everywhere.
    length_m: typeof said === "number" ? said : lengthM(asset.geometry),
    attributes: asset.attributes,
    original: asset.original,
    schematic: input.imported.schematic,
  }
}

/** Finds each asset's owner by organisation code; the code itself leaves the attributes. */
async function withOwners(tx: Tx, input: ImportInput, problems: ImportProblem[]): Promise<Wanted[]> {
  const organisations = await store.organisationIds(tx)
  const unknown = new Set<string>()
  const wanted = input.imported.assets.map((asset): Wanted => {
    const { owner, ...attributes } = asset.attributes
    const code = owner === undefined || owner === null || owner === "" ? input.default_owner : String(owner)
    if (code !== undefined && !organisations.has(code)) unknown.add(code)
    return { ...asset, attributes, owner_id: code === undefined ? null : (organisations.get(code) ?? null) }
  })
  for (const code of unknown)
    problems.push({
      line: null,
      field: "owner",
      value: code,
      words: {
        zh: `权属单位代码 ${code} 不存在，请先建立该单位`,
        en: `There is no organisation with the code ${code}; create it first`,
      },
      blocks: true,
    })
  return wanted
}

/** An area code belongs to one source; another file must not take it over. */
async function checkAreas(tx: Tx, input: ImportInput, problems: ImportProblem[]): Promise<void> {
  const others = await store.areasOfOthers(
    tx,
    input.lifeline.id,
    input.source,
    input.imported.areas.map((a) => a.code),
  )
  for (const code of others)
    problems.push({
      line: null,
      field: "area",
      value: code,
      words: {
        zh: `区域编号 ${code} 已由另一来源使用，请以同一来源重新导入或改编号`,
        en: `The area code ${code} belongs to another source; import under that source or change the code`,
      },
      blocks: true,
    })
}
