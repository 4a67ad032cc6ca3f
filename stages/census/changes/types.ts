/** A change set: what a delivery would change in the census, asset by asset, until a second person decides. */
import type { Attributes, AttributeValue, Geometry, Words } from "../../../model/index.ts"

export const change_statuses = [
  "empty",
  "proposed",
  "published",
  "rejected",
  "withdrawn",
  "replaced",
  "undone",
] as const
export type ChangeStatus = (typeof change_statuses)[number]
export type ChangeAction = "add" | "change" | "end"

/** Numbers of assets; `held` are rows that wait with an open issue, `kept` would have ended but for such rows. */
export type ChangeCounts = {
  added: number
  changed: number
  ended: number
  unchanged: number
  held: number
  kept: number
}

export type ChangeSet = {
  id: number
  delivery_id: number
  delivery_name: string
  organisation_id: number | null
  status: ChangeStatus
  source: string
  content_hash: string
  counts: ChangeCounts
  submitted_at: number
  submitted_by: number | null
  submitted_name: string
  decided_at: number | null
  decided_by: number | null
  decided_name: string | null
  reason: string | null
  published_at: number | null
  valid_from: number | null
  batch_ids: number[]
  undone_at: number | null
  undone_name: string | null
  undo_reason: string | null
  undo_batch_ids: number[]
  /** Since when the delivery says that it is true, UTC ms. */
  delivery_valid_from: number | null
}

/** How an asset looks on one side of a change. */
export type ChangeSide = { name: string | null; geometry: Geometry; attributes: Attributes }
export type ChangeRow = {
  id: number
  action: ChangeAction
  lifeline: string
  kind: string
  code: string | null
  source_id: string
  asset_id: number | null
  lon: number
  lat: number
  before: ChangeSide | null
  after: ChangeSide | null
}

/** An asset that somebody else changed since the change set was made, or since it was published. */
export type Conflict = { lifeline: string; source_id: string; asset_id: number | null; version: number | null }

/** One attribute of an asset over one stretch of time. */
export type AttributeSpan = {
  attribute: string
  value: AttributeValue
  source: string
  file: string
  batch_id: number
  by: string
  accuracy: { position_m: number | null; depth_m: number | null } | null
  valid_from: number
  valid_to: number | null
  recorded_at: number
}

export const nothingNew: Words = {
  zh: "没有新内容：数据与现状相同",
  en: "Nothing new: the data is as the census has it",
}
