/** Writer of GeoPackages (OGC 12-128r18, version 1.3): a SQLite file for others. */
import { rm, stat } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { setImmediate as nextTurn } from "node:timers/promises"
import type { Cell, TableGeometry } from "../contract.ts"
import { counted } from "./texts.ts"
import { type ExportOptions, type ExportTable, titleOf, wgs84 } from "./types.ts"

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const types = { text: "TEXT", number: "REAL", integer: "INTEGER", boolean: "BOOLEAN", date: "DATE" } as const
const rows_between_turns = 5000
/** The day that the metadata says was the last change: the same content gives the same file. */
const changed_at = "2026-01-01T00:00:00.000Z"

const schema = `
  pragma application_id = 0x47504B47; pragma user_version = 10300; pragma journal_mode = off; pragma synchronous = off;
  create table gpkg_spatial_ref_sys (srs_name text not null, srs_id integer primary key, organization text not null,
    organization_coordsys_id integer not null, definition text not null, description text);
  create table gpkg_contents (table_name text not null primary key, data_type text not null, identifier text unique,
    description text default '', last_change datetime not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x double, min_y double, max_x double, max_y double, srs_id integer,
    constraint fk_gc_r_srs_id foreign key (srs_id) references gpkg_spatial_ref_sys(srs_id));
  create table gpkg_geometry_columns (table_name text not null, column_name text not null, geometry_type_name text not null,
    srs_id integer not null, z tinyint not null, m tinyint not null,
    constraint pk_geom_cols primary key (table_name, column_name), constraint uk_gc_table_name unique (table_name),
    constraint fk_gc_tn foreign key (table_name) references gpkg_contents(table_name),
    constraint fk_gc_srs foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id));
  insert into gpkg_spatial_ref_sys values
    ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', null), ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', null);`

/** Writes a GeoPackage; what was at `path` is replaced. */
export async function writeGeoPackage(
  path: string,
  tables: readonly ExportTable[],
  options: ExportOptions,
): Promise<{ rows: number; bytes: number }> {
  await rm(path, { force: true })
  const database = new DatabaseSync(path)
  let rows = 0
  try {
    database.exec(schema)
    const crs = options.crs ?? wgs84
    const add_crs = database.prepare("insert or ignore into gpkg_spatial_ref_sys values (?, ?, 'EPSG', ?, ?, null)")
    for (const one of [wgs84, crs]) add_crs.run(one.name, one.epsg, one.epsg, one.wkt)
    const taken = new Set<string>()
    for (const table of tables) rows += await writeOne(database, table, crs.epsg, options, taken)
  } finally {
    database.close()
  }
  return { rows, bytes: (await stat(path)).size }
}

async function writeOne(
  database: DatabaseSync,
  table: ExportTable,
  srs: number,
  options: ExportOptions,
  taken: Set<string>,
): Promise<number> {
  const name = unique(table.name.replace(/^(gpkg|sqlite|rtree)_/i, "_$&"), taken)
  const used = new Set(table.with_geometry ? ["fid", "geom"] : ["fid"])
  const names = table.columns.map((column) => unique(titleOf(column), used))
  const columns = table.columns.map((column, c) => `${quoted(names[c]!)} ${types[column.type]}`)
  const geometry_type = (table.geometry_type ?? "geometry").toUpperCase()
  const shape = table.with_geometry ? [`geom ${geometry_type}`] : []
  database.exec(
    `create table ${quoted(name)} (${["fid integer primary key autoincrement not null", ...shape, ...columns].join(", ")})`,
  )
  const box = [Infinity, Infinity, -Infinity, -Infinity]
  const all = [...(table.with_geometry ? ["geom"] : []), ...names]
  const insert =
    all.length === 0
      ? database.prepare(`insert into ${quoted(name)} default values`)
      : database.prepare(
          `insert into ${quoted(name)} (${all.map(quoted).join(", ")}) values (${all.map(() => "?").join(", ")})`,
        )
  let rows = 0
  let has_z = false
  database.exec("begin")
  for await (const { geometry, properties } of counted(table, options)) {
    const values: (string | number | null | Uint8Array)[] = table.columns.map((c) => storedAs(properties[c.name]))
    if (table.with_geometry) {
      if (geometry) has_z ||= firstOf(geometry).length > 2
      values.unshift(geometry ? blobOf(geometry, srs, box) : null)
    }
    insert.run(...values)
    if (++rows % rows_between_turns === 0) await nextTurn()
  }
  database
    .prepare("insert into gpkg_contents values (?, ?, ?, '', ?, ?, ?, ?, ?, ?)")
    .run(
      name,
      table.with_geometry ? "features" : "attributes",
      name,
      changed_at,
      ...(box.every(Number.isFinite) ? box : [null, null, null, null]),
      table.with_geometry ? srs : null,
    )
  if (table.with_geometry)
    // 2: heights may be there or not.
    database
      .prepare("insert into gpkg_geometry_columns values (?, 'geom', ?, ?, ?, 0)")
      .run(name, geometry_type, srs, has_z ? 2 : 0)
  database.exec("commit")
  return rows
}

function unique(name: string, taken: Set<string>): string {
  const base = name || "_"
  let mine = base
  for (let n = 2; taken.has(mine.toLowerCase()); n++) mine = `${base}_${n}`
  taken.add(mine.toLowerCase())
  return mine
}

const storedAs = (value: Cell | undefined): string | number | null =>
  value === undefined || value === null ? null : typeof value === "boolean" ? Number(value) : value

const firstOf = (g: TableGeometry): number[] =>
  g.type === "Point"
    ? g.coordinates
    : g.type === "LineString"
      ? (g.coordinates[0] ?? [])
      : (g.coordinates[0]?.[0] ?? [])

/** A geometry with the header of GeoPackage (little-endian, no envelope); widens the box of the table. */
function blobOf(geometry: TableGeometry, srs: number, box: number[]): Buffer {
  const lines =
    geometry.type === "Point"
      ? [[geometry.coordinates]]
      : geometry.type === "LineString"
        ? [geometry.coordinates]
        : geometry.coordinates
  const has_z = firstOf(geometry).length > 2
  const stride = has_z ? 24 : 16
  const points = lines.reduce((n, line) => n + line.length, 0)
  const bytes = Buffer.alloc(8 + 9 + lines.length * 4 + points * stride)
  bytes.write("GP", 0, "latin1")
  bytes[3] = 1
  bytes.writeInt32LE(srs, 4)
  bytes[8] = 1
  const code = geometry.type === "Point" ? 1 : geometry.type === "LineString" ? 2 : 3
  bytes.writeUInt32LE(code + (has_z ? 1000 : 0), 9)
  let at = 13
  if (code === 3) at = bytes.writeUInt32LE(lines.length, at)
  for (const line of lines) {
    if (code !== 1) at = bytes.writeUInt32LE(line.length, at)
    for (const [x = 0, y = 0, z = 0] of line) {
      box[0] = Math.min(box[0]!, x)
      box[1] = Math.min(box[1]!, y)
      box[2] = Math.max(box[2]!, x)
      box[3] = Math.max(box[3]!, y)
      at = bytes.writeDoubleLE(x, at)
      at = bytes.writeDoubleLE(y, at)
      if (has_z) at = bytes.writeDoubleLE(z, at)
    }
  }
  return bytes.subarray(0, at)
}
