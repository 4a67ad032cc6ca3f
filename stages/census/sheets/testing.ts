/** Tools of this folder's tests. */
import type { Cell, Table, TableGeometry } from "../../../platform/tables/index.ts"

/** A table as a reader makes it: names of columns, then rows. */
export function tableOf(
  name: string,
  columns: string[] | null,
  rows: Cell[][],
  more: Partial<Pick<Table, "file" | "format" | "crs">> & { geometry?: (TableGeometry | null)[] } = {},
): Table {
  const width = columns?.length ?? Math.max(...rows.map((row) => row.length))
  return {
    file: more.file ?? `${name}.xlsx`,
    name,
    format: more.format ?? "xlsx",
    columns,
    cells: Array.from({ length: width }, (_, c) => rows.map((row) => row[c] ?? null)),
    rows: Uint32Array.from(rows, (_, i) => i + 1),
    geometry: more.geometry ?? null,
    crs: more.crs ?? null,
    problems: [],
  }
}
