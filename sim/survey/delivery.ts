/** A delivery as a city gets it: a folder of workbooks, Shapefiles and CSV, with a list of the faults planted in it. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { all_classes } from "./classes.ts"
import { type District, makeDistrict } from "./district.ts"
import { faultsEach, plant, rowsAdded } from "./faults.ts"
import { pointNumbers } from "./network.ts"
import { makePlane, type Plane } from "./plane.ts"
import type { Edits, Fault, Ref } from "./planting.ts"
import { headerWord, type Style, shortWord, styles, tableName } from "./styles.ts"
import { codeTable, type DeliveryTable, deliveryTables } from "./tables.ts"
import { textFile, writeCsv } from "./write-csv.ts"
import { writeShapefile } from "./write-shp.ts"
import { type NamedTable, writeWorkbook } from "./write-xlsx.ts"

export const delivery_formats = ["xlsx", "shp", "csv"] as const
export type DeliveryFormat = (typeof delivery_formats)[number]
export type DeliveryOptions = {
  /** Points and lines together, planted rows included. */
  rows: number
  seed: number
  out: string
  sound: boolean
  /** Classes take turns among them. */
  formats: DeliveryFormat[]
  style: number
}
export type Planted = { table: string; row: number; rule: string; key: string; file: string; also: string }

/** Places on the plane, metres: the south-west corner of every invented district, near Hefei. */
export const corner = (plane: Plane) => ({
  north_m: 3_520_000,
  east_m: plane.prefix ? 39_515_000 : 515_000,
  ground_m: 18,
  streets_from: 0,
})
/** How far the district reaches beyond its outer streets; the longest sound pipe to the south ends 32 m out. */
const margin = { south: 40, north: 60, west: 60, east: 60 }

const noEdits = (): Edits => ({ points: new Map(), lines: new Map(), headers: new Map() })

/** Invents the network and the faults of a delivery; nothing is written. */
export function inventNetwork({
  rows,
  seed,
  sound,
  style,
}: Pick<DeliveryOptions, "rows" | "seed" | "sound" | "style">) {
  const plane = makePlane(styleOf(style).prefix)
  const each = faultsEach(rows)
  const district = makeDistrict({
    seed,
    rows: sound ? rows : rows - rowsAdded(each),
    spacing_m: 22,
    origin: corner(plane),
  })
  if (sound) return { district, plane, faults: [] as Fault[], edits: noEdits() }
  const numbers = pointNumbers(district.net, (code) => code)
  const { faults, edits } = plant(district, { seed, each, number: (p) => numbers[p]!, plane })
  return { district, plane, faults, edits }
}

function styleOf(number: number): Style {
  const style = styles[number]
  if (!style) throw new Error(`--style ${number} should be 0 … ${styles.length - 1}`)
  return style
}

/** Writes a delivery into the folder `out`, which is made where it is missing. */
export async function inventSurvey(
  options: DeliveryOptions,
): Promise<{ rows: number; planted: Planted[]; files: string[] }> {
  const style = styleOf(options.style)
  const { district, plane, faults, edits } = inventNetwork(options)
  const { out, formats } = options
  mkdirSync(out, { recursive: true })
  const wording = { material_codes: style.material_codes, flow: "0", status: "在用", prefix: (code: string) => code }
  const tables = deliveryTables(district.net, edits, options.seed, wording)
  const places = new Places(district, edits, faults)
  const files: string[] = []
  const put = (name: string) => {
    files.push(name)
    return join(out, name)
  }
  const sheets: NamedTable[] = []
  for (const table of tables) {
    const format = formatOf(table, formats)
    const named: NamedTable = { ...table, name: tableName(style, table.class_code, table.of), header: [] }
    named.header = header(named, style, format)
    if (format === "xlsx") sheets.push(named)
    else if (format === "csv") {
      const file = `${named.name}.csv`
      places.header(named, file, writeCsv(put(file), named, style, places.place(file)))
    } else {
      const file = `${named.name}.shp`
      writeShapefile(put(file).slice(0, -4), named, style, plane.wkt, places.place(file))
      places.header(named, file, 0)
    }
  }
  const codes = codeTable()
  if (sheets.length === 0) writeCodes(put("编码表.csv"), style, codes)
  const books = style.per_file ? sheets.map((sheet) => [sheet]) : sheets.length > 0 ? [sheets] : []
  for (const [n, book] of books.entries()) {
    const file = style.per_file ? `${book[0]!.name}.xlsx` : "管线普查成果.xlsx"
    const headers = await writeWorkbook(put(file), book, n === 0 ? codes : null, style, places.place(file))
    for (const table of book) places.header(table, file, headers.get(table.name)!)
  }
  writeFileSync(put("district.geojson"), JSON.stringify(districtFeature(district, plane)))
  const planted = places.planted()
  writePlanted(put("planted.csv"), planted)
  return { rows: tables.reduce((sum, t) => sum + t.rows, 0), planted, files }
}

/** A table with a header fault goes where headers are cells, if the delivery has such a format. */
function formatOf(table: DeliveryTable, formats: DeliveryFormat[]): DeliveryFormat {
  const class_no = all_classes.findIndex((c) => c.code === table.class_code)
  const able = table.header_fault ? formats.filter((f) => f !== "shp") : []
  const from = able.length > 0 ? able : formats
  return from[class_no % from.length]!
}

function header(table: NamedTable, style: Style, format: DeliveryFormat): string[] {
  const words = table.fields.map(({ id }) => (format === "shp" ? shortWord(style, id) : headerWord(style, id)))
  if (!table.header_fault) return words
  // dBase has no fields without a name, so that there the name of the last field comes twice.
  return [...words, table.header_fault === "empty" && format !== "shp" ? "" : words[words.length - 1]!]
}

/** The district's ring as GeoJSON in longitude and latitude. */
export function districtFeature({ layout }: District, plane: Plane) {
  const ring = layout.ring(margin).map(([north, east]) => plane.toLonLat(north, east))
  return {
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        properties: { name: "普查区" },
        geometry: { type: "Polygon", coordinates: [[...ring, ring[0]!]] },
      },
    ],
  }
}

/** Writes the code table of a delivery that has no workbook. */
export function writeCodes(file: string, style: Style, codes: string[][]): void {
  const out = textFile(file, style.csv)
  for (const cells of [["要素编码", "要素名称", "管线类别"], ...codes]) out.line(cells.join(","))
  out.close()
}

function writePlanted(file: string, planted: Planted[]): void {
  const out = textFile(file, "utf8")
  out.line("table,row,rule,key,file,also")
  for (const p of planted) out.line([p.table, p.row, p.rule, p.key, p.file, p.also].join(","))
  out.close()
}

/** Remembers where rows that faults speak of came to stand. */
class Places {
  readonly at = new Map<string, { table: string; row: number; file: string }>()
  readonly wanted: Set<string>
  readonly numbers: string[]
  readonly district: District
  readonly edits: Edits
  readonly faults: Fault[]

  constructor(district: District, edits: Edits, faults: Fault[]) {
    this.district = district
    this.edits = edits
    this.faults = faults
    this.numbers = pointNumbers(district.net, (code) => code)
    this.wanted = new Set(faults.flatMap((f) => [f.at, ...f.also].map(refKey)))
  }
  place(file: string) {
    return (table: NamedTable, index: number, row: number) => {
      const key = `${table.of}/${index}`
      if (this.wanted.has(key)) this.at.set(key, { table: table.name, row, file })
    }
  }
  header(table: NamedTable, file: string, row: number) {
    this.at.set(`header/${table.class_code}/${table.of}`, { table: table.name, row, file })
  }
  planted(): Planted[] {
    return this.faults.map(({ rule, at, also }) => {
      const place = this.at.get(refKey(at))
      if (!place) throw new Error(`a fault of rule ${rule} was planted in a row that is not delivered`)
      const others = also.flatMap((ref) => this.at.get(refKey(ref)) ?? [])
      return { ...place, rule, key: this.key(at), also: others.map((o) => `${o.table}:${o.row}`).join(";") }
    })
  }
  key(ref: Ref): string {
    if (ref.kind === "header") return ""
    const own = (ref.kind === "point" ? this.edits.points : this.edits.lines).get(ref.index)
    const said = (field: string, value: string) => (own?.[field] === undefined ? value : String(own[field] ?? ""))
    if (ref.kind === "point") return said("exp_no", this.numbers[ref.index]!)
    const { from, to } = this.district.net.lines
    return `${said("from_no", this.numbers[from[ref.index]!]!)}-${said("to_no", this.numbers[to[ref.index]!]!)}`
  }
}
const refKey = (ref: Ref): string =>
  ref.kind === "header" ? `header/${ref.class_code}/${ref.of}` : `${ref.kind}/${ref.index}`
