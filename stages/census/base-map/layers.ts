/** Files of a city's streets as layers of the base map: an OSM extract, or GeoJSON, GeoPackage and Shapefile layers. */
import type { Cell, Table, TableGeometry } from "../../../platform/tables/index.ts"
import type { AnyGeometry, Feature } from "../places.ts"

export type BaseLayers = Record<string, Feature[]>

/** Layers the console draws, by words that a file's layer or table is called by. */
const layer_words: [layer: string, words: RegExp][] = [
  ["road", /road|street|highway|道路|街道|路网/i],
  ["building", /building|house|建筑|房屋/i],
  ["rail", /rail|铁路|轨道/i],
  ["water", /water|river|lake|stream|水系|水面|河/i],
  ["landuse", /landuse|green|park|用地|绿地/i],
  ["label", /label|place|poi|地名|注记/i],
]
/** Classes of OpenStreetMap and of city files as the four widths the map draws. */
const road_classes: [drawn: string, words: RegExp][] = [
  ["a", /^(a|motorway|trunk|primary|express|arterial|快速路|主干路)/i],
  ["b", /^(b|secondary|次干路)/i],
  ["c", /^(c|tertiary|unclassified|residential|local|living_street|支路)/i],
]

/** Layer that a table is drawn in; null for tables the base map has no use for. */
export const layerOf = (table: Pick<Table, "name" | "file">): string | null =>
  layer_words.find(([, words]) => words.test(table.name) || words.test(table.file))?.[0] ?? null

/** Features of a table in WGS 84 degrees; rows without geometry are left out. */
export function featuresOf(table: Table, layer: string): Feature[] {
  const columns = table.columns ?? []
  const column = (name: RegExp) => table.cells[columns.findIndex((word) => name.test(word))]
  const [name, name_en, kind, width] = [
    column(/^(name|name_zh|名称|道路名称)$/i),
    column(/^name[_:]en$/i),
    column(/^(class|kind|type|fclass|highway|等级|类型)$/i),
    column(/^(width_m|width|宽度)$/i),
  ]
  const features: Feature[] = []
  for (let i = 0; i < table.rows.length; i++) {
    const geometry = table.geometry?.[i]
    if (!geometry) continue
    const properties: Record<string, Cell> = drawnAs(layer, text(kind?.[i]), geometry)
    const [zh, en, width_m] = [text(name?.[i]), text(name_en?.[i]), Number(width?.[i] ?? Number.NaN)]
    if (zh !== "") Object.assign(properties, { name: zh, name_zh: zh, ...(en !== "" && { name_en: en }) })
    if (width_m > 0) properties.width_m = width_m
    features.push({ type: "Feature", geometry: geometry as AnyGeometry, properties })
  }
  return features
}

/** Whether a table's coordinates are degrees, which is all the base map takes. */
export const inDegrees = ({ crs, geometry }: Table): boolean => {
  const first = geometry?.find((one) => one !== null)
  const [x, y] = first ? (JSON.stringify(first.coordinates).match(/-?[\d.]+(e-?\d+)?/gi) ?? []).map(Number) : []
  const named = crs && "epsg" in crs ? [4326, 4490].includes(crs.epsg) : true
  return named && x !== undefined && y !== undefined && Math.abs(x) <= 180 && Math.abs(y) <= 90
}

function drawnAs(layer: string, kind: string, geometry: TableGeometry): Record<string, Cell> {
  if (layer === "road") return { class: road_classes.find(([, words]) => words.test(kind))?.[0] ?? "lane", kind }
  // A river that is a line would be filled along its chord: it is drawn as a bank.
  if (layer === "water" && geometry.type === "LineString") return { kind: "bank" }
  if (layer === "label") return { kind: /^(river|lake|water)/i.test(kind) ? "water" : "place" }
  return kind === "" ? {} : { kind }
}

const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? "" : String(cell).trim())
