/** The files of a delivery, laid out as the folder they were, and read into tables. */
import { link, mkdir, mkdtemp, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { formatOf, readTables, type Table } from "../../../platform/tables/index.ts"
import type { OtherTable } from "../survey/index.ts"

export type NamedFile = { path: string; file_name: string }
export type ReadTables = {
  tables: Table[]
  others: OtherTable[]
  /** Coordinate systems that tables name. */
  named: NamedTable[]
  /** The outline of the district, where a table of areas is called so. */
  district: District | null
}
export type NamedTable = { file: string; name: string; crs: NonNullable<Table["crs"]> }
/** A ring in the coordinates of its file: east and north, or longitude and latitude. */
export type District = { file: string; name: string; ring: number[][]; crs: Table["crs"] }

/** What people call a table with the outline of the area that was surveyed. Editable default. */
const district_name = /^(district|boundary|survey.?area|普查区|普查范围|测区|测区范围|探测范围|行政区|边界)/i

/** Parts of a shapefile that are read with it. */
const beside_shapes = /\.(shx|prj|cpg|cst|dbf)$/i

/**
 * Reads all tables. Throws a ProblemError that names the file which cannot be read. `folder` is where links to the
 * files may lie meanwhile: on the files' own disk, so that nothing is copied.
 */
export async function tablesOf(
  files: readonly NamedFile[],
  folder: string,
  told: (rows: number) => void,
): Promise<ReadTables> {
  const others = files
    .filter((file) => formatOf(file.file_name) === null && !beside_shapes.test(file.file_name))
    .map((file) => ({ file: file.file_name, name: "", why: unread }))
  const readable = files.filter((file) => formatOf(file.file_name) !== null)
  if (readable.length === 0) return { tables: [], others, named: [], district: null }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const laid_out = await mkdtemp(join(folder, "delivery-"))
  try {
    for (const file of files) {
      const path = join(laid_out, file.file_name)
      await mkdir(dirname(path), { recursive: true })
      await link(file.path, path)
    }
    const tables: Table[] = []
    let before = 0
    const progress = (rows: number) => told(before + rows)
    for await (const table of readTables(laid_out, "", { progress })) {
      tables.push(table)
      before += table.rows.length
      told(before)
    }
    const named = tables.flatMap(({ file, name, crs }) => (crs ? [{ file, name, crs }] : []))
    return { tables, others, named, district: districtOf(tables) }
  } finally {
    await rm(laid_out, { recursive: true, force: true })
  }
}

/** The outer ring of the largest polygon, by its number of corners, of tables called a district. */
function districtOf(tables: readonly Table[]): District | null {
  let found: District | null = null
  for (const { file, name, geometry, crs } of tables) {
    if (!district_name.test(name)) continue
    for (const one of geometry ?? []) {
      const ring = one?.type === "Polygon" ? one.coordinates[0] : undefined
      if (ring && ring.length > (found?.ring.length ?? 3)) found = { file, name, ring, crs }
    }
  }
  return found
}

/** Hands tables over one by one and lets go of each. */
export function* lettingGo(tables: Table[]): Generator<Table> {
  for (let table = tables.shift(); table !== undefined; table = tables.shift()) yield table
}

const unread = { zh: "不是可读取的表格或图形文件", en: "No table or drawing that can be read" }
export const as_district = { zh: "普查范围，已采用", en: "Outline of the district, in use" }
