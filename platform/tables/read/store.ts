/** GeoPackages (OGC 12-128) as input: a SQLite file of somebody else, opened for reading only. */
import { DatabaseSync } from "node:sqlite"
import { setImmediate as nextTurn } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import type { Cell, Table } from "../contract.ts"
import { createBuilder, type Source } from "./builder.ts"
import { endWithParts, partsOf } from "./geometry.ts"
import { unreadable } from "./refuse.ts"
import { readGpkgGeometry } from "./wkb.ts"

type Content = { name: string; type: string; srs: number | null }
const rows_between_turns = 2000
const tables_max = 500

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** Reads every feature and attribute table of a GeoPackage. */
export async function* readGeoPackage(source: Source): AsyncGenerator<Table> {
  let database: DatabaseSync
  try {
    // Immutable: no journal is looked for and nothing is written beside the file.
    const url = pathToFileURL(source.path)
    url.searchParams.set("immutable", "1")
    database = new DatabaseSync(url, { readOnly: true, allowExtension: false })
  } catch (error) {
    throw broken(source.file, error)
  }
  try {
    let contents: Content[]
    try {
      database.exec("pragma trusted_schema = off; pragma cell_size_check = on; pragma query_only = on")
      contents = contentsOf(database, source.file)
    } catch (error) {
      throw broken(source.file, error)
    }
    for (const content of contents) yield await readTable(database, content, source)
  } finally {
    database.close()
  }
}

function contentsOf(database: DatabaseSync, file: string): Content[] {
  const known = database.prepare("select name from sqlite_master where name = 'gpkg_contents'").get()
  if (!known)
    throw unreadable(
      file,
      "是 SQLite 数据库但不是 GeoPackage（没有 gpkg_contents 表）；请导出为 GeoPackage",
      "it is a SQLite database but no GeoPackage (gpkg_contents is missing); export it as GeoPackage",
    )
  const rows = database
    .prepare(
      `select c.table_name, c.data_type, c.srs_id from gpkg_contents c
       join sqlite_master m on m.name = c.table_name and m.type in ('table', 'view')
       where c.data_type in ('features', 'attributes') limit ${tables_max}`,
    )
    .all()
  return rows.map((row) => ({
    name: String(row.table_name),
    type: String(row.data_type),
    srs: row.srs_id === null ? null : Number(row.srs_id),
  }))
}

function crsOf(database: DatabaseSync, srs: number | null): Table["crs"] {
  if (srs === null || srs <= 0) return null
  const row = database
    .prepare(
      "select organization, organization_coordsys_id as id, definition from gpkg_spatial_ref_sys where srs_id = ?",
    )
    .get(srs)
  if (!row) return { epsg: srs }
  if (String(row.organization).toUpperCase() === "EPSG") return { epsg: Number(row.id) }
  return row.definition ? { wkt: String(row.definition) } : null
}

async function readTable(database: DatabaseSync, content: Content, source: Source): Promise<Table> {
  try {
    const geometry_column = database
      .prepare("select column_name from gpkg_geometry_columns where table_name = ?")
      .get(content.name)?.column_name
    const shape = content.type === "features" && geometry_column ? String(geometry_column) : null
    const info = database.prepare(`pragma table_info(${quoted(content.name)})`).all()
    const columns = info.map((c) => String(c.name)).filter((name) => name !== shape)
    const builder = createBuilder(source, {
      name: content.name,
      format: "gpkg",
      columns,
      with_geometry: shape !== null,
      crs: shape === null ? null : crsOf(database, content.srs),
      keep_blank: true,
    })
    const wanted = shape === null ? columns : [...columns, shape]
    if (wanted.length === 0) return builder.finish()
    const statement = database.prepare(`select ${wanted.map(quoted).join(", ")} from ${quoted(content.name)}`)
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    let number = 0
    const omitted = new Set<number>()
    for (const values of statement.iterate() as unknown as Iterable<unknown[]>) {
      number++
      if (number % rows_between_turns === 0) {
        source.options.signal?.throwIfAborted()
        await nextTurn()
      }
      for (let c = 0; c < columns.length; c++) {
        const value = values[c]
        if (value instanceof Uint8Array) omitted.add(c)
        else builder.set(c, cellOf(value))
      }
      if (shape === null) builder.end(number)
      else {
        const blob = values[columns.length]
        const geometry = blob instanceof Uint8Array ? readGpkgGeometry(blob) : null
        endWithParts(builder, number, blob === null ? [] : geometry && partsOf(geometry), shape)
      }
    }
    for (const c of omitted)
      builder.problem(null, columns[c]!, "blob", {
        zh: "该列是二进制内容，未读取",
        en: "The column holds binary content, which is not read",
      })
    return builder.finish()
  } catch (error) {
    throw broken(source.file, error)
  }
}

function cellOf(value: unknown): Cell {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  return typeof value === "string" ? value : null
}

function broken(file: string, error: unknown): unknown {
  if (error instanceof Error && ("problem" in error || error.name === "AbortError")) return error
  const why = error instanceof Error ? error.message : String(error)
  return unreadable(
    file,
    `GeoPackage 已损坏或不完整（${why}）；请重新导出或重新上传`,
    `the GeoPackage is damaged or cut short (${why}); export or upload it again`,
  )
}
