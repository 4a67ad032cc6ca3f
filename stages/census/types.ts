/** What the census offers to the wiring and to later stages. */
import type { LonLat, Scope, Words } from "../../model/index.ts"
import type { Tx } from "../../platform/sql/index.ts"
import type { CensusArea, CensusAsset, Near, NearQuery } from "./city-index.ts"
import type { Box } from "./geometry.ts"
import type { Imported, ImportInput } from "./import.ts"
import type { LegendEntry } from "./map/legend.ts"
import type { Found } from "./search/index.ts"
import type { Tile, TileAt, TileFeature } from "./tiles.ts"

/** One layer of the base map; a FeatureCollection or its features. */
export type BaseLayer = { features: readonly object[] } | readonly object[]

/** What a change of some assets meant for the map. */
export type Applied = {
  /** Assets that are there now, and that are no longer. */
  changed: number
  gone: number
  /** Round all that looks otherwise now; null where nothing does. */
  box: Box | null
  tiles_dropped: number
  tiles_kept: number
}

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
  /**
   * Reads what is now true of these assets (added, changed, ended or gone), after the commit that changed them. Only tiles
   * that they touch, before or after, are drawn anew; viewers hear the box as the action `changed:west,south,east,north`.
   * More than 100,000 assets are a reload.
   */
  applied(asset_ids: Iterable<number>): Promise<Applied>
  /** Ids of the assets that these batches added, changed, ended or undid: what `applied` is to be told. */
  assetsOfBatches(batch_ids: readonly number[]): Promise<number[]>
  asset(id: number): CensusAsset | undefined
  /** Every current asset; each is made as it is reached, so one should not be kept longer than needed. */
  assets(): IterableIterator<CensusAsset>
  assetCount(): number
  assetByCode(lifeline: string, code: string): CensusAsset | undefined
  area(id: number): CensusArea | undefined
  areaByCode(code: string): CensusArea | undefined
  areas(): IterableIterator<CensusArea>
  areasOf(asset_id: number): number[]
  /** Nearest first; metres to the nearest part of each. Without scope: it serves stages, not people. */
  nearest(place: LonLat, query: NearQuery): Near[]
  /** Assets whose boxes touch the box, at most `limit`. Without scope: it serves stages, not people. */
  within(box: Box, limit: number): CensusAsset[]
  placeWords(place: LonLat): Words
  bounds(): Box | null
  /** The densest part of the city. */
  center(): LonLat | null
  hasBaseMap(): boolean
  baseTile(at: TileAt): Promise<Tile>
  /** The census' own tile of what `scopes` may see. */
  censusTile(scopes: readonly Scope[], at: TileAt): Tile
  /** The same as it was at `time` (city time, UTC ms), from the database; at most 20,000 assets, no points below zoom 14. */
  pastTile(scopes: readonly Scope[], at: TileAt, time: number): Promise<Tile>
  /**
   * A tile of what `scopes` may see, drawn once for each `name`, scope and place until something in it changes. `draw` is
   * given at most 8,000 assets, from afar the widest lines.
   */
  tile(
    name: string,
    scopes: readonly Scope[],
    at: TileAt,
    draw: (assets: CensusAsset[]) => Record<string, TileFeature[]>,
  ): Tile
  /** Lifelines and kinds that `scopes` see, with counts, colours and symbols. */
  legend(scopes: readonly Scope[]): LegendEntry[]
  /** Assets, areas, streets and coordinates that fit a text, best first; at most 50. */
  search(scopes: readonly Scope[], text: string, limit: number): Promise<Found[]>
  /** Grows with every reload and every change. */
  revision(): number
}
