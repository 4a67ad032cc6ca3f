/** What the census offers to the wiring and to later stages. */
import type { LonLat, Scope, Words } from "../../model/index.ts"
import type { Tx } from "../../platform/sql/index.ts"
import type { CensusArea, CensusAsset, Near, NearQuery } from "./city-index.ts"
import type { Box } from "./geometry.ts"
import type { Imported, ImportInput } from "./import.ts"
import type { Tile, TileAt, TileFeature } from "./tiles.ts"

/** One layer of the base map; a FeatureCollection or its features. */
export type BaseLayer = { features: readonly object[] } | readonly object[]

export type Census = {
  /**
   * Takes an import inside `tx`; a ProblemError names the first blocking problem. Call `reload` after the commit.
   * `valid_from` is since when it is true in the world, by default the city time.
   */
  importAssets(
    tx: Tx,
    input: Omit<ImportInput, "valid_from" | "recorded_at"> & { valid_from?: number },
  ): Promise<Imported>
  /** Replaces the base map inside `tx`; call `reload` after the commit. */
  setBaseMap(tx: Tx, layers: Record<string, BaseLayer>): Promise<void>
  /** Reads the current assets, areas and streets into memory; tiles and nearest answers follow. */
  reload(): Promise<void>
  asset(id: number): CensusAsset | undefined
  assets(): IterableIterator<CensusAsset>
  assetByCode(lifeline: string, code: string): CensusAsset | undefined
  area(id: number): CensusArea | undefined
  areaByCode(code: string): CensusArea | undefined
  areas(): IterableIterator<CensusArea>
  areasOf(asset_id: number): number[]
  /** Nearest first; metres to the nearest part of each. Without scope: it serves stages, not people. */
  nearest(place: LonLat, query: NearQuery): Near[]
  placeWords(place: LonLat): Words
  bounds(): Box | null
  /** The densest part of the city. */
  center(): LonLat | null
  hasBaseMap(): boolean
  baseTile(at: TileAt): Promise<Tile>
  /** A tile of what `scopes` may see, drawn once for each `name`, scope and place until the next reload. */
  tile(
    name: string,
    scopes: readonly Scope[],
    at: TileAt,
    draw: (assets: CensusAsset[]) => Record<string, TileFeature[]>,
  ): Tile
  /** Grows with every reload. */
  revision(): number
}
