/** Reads one Access database in a thread of its own, so that a damaged one can be given up. */
import { readFileSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import MDBReader from "mdb-reader"
import type { Cell } from "../contract.ts"

export type MdbMessage =
  | { kind: "table"; name: string; columns: string[] }
  | { kind: "rows"; columns: Cell[][]; count: number; binary: boolean[] }
  | { kind: "table-problem"; name: string; why: string }
  | { kind: "end" }

/** Rows read at a time: the library walks the table from its beginning for each such batch. */
const batch_rows = 50_000
const post = (message: MdbMessage) => parentPort!.postMessage(message)

const reader = new MDBReader(readFileSync((workerData as { path: string }).path))
for (const name of reader.getTableNames({ normalTables: true, systemTables: false, linkedTables: false })) {
  try {
    const table = reader.getTable(name)
    const columns = table.getColumnNames()
    post({ kind: "table", name, columns })
    for (let offset = 0; ; offset += batch_rows) {
      const rows = table.getData<Record<string, unknown> & Record<string, never>>({
        rowOffset: offset,
        rowLimit: batch_rows,
      })
      const binary = columns.map(() => false)
      const cells = columns.map((column, c) =>
        rows.map((row) => {
          const value: unknown = row[column]
          if (value instanceof Uint8Array) binary[c] = true
          return cellOf(value)
        }),
      )
      post({ kind: "rows", columns: cells, count: rows.length, binary })
      if (rows.length < batch_rows) break
    }
  } catch (error) {
    post({ kind: "table-problem", name, why: error instanceof Error ? error.message : String(error) })
  }
}
post({ kind: "end" })

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  if (typeof value === "boolean") return value
  if (typeof value === "string") return value === "" ? null : value
  if (typeof value === "bigint") return value.toString()
  if (value instanceof Date) {
    const text = Number.isNaN(value.getTime()) ? "" : value.toISOString()
    if (text === "") return null
    return text.slice(11, 19) === "00:00:00" ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 19)}`
  }
  return value instanceof Uint8Array ? null : JSON.stringify(value)
}
