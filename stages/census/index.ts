/** Census (普查): what the city has, in versions; its map, its places in words, and who may see what of it. */
import { createHash } from "node:crypto"
import { ProblemError, problem, type Words } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { transaction } from "../../platform/sql/index.ts"
import { sleep } from "../../platform/timers/index.ts"
import { cityIndex, emptyIndex } from "./city-index.ts"
import type { Box } from "./geometry.ts"
import { importAssets } from "./import.ts"
import { type BaseLayerIndex, baseLayerIndex, drawBase } from "./map/base.ts"
import { blocksOf } from "./map/blocks.ts"
import { tileCache } from "./map/cache.ts"
import { budget, censusTile, rowsForTile, type Sources, seenBy } from "./map/census-tile.ts"
import { newColumns } from "./map/columns.ts"
import { legendOf } from "./map/legend.ts"
import { pastTile } from "./map/past.ts"
import { rowReader } from "./map/rows.ts"
import { assetsOfBatches, makeGisViews, streamAssets } from "./map/store.ts"
import { stroke_zoom_max } from "./map/strokes.ts"
import { type Feature, placeWords, type Streets, streetsOf } from "./places.ts"
import { censusRoutes } from "./routes.ts"
import { createSearch } from "./search/index.ts"
import * as store from "./store.ts"
import { drawTile, scopeKey } from "./tiles.ts"
import type { Applied, BaseLayer, Census } from "./types.ts"

export { installAdjacency } from "./adjacency/index.ts"
export { installBaseMap } from "./base-map/index.ts"
export type { ImportProblem } from "./check.ts"
export { defaultCheckSettings, rules as checkRules } from "./checks/index.ts"
export type { CensusArea, CensusAsset, Near, NearQuery } from "./city-index.ts"
export { installCodes } from "./codes/index.ts"
export { installExcavation } from "./excavation/index.ts"
export { installFeatures } from "./features/index.ts"
export { distanceM } from "./geometry.ts"
export type { Imported } from "./import.ts"
export { installNetwork } from "./network/index.ts"
export type { Feature } from "./places.ts"
export { installQuality } from "./quality/index.ts"
export { answerTile, tileParams } from "./routes.ts"
export { installSection } from "./section/index.ts"
export { installSheets } from "./sheets/index.ts"
export { installStaging } from "./staging/index.ts"
export { drawTile, scopeKey, type Tile, type TileAt, type TileFeature, tileBox } from "./tiles.ts"
export type { Applied, BaseLayer, Census } from "./types.ts"
export { installUnderground } from "./underground/index.ts"

const tile_cache_bytes = 64 * 1024 * 1024
/** Names of places kept until the next change. */
const places_max = 50_000
const base_layers_max = 30
const base_features_max = 500_000
/** More changed assets than this are read quicker by reading all. */
const applied_max = 100_000
/** Viewers hear of one change for each lifeline and owner; of more, one for all. */
const told_max = 50

/** Registers the census' routes. The index is empty until the first `reload`. */
export function installCensus(app: App): Census {
  const byId = new Map(app.lifelines.map((lifeline) => [lifeline.id, lifeline]))
  const classOf = (lifeline: string) => byId.get(lifeline)?.class_code ?? "QT"
  let index = emptyIndex()
  let sources: Sources = { index, blocks: blocksOf(index.columns), classOf }
  let streets: Streets = streetsOf([], [])
  let base: { names: string[]; version: string } = { names: [], version: "" }
  let baseIndex: Promise<Record<string, BaseLayerIndex>> | null = null
  let revision = 0
  /** Reloads and changes go one after the other. */
  let turn: Promise<unknown> = Promise.resolve()
  const places = new Map<string, Words>()
  const cache = tileCache(tile_cache_bytes)
  const baseCache = tileCache(tile_cache_bytes)
  const search = createSearch()
  const next = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined) // Who asked hears of the failure; the next one does its own work.
    return mine
  }

  async function reload(): Promise<void> {
    const { db, pool } = app.sql
    const columns = newColumns(index.columns.live)
    const reader = rowReader(columns)
    await streamAssets(pool, reader.take)
    reader.end()
    columns.trim()
    const [areas, layers] = await Promise.all([store.allAreas(db), store.baseLayerNames(db)])
    if (layers.version !== base.version) {
      const named = await store.baseLayers(db, ["road", "label"])
      streets = streetsOf(named.road ?? [], named.label ?? [])
      baseIndex = null
      baseCache.clear()
      base = layers
    }
    if (revision === 0) await gisViews()
    const blocks = blocksOf(columns)
    index = cityIndex(columns, areas)
    sources = { index, blocks, classOf }
    for (const block of blocks.all()) {
      blocks.prepare(block)
      await giveWay()
    }
    places.clear()
    cache.clear()
    if (revision++ > 0)
      app.events.tell({ kind: "asset", id: 0, owner_id: null, lifeline: null, area_ids: [], action: "reload" })
  }

  /** Views for a desktop GIS are a service beside the others: without the right to make them the city goes on. */
  async function gisViews(): Promise<void> {
    const trouble = "gis-views"
    try {
      await transaction(app.sql.db, makeGisViews)
      app.troubles.clear(trouble)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      app.troubles.raise(trouble, {
        zh: `供桌面 GIS 使用的视图没有建成：${reason}`,
        en: `The views for desktop GIS could not be made: ${reason}`,
      })
    }
  }

  async function applied(asset_ids: Iterable<number>): Promise<Applied> {
    const ids = [...new Set(asset_ids)]
    const before = cache.count
    if (ids.length > applied_max) {
      await reload()
      return { changed: ids.length, gone: 0, box: index.bounds, tiles_dropped: before, tiles_kept: 0 }
    }
    const read = newColumns(ids.length)
    const reader = rowReader(read)
    await streamAssets(app.sql.pool, reader.take, ids)
    reader.end()
    const areas = await store.allAreas(app.sql.db)
    const { columns } = index
    const groups = new Set<number>()
    const old = ids.flatMap((id) => index.rowOf(id) ?? [])
    for (const row of old) groups.add(columns.groupNumber(row))
    const there = new Set<number>()
    for (let row = 0; row < read.rows; row++) {
      there.add(read.id(row))
      groups.add(columns.groupNumber(columns.add(read.input(row))))
    }
    const gone = ids.filter((id) => !there.has(id))
    const boxes = index.follow(gone, areas)
    const far = sources.blocks.follow(old)
    const dropped = cache.dropTouched(boxes, stroke_zoom_max + 1) + cache.dropTouched(far, 0, stroke_zoom_max)
    places.clear()
    revision++
    const box = boxes.length > 0 ? boxes.reduce(around) : null
    if (box) tellChange(box, groups)
    return { changed: there.size, gone: gone.length, box, tiles_dropped: dropped, tiles_kept: before - dropped }
  }

  /** Everybody who sees some of the changed assets hears where they are, and nobody else. */
  function tellChange(box: Box, groups: ReadonlySet<number>): void {
    const heard = new Map<string, { owner_id: number | null; lifeline: string; area_ids: Set<number> }>()
    for (const number of groups) {
      const { owner_id, lifeline, area_ids } = index.columns.groups[number]!
      const key = `${lifeline} ${owner_id}`
      const known = heard.get(key) ?? { owner_id, lifeline, area_ids: new Set<number>() }
      for (const id of area_ids) known.area_ids.add(id)
      heard.set(key, known)
    }
    const action = `changed:${box.map((degrees) => degrees.toFixed(6)).join()}`
    const tell = { kind: "asset" as const, id: 0, action }
    if (heard.size > told_max) app.events.tell({ ...tell, owner_id: null, lifeline: null, area_ids: [] })
    else
      for (const { owner_id, lifeline, area_ids } of heard.values())
        app.events.tell({ ...tell, owner_id, lifeline, area_ids: [...area_ids] })
  }

  /** Lays out the base map layer by layer, so that only one is in memory as objects. */
  async function layOutBase(): Promise<Record<string, BaseLayerIndex>> {
    const layers: Record<string, BaseLayerIndex> = {}
    for (const name of base.names) {
      const read = await store.baseLayers(app.sql.db, [name])
      layers[name] = baseLayerIndex(read[name] ?? [])
    }
    return layers
  }

  const census: Census = {
    importAssets: (tx, input) =>
      importAssets(tx, {
        ...input,
        valid_from: input.valid_from ?? app.clock.now(),
        recorded_at: app.clock.wall(),
      }),
    setBaseMap: (tx, layers) => store.replaceBaseMap(tx, checkedLayers(layers)),
    reload: () => next(reload),
    applied: (asset_ids) => next(() => applied(asset_ids)),
    assetsOfBatches: (batch_ids) => assetsOfBatches(app.sql.db, batch_ids),
    asset: (id) => index.asset(id),
    assets: () => index.all(),
    assetCount: () => index.columns.live,
    assetByCode: (lifeline, code) => index.byCode(lifeline, code),
    area: (id) => index.areas.get(id),
    areaByCode: (code) => index.areaByCode(code),
    areas: () => index.areas.values() as IterableIterator<never>,
    areasOf: (asset_id) => [...(index.asset(asset_id)?.area_ids ?? [])],
    nearest: (place, query) => index.nearest(place, query),
    within: (box, limit) => index.rowsWithin(box).slice(0, limit).map(index.assetAt),
    placeWords(place) {
      const key = `${place[0]},${place[1]}`
      const words = places.get(key) ?? placeWords(place, streets, index)
      if (places.size < places_max) places.set(key, words)
      return words
    },
    bounds: () => index.bounds,
    center: () => index.center,
    hasBaseMap: () => base.names.length > 0,
    async baseTile(at) {
      baseIndex ??= layOutBase()
      const building = baseIndex
      const layers = await building.catch((error: unknown) => {
        if (baseIndex === building) baseIndex = null // The next request tries again.
        throw error
      })
      return baseCache.get("base", at, () => drawBase(layers, at))
    },
    censusTile: (scopes, at) =>
      cache.get(`census ${keyDigest(scopeKey(scopes))}`, at, () => censusTile(sources, scopes, at)),
    pastTile: (scopes, at, time) => pastTile(app.sql.db, scopes, at, time, classOf),
    tile: (name, scopes, at, draw) =>
      cache.get(`${name} ${keyDigest(scopeKey(scopes))}`, at, () => {
        const rows = rowsForTile(sources, at, seenBy(scopes, index.columns), budget.lines)
        return drawTile(at, draw(rows.map(index.assetAt)))
      }),
    legend: (scopes) => legendOf(app.lifelines, index, scopes),
    search: (scopes, text, limit) => search.find(index, streets, scopes, text, limit),
    revision: () => revision,
  }
  censusRoutes(app, census)
  return census
}

const giveWay = () => sleep(0)
const around = (a: Box, b: Box): Box => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
]

/** Long lists of areas must not make long keys. */
const keyDigest = (key: string): string =>
  key.length <= 100 ? key : createHash("sha1").update(key).digest("base64url")

function checkedLayers(layers: Record<string, BaseLayer>): Record<string, Feature[]> {
  const refuse = (zh: string, en: string, value: unknown): never => {
    throw new ProblemError(problem("base-map-refused", 422, zh, en, { field: "layers", value }))
  }
  const names = Object.keys(layers)
  if (names.length > base_layers_max)
    refuse(`底图图层多于 ${base_layers_max} 个`, `More than ${base_layers_max} layers`, names.length)
  return Object.fromEntries(
    Object.entries(layers).map(([name, layer]) => {
      const features = "features" in layer ? layer.features : layer
      if (!/^[a-z_]{1,30}$/.test(name) || !Array.isArray(features) || features.length > base_features_max)
        refuse(
          `底图图层 ${name} 应为小写名称，且为至多 ${base_features_max} 个要素的列表`,
          `Base layer ${name} needs a lower-case name and a list of at most ${base_features_max} features`,
          name,
        )
      return [name, features as Feature[]]
    }),
  )
}
