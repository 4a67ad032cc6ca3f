/** Map tiles of features given as objects, and who sees the same tile. The census' own rows are drawn by map/. */
import { createHash } from "node:crypto"
import { covers, type Geometry, type LonLat, type Scope } from "../../model/index.ts"
import type { CensusAsset } from "./city-index.ts"
import type { Box } from "./geometry.ts"
import type { Flat } from "./map/clip.ts"
import { latOf, lonOf } from "./map/mercator.ts"
import { buffer, extent, type LayerWriter, type TileValue, tileWriter } from "./map/mvt.ts"
import { type Frame, frameOf, type TileAt } from "./map/project.ts"

export type { TileValue } from "./map/mvt.ts"
export { type TileAt, tile_zoom_max } from "./map/project.ts"

export type TileFeature = { id?: number; geometry: Geometry; properties: Record<string, TileValue> }
/** A finished tile; no bytes where nothing lies in it. */
export type Tile = { bytes: Uint8Array; etag: string }

/** A tile with more features or bytes than this shows the first ones only. */
const tile_features_max = 60_000
const tile_bytes_max = 2 * 1024 * 1024

/** Longitudes and latitudes of a tile, with its buffer. */
export function tileBox({ z, x, y }: TileAt): Box {
  const n = 2 ** z
  const edge = buffer / extent
  return [lonOf((x - edge) / n), latOf((y + 1 + edge) / n), lonOf((x + 1 + edge) / n), latOf((y - edge) / n)]
}

/** Draws one tile of features that lie in or near it. */
export function drawTile(at: TileAt, layers: Record<string, readonly TileFeature[]>): Tile {
  const frame = frameOf(at)
  const writer = tileWriter()
  for (const [name, features] of Object.entries(layers)) {
    const layer = writer.layer(name)
    for (const feature of features) {
      if (layer.count >= tile_features_max || layer.bytes >= tile_bytes_max) break
      drawFeature(layer, frame, feature)
    }
  }
  return finished(writer.finish())
}

function drawFeature(layer: LayerWriter, frame: Frame, { id, geometry, properties }: TileFeature): void {
  const flat = (line: readonly LonLat[]): Flat => {
    const points: Flat = []
    for (const [lon, lat] of line) points.push(frame.x(lon), frame.y(lat))
    return points
  }
  const tell = () => {
    for (const key in properties) layer.property(key, properties[key])
  }
  if (geometry.type === "Point") {
    const [x, y] = [frame.x(geometry.coordinates[0]), frame.y(geometry.coordinates[1])]
    if (!frame.holds(x, y)) return
    tell()
    layer.point(id, x, y)
  } else if (geometry.type === "LineString") {
    const parts = frame.parts(flat(geometry.coordinates))
    if (parts.length === 0) return
    tell()
    layer.line(id, parts)
  } else {
    const rings = geometry.coordinates.map((ring) => frame.ring(flat(ring)))
    if ((rings[0]?.length ?? 0) === 0) return
    tell()
    layer.area(id, rings)
  }
}

const nothing: Tile = { bytes: new Uint8Array(0), etag: '"empty"' }

/** A tile with the name of its content. */
export function finished(bytes: Uint8Array): Tile {
  if (bytes.length === 0) return nothing
  return { bytes, etag: `"${createHash("sha1").update(bytes).digest("base64url")}"` }
}

/** Callers with the same key see the same tiles. */
export const scopeKey = (scopes: readonly Scope[]): string =>
  scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")
    ? "all"
    : [...new Set(scopes.map((s) => JSON.stringify([s.organisations, s.lifelines, s.areas])))].sort().join()

export const visible = (scopes: readonly Scope[], assets: readonly CensusAsset[]): CensusAsset[] =>
  scopeKey(scopes) === "all" ? [...assets] : assets.filter((asset) => covers(scopes, asset))
