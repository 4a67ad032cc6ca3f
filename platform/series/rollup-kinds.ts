import { join } from "node:path"

/**
 * Roll-ups of sealed data stand apart from it, so that they outlive it and are merged into few large files:
 * hours of readings, readings per minute of the whole city, minutes and hours of waveforms. A file is partial: the
 * roll-up of an hour is the sum over all files (and what is live), since every reading is in exactly one segment.
 */
export type RollupKind = "hours" | "quarters" | "counts" | "wave_minutes" | "wave_hours"

export type RollupFile = {
  id: number
  kind: RollupKind
  /** Name under `rollups/`. */
  file: string
  rows: number
  /** Range of the starts. */
  min_time: number
  max_time: number
  bytes: number
  crc: number
  readers: number
}

export const rollupsFolder = (folder: string): string => join(folder, "rollups")

export const rollupName = (kind: RollupKind, id: number): string => `${kind}-${String(id).padStart(9, "0")}.parquet`

export const rollupSchema = `CREATE TABLE IF NOT EXISTS rollup (id INTEGER, kind VARCHAR, file VARCHAR, row_count BIGINT,
  min_time BIGINT, max_time BIGINT, bytes BIGINT, crc BIGINT);`
