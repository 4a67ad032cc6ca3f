/**
 * A staged delivery is its files, corrections, choices and accepted exceptions. Rows, issues and what may be published
 * are derived from these by reading and checking again, so that nothing is stored twice and a stop at any moment loses
 * nothing.
 */
import type { Attributes, AttributeValue, Geometry, LonLat, Problem, Words } from "../../../model/index.ts"
import type { SystemDefinition } from "../../../science/index.ts"
import type { SheetTable } from "../sheets/index.ts"
import type { ColumnChoice, OtherTable, SurveyLeftover, SurveyTable } from "../survey/index.ts"

export const delivery_statuses = [
  "receiving",
  "checking",
  "checked",
  "failed",
  "cancelled",
  "submitted",
  "published",
  "undone",
] as const
export type DeliveryStatus = (typeof delivery_statuses)[number]

/** What the worker does with a delivery: check it, or check it and make the change set too. */
export type Job = "check" | "submit"

/** How well positions and depths were measured, metres, as the delivery says; null where nobody said. */
export type Accuracy = { position_m: number | null; depth_m: number | null }

/** How a delivery's coordinates are laid out; `swapped`: its column x holds the east and y the north. */
export type SystemChoice = { definition: SystemDefinition; swapped: boolean }

/** A coordinate system that fits the delivery's numbers, to be chosen by a person. */
export type SystemProposal = {
  system: SystemChoice
  name: Words
  /** Older datums lie beside today's by a shift that must be fitted from control points first. */
  needs_control_points: boolean
  /** 0 to 1, an editable default of the platform. */
  confidence: number
  because: Words
  /** Where the middle of the delivery would lie. */
  centre: LonLat | null
  distance_km: number | null
  /** Rows whose numbers look so. */
  rows: number
  /** Taken without asking where nobody chose. */
  certain: boolean
}

export type Delivery = {
  id: number
  name: string
  /** Under which the assets are named: deliveries of one source are versions of each other. */
  source: string
  status: DeliveryStatus
  job: Job | null
  attempts: number
  upload: number
  /** True where what is not in the delivery is no longer there. */
  complete: boolean
  /** Since when it is true in the world, UTC ms; null: since the approval. */
  valid_from: number | null
  accuracy: Accuracy | null
  organisation_id: number | null
  /** Owner of assets whose row names none that is known. */
  owner_id: number | null
  system: SystemChoice | null
  proposals: SystemProposal[]
  mapping: ColumnChoice[]
  report: CheckReport | null
  problem: Problem | null
  /** Something was put right since the last check. */
  stale: boolean
  created_at: number
  created_by: number | null
  created_name: string
  checked_at: number | null
  submitted_by: number | null
  submitted_name: string | null
}

/** What the last check found. */
export type CheckReport = {
  rows: number
  points: number
  lines: number
  /** Rows without an open issue that blocks, lines only where both ends are such rows. */
  publishable: number
  /** Issues by rule. */
  counts: Record<string, number>
  /** Tables of the survey first, then import sheets; issues name them by their place in this list. */
  tables: (SurveyTable | SheetTable)[]
  /** Tables and rows that are not used, each with the reason. */
  others: OtherTable[]
  leftovers: SurveyLeftover[]
  /** Issues past the limit of what is kept. */
  issues_left_out: number
}

export type DeliveryFile = {
  upload: number
  file_name: string
  hash: string
  bytes: number
  uploaded_at: number
  uploaded_name: string
}

/** A row of a delivery as the asset it would become. */
export type WantedAsset = {
  lifeline: string
  kind: string
  source_id: string
  code: string | null
  name: string | null
  geometry: Geometry
  attributes: Attributes
  /** Where it came from: file, table, row, coordinates and their system. */
  original: Record<string, AttributeValue | object>
  /** True where its row may not be published yet: it is neither written nor taken for gone. */
  held: boolean
}

export type IssueState = "open" | "fixed" | "accepted"

/** A row of the issues table. */
export type IssueRow = {
  id: number
  rule: string
  file: string
  table_name: string
  row: number
  key: string
  field: string
  value: string
  words: Words
  lon: number | null
  lat: number | null
  fix: { field: string; value: string; words: Words } | null
  state: IssueState
}

export type Phase = "waiting" | "read" | "check" | "write" | "changes"
/** How far a job is; rate and time left follow in the main thread, which knows the time. */
export type JobProgress = { phase: Phase; rows: number; rows_total: number }
export type Progress = JobProgress & { rate_per_s: number | null; seconds_left: number | null }

/** What the worker is started with; it reads the rest from the database. */
export type WorkerInput = {
  connection: Record<string, unknown>
  /** Folders of lifelines outside the product. */
  lifelines_extra: string[]
  delivery_id: number
  attempt: number
  /** Where each file lies on disk, by hash. */
  paths: Record<string, string>
  /** Where links to the files may lie while they are read. */
  folder: string
  /** A place in the city, where it is known. */
  near: LonLat | null
  /** UTC ms, wall time of the start. */
  now: number
}
export type FromWorker =
  | { kind: "pid"; pid: number }
  | { kind: "progress"; progress: JobProgress }
  | { kind: "done" }
  | { kind: "failed"; problem: Problem | null; error: string }
