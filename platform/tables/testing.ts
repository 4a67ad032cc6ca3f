/** Tools of this folder's tests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Cell, Table } from "./contract.ts"
import { readTables } from "./index.ts"

export const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name)

/** All tables of a file. */
export async function tablesOf(
  path: string,
  name?: string,
  options?: Parameters<typeof readTables>[2],
): Promise<Table[]> {
  const tables: Table[] = []
  for await (const table of readTables(path, name ?? path.split("/").at(-1)!, options)) tables.push(table)
  return tables
}

/** One row as its cells. */
export const rowOf = (table: Table, index: number): Cell[] => table.cells.map((cells) => cells[index] ?? null)

/** Runs with a folder of its own that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "mingmai-tables-test-"))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads bytes as if they were a file of that name. */
export const readBytes = (
  bytes: string | Uint8Array,
  name: string,
  options?: Parameters<typeof readTables>[2],
): Promise<Table[]> =>
  inFolder(async (folder) => {
    const path = join(folder, `file.${name.split(".").at(-1)}`)
    writeFileSync(path, bytes)
    return tablesOf(path, name, options)
  })

export const bytesOfFixture = (name: string): Buffer => readFileSync(fixture(name))

/** Numbers that look like chance and are the same each time (mulberry32). */
export function chance(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
