/** Features as tables of files: columns from the declarations, rows as they come from the database. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { Geometry, LonLat, Scope } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import type { ExportColumn, ExportOptions, ExportRow, ExportTable } from "../../../platform/tables/index.ts"
import { middleOf, positionsOf } from "../geometry.ts"
import { type Collection, propertiesOf, propertyValues } from "./collections.ts"
import { type ExportAsk, type Grid, selectionOf } from "./export-request.ts"
import * as store from "./store.ts"

/** Rows asked of the database at a time. */
const chunk_rows = 2_000
/** Decimals of degrees (a millimetre) and of metres. */
const decimals = { degrees: 8, metres: 4 }

export type Counted = { collection: Collection; count: number }

/** Collections that have something of what is asked for, with how much. */
export async function countCollections(
  db: Db,
  ask: ExportAsk,
  collections: readonly Collection[],
  scopes: readonly Scope[],
): Promise<Counted[]> {
  const counted: Counted[] = []
  for (const collection of collections) {
    const count = await store.countFeatures(db, selectionOf(ask, collection, scopes))
    if (count > 0) counted.push({ collection, count })
  }
  return counted
}

/** One table for each collection; a single one with the names of the collections where the format knows no more. */
export function exportTables(
  db: Db,
  ask: ExportAsk,
  counted: readonly Counted[],
  scopes: readonly Scope[],
  grid: Grid,
): ExportTable[] {
  const with_geometry = ask.format !== "xlsx"
  const rowsOf = (one: Counted) => featureRows(db, ask, one, scopes, grid)
  const whole = ask.format === "csv" || ask.format === "geojson"
  if (!whole)
    return counted.map((one) => ({
      name: one.collection.id,
      columns: columnsOf([one.collection], ask),
      rows: rowsOf(one),
      with_geometry,
    }))
  const columns = columnsOf(
    counted.map((one) => one.collection),
    ask,
  )
  const rows = (async function* () {
    for (const one of counted) yield* rowsOf(one)
  })()
  return [{ name: "census", columns, rows, with_geometry }]
}

/** Coordinates that a table without geometry is given. */
const place_columns: ExportColumn[] = [
  { name: "lon", title: "经度 lon", type: "number" },
  { name: "lat", title: "纬度 lat", type: "number" },
  { name: "geometry", title: "几何 geometry (WKT)", type: "text" },
]

function columnsOf(collections: readonly Collection[], ask: ExportAsk): ExportColumn[] {
  const columns = new Map<string, ExportColumn>()
  const add = (column: ExportColumn) => {
    const known = columns.get(column.name)
    if (!known) columns.set(column.name, column)
    // Two kinds may declare an attribute of one name differently: as a text it holds both.
    else if (known.type !== column.type) columns.set(column.name, { ...known, type: "text" })
  }
  add({ name: "id", type: "integer" })
  add({ name: "collection", type: "text", bytes: 60 })
  for (const collection of collections)
    for (const { name, title, type } of propertiesOf(collection))
      add({
        name,
        ...(ask.format === "xlsx" && { title }),
        ...(type === "time" ? { type: "text" as const, bytes: 24 } : { type }),
      })
  if (ask.format === "xlsx") for (const column of place_columns) add(column)
  return [...columns.values()]
}

/** Rows of a collection in the order of ids, in pages, so that no transaction is held for long. */
async function* featureRows(
  db: Db,
  ask: ExportAsk,
  { collection, count }: Counted,
  scopes: readonly Scope[],
  grid: Grid,
): AsyncGenerator<ExportRow> {
  const selection = selectionOf(ask, collection, scopes)
  const properties = propertiesOf(collection)
  // Of more than a page the rest is found by going on along the ids, once through the collection in all.
  const share = count > chunk_rows ? 1 : 0
  for (let after = 0; ; ) {
    const rows = await store.features(db, selection, { after, rows_max: chunk_rows, share })
    for (const row of rows) {
      const lon_lats = JSON.parse(row.geometry) as Geometry
      const geometry = inGrid(lon_lats, grid)
      const values = { id: row.id, collection: collection.id, ...propertyValues(properties, row) }
      if (ask.format !== "xlsx") yield { geometry, properties: values }
      else {
        const [lon, lat] = middleOf(lon_lats)
        yield { geometry: null, properties: { ...values, lon, lat, geometry: wktOf(geometry) } }
      }
    }
    if (rows.length < chunk_rows) return
    after = rows.at(-1)!.id
  }
}

/** Easting first, as files for geographic programs have it. */
function inGrid(geometry: Geometry, { system }: Grid): Geometry {
  const digits = system ? decimals.metres : decimals.degrees
  const place = (lon_lat: LonLat): LonLat => {
    const [north, east] = system ? system.fromLonLat(lon_lat) : [lon_lat[1], lon_lat[0]]
    return [Number(east.toFixed(digits)), Number(north.toFixed(digits))]
  }
  if (geometry.type === "Point") return { type: "Point", coordinates: place(geometry.coordinates) }
  if (geometry.type === "LineString") return { type: "LineString", coordinates: geometry.coordinates.map(place) }
  return { type: "Polygon", coordinates: geometry.coordinates.map((ring) => ring.map(place)) }
}

function wktOf(geometry: Geometry): string {
  const text = (positions: LonLat[]) => positions.map((position) => position.join(" ")).join(", ")
  if (geometry.type === "Polygon")
    return `POLYGON (${geometry.coordinates.map((ring) => `(${text(ring)})`).join(", ")})`
  return `${geometry.type === "Point" ? "POINT" : "LINESTRING"} (${text(positionsOf(geometry))})`
}

/** Colours of drawings by class of utility, after the usage of CJJ 61; editable defaults. */
const class_colors: Record<string, string> = {
  JS: "#0000ff",
  PS: "#804000",
  YS: "#804000",
  WS: "#804000",
  RQ: "#ff00ff",
  RL: "#ff8000",
  DL: "#ff0000",
  TX: "#00ff00",
  GY: "#808080",
}

/** A layer of drawings for each collection, in the colour of its class; codes stand beside the things. */
export function drawingOptions(lifelines: readonly Lifeline[], grid: Grid): Pick<ExportOptions, "layerOf" | "labelOf"> {
  const classes = new Map(lifelines.map((lifeline) => [lifeline.id, lifeline.class_code]))
  // Letters a metre high, about, in a drawing of either unit.
  const height = grid.system ? 1 : 0.00001
  return {
    layerOf: (_row, table) => {
      const class_code = classes.get(table.split(".")[0] ?? "") ?? "QT"
      return { name: `${class_code}_${table.replace(".", "_")}`, color: class_colors[class_code] ?? "#ffffff" }
    },
    labelOf: ({ properties }) =>
      typeof properties.code === "string" && properties.code !== "" ? { text: properties.code, height } : null,
  }
}
