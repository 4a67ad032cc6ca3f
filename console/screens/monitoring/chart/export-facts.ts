export const formats = ["csv", "xlsx", "parquet"] as const
export type Format = (typeof formats)[number]
export const whats = ["readings", "15min", "1h", "1d", "waves"] as const
export type What = (typeof whats)[number]

/** The choice in the words of the request. */
export const contentOf = (what: What): { what: "readings" | "rollups" | "waves"; step?: What } =>
  what === "readings" || what === "waves" ? { what } : { what: "rollups", step: what }

/** Answer of the export routes. */
export type ExportAnswer = {
  id: number
  state: "queued" | "running" | "done" | "failed" | "cancelled"
  progress: number
  rows: number
  bytes: number
  rows_per_s: number | null
  left_s: number | null
  file_name: string | null
  problem: { code: string; title: { zh: string; en: string } } | null
}
