/** Census (普查): what the city has, in versions; its map, its places in words, and who may see what of it. */
import { createHash } from "node:crypto"
import { ProblemError, problem, type Words } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cityIndex } from "./city-index.ts"
import { importAssets } from "./import.ts"
import { type Feature, placeWords, type Streets, streetsOf } from "./places.ts"
import { censusRoutes } from "./routes.ts"
import * as store from "./store.ts"
import { baseTiles, drawTile, scopeKey, type Tile, type TileAt, tileBox, tileCache, visible } from "./tiles.ts"
import type { BaseLayer, Census } from "./types.ts"

export type { ImportProblem } from "./check.ts"
export type { CensusArea, CensusAsset, Near, NearQuery } from "./city-index.ts"
export { distanceM } from "./geometry.ts"
export type { Imported } from "./import.ts"
export type { Feature } from "./places.ts"
export { answerTile, tileParams } from "./routes.ts"
export { drawTile, scopeKey, type Tile, type TileAt, type TileFeature, tileBox } from "./tiles.ts"
export type { BaseLayer, Census } from "./types.ts"

const tile_cache_bytes = 32 * 1024 * 1024
/** Names of places kept until the next reload. */
const places_max = 50_000
const base_layers_max = 30
const base_features_max = 500_000

/** Registers the census' routes. The index is empty until the first `reload`. */
export function installCensus(app: App): Census {
  let index = cityIndex([], [])
  let streets: Streets = streetsOf([], [])
  let baseNames: string[] = []
  let base: Promise<(at: TileAt) => Tile> | null = null
  let revision = 0
  const places = new Map<string, Words>()
  const cache = tileCache(tile_cache_bytes)
  const baseCache = tileCache(tile_cache_bytes)

  const census: Census = {
    importAssets: (tx, input) =>
      importAssets(tx, {
        ...input,
        valid_from: input.valid_from ?? app.clock.now(),
        recorded_at: app.clock.wall(),
      }),
    setBaseMap: (tx, layers) => store.replaceBaseMap(tx, checkedLayers(layers)),
    async reload() {
      const { db } = app.sql
      const [assets, areas, names, named] = await Promise.all([
        store.allAssets(db),
        store.allAreas(db),
        store.baseLayerNames(db),
        store.baseLayers(db, ["road", "label"]),
      ])
      index = cityIndex(assets, areas)
      streets = streetsOf(named.road ?? [], named.label ?? [])
      baseNames = names
      base = null
      places.clear()
      cache.clear()
      baseCache.clear()
      if (revision++ > 0)
        app.events.tell({ kind: "asset", id: 0, owner_id: null, lifeline: null, area_ids: [], action: "reload" })
    },
    asset: (id) => index.assets.get(id),
    assets: () => index.assets.values(),
    assetByCode: (lifeline, code) => index.byCode(lifeline, code),
    area: (id) => index.areas.get(id),
    areaByCode: (code) => index.areaByCode(code),
    areas: () => index.areas.values(),
    areasOf: (asset_id) => index.assets.get(asset_id)?.area_ids ?? [],
    nearest: (place, query) => index.nearest(place, query),
    placeWords(place) {
      const key = `${place[0]},${place[1]}`
      const words = places.get(key) ?? placeWords(place, streets, index)
      if (places.size < places_max) places.set(key, words)
      return words
    },
    bounds: () => index.bounds,
    center: () => index.center,
    hasBaseMap: () => baseNames.length > 0,
    async baseTile(at) {
      base ??= store.baseLayers(app.sql.db, baseNames).then(baseTiles)
      const building = base
      const draw = await building.catch((error: unknown) => {
        if (base === building) base = null // The next request tries again.
        throw error
      })
      return baseCache.get(`${at.z}/${at.x}/${at.y}`, () => draw(at))
    },
    tile(name, scopes, at, draw) {
      const key = `${name} ${at.z}/${at.x}/${at.y} ${keyDigest(scopeKey(scopes))}`
      return cache.get(key, () => drawTile(at, draw(visible(scopes, index.within(tileBox(at))))))
    },
    revision: () => revision,
  }
  censusRoutes(app, census)
  return census
}

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
