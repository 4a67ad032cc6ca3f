/** Tiles of the past, from the database's versions. */
import type { Scope } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import { drawTile, type Tile, type TileAt, type TileFeature, tileBox } from "../tiles.ts"
import { pastAssets } from "./store.ts"
import { stroke_zoom_max } from "./strokes.ts"

const past_assets_max = 20_000

/**
 * The census tile as it was at `time` (UTC ms of the city's time), as far as the scopes reach today. At most 20,000
 * assets, and no points from afar.
 */
export async function pastTile(
  db: Db,
  scopes: readonly Scope[],
  at: TileAt,
  time: number,
  classOf: (lifeline: string) => string,
): Promise<Tile> {
  const lines = at.z <= stroke_zoom_max
  const assets = await pastAssets(db, scopes, tileBox(at), time, { lines, limit: past_assets_max })
  const layers: Record<"line" | "point" | "area", TileFeature[]> = { line: [], point: [], area: [] }
  for (const { id, lifeline, kind, code, name, geometry, dn_mm } of assets) {
    const layer = geometry.type === "Point" ? "point" : geometry.type === "LineString" ? "line" : "area"
    const properties = { id, lifeline, kind, class: classOf(lifeline), code, name, dn: dn_mm }
    layers[layer].push({ id, geometry, properties })
  }
  return drawTile(at, layers)
}
