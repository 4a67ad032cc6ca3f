import type { PointRow } from "../../../api.ts"

export type SparkOrder = "name" | "change" | "alarm"
export const sparkOrders: readonly SparkOrder[] = ["name", "change", "alarm"]

/** What the order of small charts looks at. */
export type SparkFacts = {
  row: PointRow
  /** Last minus first value in the window; null without values. */
  change: number | null
  /** Plausible range of the indicator, to weigh changes of different units against each other. */
  scale: number
  /** Worst open level of the point's asset, 1 is worst; null without an alarm. */
  level: number | null
  stale: boolean
}

const name = (row: PointRow): string => row.device_name || row.device_code
const byName = (a: SparkFacts, b: SparkFacts) =>
  name(a.row).localeCompare(name(b.row), "zh") || a.row.indicator.localeCompare(b.row.indicator) || a.row.id - b.row.id
const weight = (f: SparkFacts) => (f.change === null ? -1 : Math.abs(f.change) / Math.max(f.scale, 1e-9))
/** Alarms first, the worst in front, then those that fell silent. */
const urgency = (f: SparkFacts) => (f.level !== null ? f.level : f.stale ? 5 : 6)

/** Small charts in their order; equal ones by name. */
export const ordered = (facts: readonly SparkFacts[], order: SparkOrder): SparkFacts[] =>
  [...facts].sort((a, b) =>
    order === "change"
      ? weight(b) - weight(a) || byName(a, b)
      : order === "alarm"
        ? urgency(a) - urgency(b) || byName(a, b)
        : byName(a, b),
  )

/** Cells of a grid that are in sight, with some rows to spare. */
export function visibleCells(
  count: number,
  columns: number,
  row_px: number,
  top_px: number,
  height_px: number,
  spare_rows = 2,
): { first: number; last: number; rows: number } {
  const rows = Math.ceil(count / Math.max(1, columns))
  const first_row = Math.max(0, Math.floor(top_px / row_px) - spare_rows)
  const last_row = Math.min(rows, Math.ceil((top_px + height_px) / row_px) + spare_rows)
  return { first: first_row * columns, last: Math.min(count, last_row * columns), rows }
}
