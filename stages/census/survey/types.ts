/** What a delivery becomes before it is assets: point and line tables in columns of one meaning, issues, fixes. */
import type { Attributes, Geometry, LonLat, SurveyLineField, SurveyPointField, Words } from "../../../model/index.ts"
import type { RuleId } from "../checks/rules.ts"

export type SurveyTable = {
  /** File and sheet or layer as they came. */
  file: string
  name: string
  /** Which upload of the delivery the file belongs to: 0 the first; rows of later ones replace rows of the same key. */
  upload: number
  kind: "point" | "line"
  /** Two letters of CJJ 61 appendix B that the table is about ("JS", "YS"); "" where each row says its own. */
  class_code: string
  /** Row of the file in which the header stood; 0 where the format has its own names. */
  header_row: number
  columns: MappedColumn[]
  rows: number
}

/** A column of the file and the field it was taken for. */
export type MappedColumn = {
  column: string
  field: string | null
  /** Its name is the field's own, one of the trade's aliases, remembered from an earlier delivery, chosen by a person now. */
  how: "name" | "alias" | "remembered" | "chosen" | "unknown"
}

/**
 * Column words to fields, as a person chose them: by kind of table, `sheet:<kind of asset>` for import sheets (their
 * field may say the column's unit: "diameter_mm@in"). Of the kind "table", `column` is the name of a table and `field` the
 * kind of asset whose sheet it is, or null where it is none. Remembered for the next delivery.
 */
export type ColumnChoice = {
  kind: "point" | "line" | "table" | `sheet:${string}`
  column: string
  field: string | null
}

/** One cell put right by a person, by the row as it stands in its file; `value` is what the file should have said. */
export type Correction = { file: string; name: string; row: number; field: string; value: string }

/** Rows of one kind, in columns. All arrays have `count` entries. */
export type SurveyColumns<F extends string> = {
  count: number
  /** Index into `Survey.tables`. */
  table: Uint16Array
  /** Row number as a person sees it in the file. */
  row: Uint32Array
  /** Class of each row ("JS", "YS" …), from the row or its table. */
  class_code: string[]
  /**
   * Text and date fields (dates as YYYY[-MM[-DD]] where they can be read): full-width digits folded, blanks trimmed, ""
   * where empty. Fields no table has are absent.
   */
  text: { [K in F]?: string[] }
  /** Number fields in their unit; NaN where the cell is empty or no number. Fields no table has are absent. */
  number: { [K in F]?: Float64Array }
  /** Cells of number fields that hold no number, as they were written. */
  odd: { index: number; field: F; value: string }[]
}

export type Survey = {
  tables: SurveyTable[]
  points: SurveyColumns<SurveyPointField>
  lines: SurveyColumns<SurveyLineField>
  /** Index into `points` of both ends of each line; -1 where there is no such point. */
  from: Int32Array
  to: Int32Array
  /** Where each point lies in the delivery's plane, metres; NaN where its coordinates cannot be read. */
  north_m: Float64Array
  east_m: Float64Array
  /** The delivery's own code table where it has one, laid over the built-in one. */
  codes: CodeTable
}

/** Feature codes and the names they stand for. */
export type CodeTable = {
  of(class_code: string, name: string): string[]
  name(code: string): string | null
  own: boolean
}

/** How a delivery's coordinates become metres north and east, and places on earth. */
export type SurveySystem = {
  /** From the file's two numbers, in the order of the fields x and y, to metres north and east of a plane. */
  toPlane(x: number, y: number): [north_m: number, east_m: number]
  toLonLat(north_m: number, east_m: number): LonLat
}

/** Something that is wrong with a row, with what it says and, where there is one, how to put it right. */
export type Issue = {
  rule: RuleId
  /** Index into `Survey.tables`; -1 where it is about the delivery or a file that is no table of it. */
  table: number
  file: string
  table_name: string
  /** Row in the file; 0 where it is about the whole table. */
  row: number
  /** Point number, or "from-to" of a line; "" for a whole table. */
  key: string
  field: string
  value: string
  words: Words
  /** Place in metres north and east of the delivery's plane, where it has one. */
  at: [north_m: number, east_m: number] | null
  /** Place where no plane of the delivery is known or needed. */
  lon_lat?: LonLat
  /** What would put it right: a value for a field of this row. */
  fix: { field: string; value: string; words: Words } | null
}

/** Limits that the checks use; every one is an editable default, with where it comes from in `settings.ts` of checks. */
export type CheckSettings = {
  depth_m_max: number
  line_m_min: number
  line_m_max: number
  slope_deg_max: number
  ground_tolerance_m: number
  point_tolerance_m: number
  snap_m: number
  /** Gravity pipes steeper than this, degrees; `slope_deg_max` is for the others. */
  gravity_slope_deg_max: number
  /** Two lines that meet at a point which joins no others, under a smaller angle than this, fold back. */
  angle_deg_min: number
  /** A gravity pipe may rise by this much within the accuracy of a survey. */
  uphill_tolerance_m: number
  /** Groups of fewer points than this, cut off from a class's main network, are reported. */
  group_points_min: number
  /** Classes whose pipes run by gravity: heights are of the invert, and water must not flow uphill. */
  gravity_classes: string[]
  /** Utilities nearer to each other than this in plan and height, by pair of classes; from the rule table. */
  clearance: { class_a: string; class_b: string; horizontal_m: number; vertical_m: number }[]
  /** Ring of the district in the delivery's plane, or null where it is not known. */
  district: [north_m: number, east_m: number][] | null
}

/** What a person accepted as being really so: not said again for this row. */
export type AcceptedException = { rule: RuleId; file: string; name: string; key: string; reason: string }

/** Name and place of a table that is no survey table, and why it was taken for none. */
export type OtherTable = { file: string; name: string; why: Words }

export type ReadOptions = {
  /** Number of the upload: one for all files, or one by file (0 where a file has none). */
  upload?: number | ReadonlyMap<string, number>
  /** Columns that a person chose, now or for an earlier delivery (`remembered`). */
  choices?: readonly (ColumnChoice & { remembered?: boolean })[]
  corrections?: readonly Correction[]
  /** Null: the values are metres already, x to the north and y to the east. */
  system?: SurveySystem | null
}
export type SurveyReading = { survey: Survey; issues: Issue[]; others: OtherTable[] }

/** A row of a survey as an asset of a lifeline. */
export type SurveyAsset = {
  lifeline: string
  kind: string
  source_id: string
  code: string
  name: string | null
  geometry: Geometry
  attributes: Attributes
  /** The row it came from. */
  table: number
  row: number
}

/** Rows that became no asset: of classes that no lifeline declares, and those without a place. */
export type SurveyLeftover = { class_code: string; points: number; lines: number; why: Words }
