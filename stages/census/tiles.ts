/** Map tiles: Mapbox Vector Tiles 2.1 cut from GeoJSON, and a cache of finished tiles. */
import { createHash } from "node:crypto"
import GeoJSONVT from "geojson-vt"
// @ts-expect-error The package has no types; what we use of it is written down in `Encode`.
import vtPbf from "vt-pbf"
import { covers, type Geometry, type Scope } from "../../model/index.ts"
import type { CensusAsset } from "./city-index.ts"
import type { Box } from "./geometry.ts"
import { type Feature, namesOf } from "./places.ts"

export type TileAt = { z: number; x: number; y: number }
export type TileValue = string | number | boolean | null
export type TileFeature = { id?: number; geometry: Geometry; properties: Record<string, TileValue> }
/** A finished tile; no bytes where nothing lies in it. */
export type Tile = { bytes: Uint8Array; etag: string }
type Encode = { fromGeojsonVt(layers: object, options: { version: number; extent: number }): Uint8Array }

/** Deeper zooms are drawn by the client from this one: a unit of 1/4096 is 15 cm there. */
export const tile_zoom_max = 16
const extent = 4096
const buffer = 64
const tolerance_px = 3
/** A tile with more features than this shows the first ones only; wells and valves come after pipes. */
const tile_features_max = 60_000

/** Longitudes and latitudes of a tile, with its buffer. */
export function tileBox({ z, x, y }: TileAt): Box {
  const n = 2 ** z
  const edge = buffer / extent
  const lat = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / n))) * 180) / Math.PI
  const lon = (column: number) => (column / n) * 360 - 180
  return [lon(x - edge), lat(y + 1 + edge), lon(x + 1 + edge), lat(y - edge)]
}

/** Draws one tile of features that lie in or near it. */
export function drawTile(at: TileAt, layers: Record<string, TileFeature[]>): Tile {
  const drawn = Object.entries(layers).map(([name, features]) => {
    if (features.length === 0) return [name, null] as const
    const index = new GeoJSONVT(collection(features.slice(0, tile_features_max)), { ...options, indexMaxZoom: 0 })
    return [name, index.getTile(at.z, at.x, at.y)] as const
  })
  return encode(drawn)
}

/** The base map as tiles: an index for each layer, built from its GeoJSON at the first call. */
export function baseTiles(layers: Record<string, Feature[]>): (at: TileAt) => Tile {
  const indexes = Object.entries(layers).map(([name, features]) => {
    const flat = features.filter((f) => f.geometry !== null).map((f) => ({ ...f, properties: flatProperties(f) }))
    return [name, new GeoJSONVT(collection(flat as never), options)] as const
  })
  return (at) => encode(indexes.map(([name, index]) => [name, index.getTile(at.z, at.x, at.y)] as const))
}

const options = { maxZoom: tile_zoom_max, tolerance: tolerance_px, extent, buffer, indexMaxZoom: 5 }
const collection = (features: TileFeature[]) =>
  ({ type: "FeatureCollection", features: features.map((f) => ({ type: "Feature", ...f })) }) as GeoJSON.GeoJSON
const nothing: Tile = { bytes: new Uint8Array(0), etag: '"empty"' }

function encode(layers: (readonly [string, { features: unknown[] } | null])[]): Tile {
  const filled = layers.filter(([, tile]) => (tile?.features.length ?? 0) > 0)
  if (filled.length === 0) return nothing
  const bytes = (vtPbf as Encode).fromGeojsonVt(Object.fromEntries(filled), { version: 2, extent })
  return { bytes, etag: `"${createHash("sha1").update(bytes).digest("base64url")}"` }
}

function flatProperties(feature: Feature): Record<string, TileValue> {
  const flat: Record<string, TileValue> = {}
  for (const [key, value] of Object.entries(feature.properties ?? {}))
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") flat[key] = value
  const name = namesOf(feature)
  return name ? { ...flat, name: name.zh, name_zh: name.zh, name_en: name.en } : flat
}

/** Source-layers line, point and area of the census tile. */
export function censusLayers(assets: readonly CensusAsset[], classOf: (lifeline: string) => string) {
  const layers: Record<"line" | "point" | "area", TileFeature[]> = { line: [], point: [], area: [] }
  for (const asset of assets) {
    const { id, lifeline, kind, code, name, geometry, dn_mm } = asset
    const layer = geometry.type === "Point" ? "point" : geometry.type === "LineString" ? "line" : "area"
    const properties = { id, lifeline, kind, class: classOf(lifeline), code, name, dn: dn_mm }
    layers[layer].push({ id, geometry, properties })
  }
  return layers
}

/** Finished tiles by key, the least used leaving first once they hold more than `bytes_max`. */
export function tileCache(bytes_max: number) {
  const tiles = new Map<string, Tile>()
  let bytes = 0
  const entry_bytes = 200
  const drop = (key: string, tile: Tile) => {
    tiles.delete(key)
    bytes -= tile.bytes.length + entry_bytes
  }
  return {
    get bytes() {
      return bytes
    },
    get(key: string, make: () => Tile): Tile {
      const found = tiles.get(key)
      const tile = found ?? make()
      if (found) drop(key, found)
      tiles.set(key, tile)
      bytes += tile.bytes.length + entry_bytes
      for (const [oldest, value] of tiles) {
        if (bytes <= bytes_max || oldest === key) break
        drop(oldest, value)
      }
      return tile
    },
    clear() {
      tiles.clear()
      bytes = 0
    },
  }
}

/** Callers with the same key see the same tiles. */
export const scopeKey = (scopes: readonly Scope[]): string =>
  scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")
    ? "all"
    : [...new Set(scopes.map((s) => JSON.stringify([s.organisations, s.lifelines, s.areas])))].sort().join()

export const visible = (scopes: readonly Scope[], assets: readonly CensusAsset[]): CensusAsset[] =>
  scopeKey(scopes) === "all" ? [...assets] : assets.filter((asset) => covers(scopes, asset))
