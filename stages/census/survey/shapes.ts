/** What a file's own geometry says where its table has no columns for it. */
import type { Cell, Table } from "../../../platform/tables/index.ts"
import type { Kind } from "./fields.ts"

/** Cells by field: coordinates of points (a file's order is east, north). */
export function geometryCells(kind: Kind, table: Table): [field: string, cells: Cell[]][] {
  if (!table.geometry || kind !== "point") return []
  const at = (axis: 0 | 1): Cell[] =>
    table.geometry!.map((geometry) => (geometry?.type === "Point" ? (geometry.coordinates[axis] ?? null) : null))
  return [
    ["x", at(1)],
    ["y", at(0)],
  ]
}
