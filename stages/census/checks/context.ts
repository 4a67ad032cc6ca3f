/** What the checks share: the survey, how its lines join, and which rows and ends are already explained by a finding. */
import type { SurveyLineField, SurveyPointField, Words } from "../../../model/index.ts"
import { majorClass } from "../survey/codes.ts"
import type { CheckSettings, Issue, Survey } from "../survey/types.ts"
import { readSection, type Section } from "../survey/values.ts"
import type { RuleId } from "./rules.ts"

/** What is already known to be wrong with a point: other rules keep silent where it explains what they see. */
export const point_flag = {
  /** No number, or another's: lines cannot mean it. */
  number: 1,
  /** Its place is missing, unreadable or wrong. */
  place: 2,
  /** Its ground height is missing, unreadable or wrong. */
  ground: 4,
  /** What it is called is contradictory. */
  feature: 8,
} as const
export const line_flag = {
  /** No line of its own (start is end, said twice, an end is missing): nothing else is asked of it. */
  void: 1,
  /** Its length says that an end or a place is wrong. */
  length: 2,
  /** The same line as an earlier row. */
  twice: 8,
  /** Its material or section is contradicted by what it joins. */
  make: 4,
} as const

export type Fix = Issue["fix"]

export type Context = {
  survey: Survey
  settings: CheckSettings
  issues: Issue[]
  /** Points of each end: 2·line for the start, 2·line + 1 for the end; -1 where there is none. */
  end_point: Int32Array
  /** Points that the ends most likely mean where the delivery names none; else as `end_point`. Topology counts these. */
  meant_point: Int32Array
  point_flags: Uint8Array
  line_flags: Uint8Array
  /** 1 where the height at an end is wrong or doubtful. */
  height_doubted: Uint8Array
  major_of_point: string[]
  major_of_line: string[]
  north: Float64Array
  east: Float64Array
  ground: Float64Array
  /** By end: NaN where unknown. */
  depth: Float64Array
  elevation: Float64Array
  gravity: Uint8Array
  /** Section of each line as its text says, null where it says none; the same object for the same text. */
  section(line: number): Section | null
  sayPoint(rule: RuleId, index: number, field: SurveyPointField | "", words: Words, fix?: Fix, value?: string): Issue
  sayLine(rule: RuleId, index: number, field: SurveyLineField | "", words: Words, fix?: Fix, value?: string): Issue
}

const noNumbers = (count: number): Float64Array => new Float64Array(count).fill(Number.NaN)

/** Number of a field as it should be shown: to the millimetre. */
export const shown = (value: number): string => String(Number(value.toFixed(3)))
export const pointText = (c: Context, index: number, field: SurveyPointField): string =>
  c.survey.points.text[field]?.[index] ?? ""
export const lineText = (c: Context, index: number, field: SurveyLineField): string =>
  c.survey.lines.text[field]?.[index] ?? ""
export const pointKey = (c: Context, index: number): string =>
  pointText(c, index, "exp_no") || pointText(c, index, "map_no")
export const lineKey = (c: Context, index: number): string =>
  `${lineText(c, index, "from_no")}-${lineText(c, index, "to_no")}`

export function openContext(survey: Survey, settings: CheckSettings): Context {
  const { points, lines } = survey
  const by_end = (from: Float64Array | undefined, to: Float64Array | undefined): Float64Array => {
    const both = noNumbers(lines.count * 2)
    for (let i = 0; i < lines.count; i++) {
      if (from) both[2 * i] = from[i]!
      if (to) both[2 * i + 1] = to[i]!
    }
    return both
  }
  const end_point = new Int32Array(lines.count * 2)
  for (let i = 0; i < lines.count; i++) {
    end_point[2 * i] = survey.from[i]!
    end_point[2 * i + 1] = survey.to[i]!
  }
  const majors = (columns: Survey["points"] | Survey["lines"]) => columns.class_code.map(majorClass)
  const major_of_line = majors(lines)
  const sections = new Map<string, Section | null>()
  const issues: Issue[] = []
  const say = (
    columns: Survey["points"] | Survey["lines"],
    rule: RuleId,
    index: number,
    key: string,
    field: string,
    value: string,
    words: Words,
    at: Issue["at"],
    fix: Fix,
  ): Issue => {
    const table = columns.table[index]!
    const { file, name } = survey.tables[table]!
    const issue: Issue = {
      rule,
      table,
      file,
      table_name: name,
      row: columns.row[index]!,
      key,
      field,
      value,
      words,
      at,
      fix,
    }
    issues.push(issue)
    return issue
  }
  const place = (north: number, east: number): Issue["at"] => (Number.isFinite(north + east) ? [north, east] : null)
  const context: Context = {
    survey,
    settings,
    issues,
    end_point,
    meant_point: end_point.slice(),
    point_flags: new Uint8Array(points.count),
    line_flags: new Uint8Array(lines.count),
    height_doubted: new Uint8Array(lines.count * 2),
    major_of_point: majors(points),
    major_of_line,
    north: survey.north_m.slice(),
    east: survey.east_m.slice(),
    ground: points.number.ground_m?.slice() ?? noNumbers(points.count),
    depth: by_end(lines.number.from_depth_m, lines.number.to_depth_m),
    elevation: by_end(lines.number.from_elevation_m, lines.number.to_elevation_m),
    gravity: Uint8Array.from(major_of_line, (major, i) =>
      settings.gravity_classes.includes(major) || settings.gravity_classes.includes(lines.class_code[i]!) ? 1 : 0,
    ),
    section(line) {
      const text = lines.text.section?.[line] ?? ""
      let found = sections.get(text)
      if (found === undefined) {
        found = readSection(text)
        sections.set(text, found)
      }
      return found
    },
    sayPoint: (rule, index, field, words, fix = null, value) =>
      say(
        points,
        rule,
        index,
        pointKey(context, index),
        field,
        value ?? written(points, field, index),
        words,
        place(survey.north_m[index]!, survey.east_m[index]!),
        fix,
      ),
    sayLine(rule, index, field, words, fix = null, value) {
      const [a, b] = [end_point[2 * index]!, end_point[2 * index + 1]!]
      const [north, east] = [context.north, context.east]
      const at =
        a >= 0 && b >= 0
          ? (place((north[a]! + north[b]!) / 2, (east[a]! + east[b]!) / 2) ??
            place(north[a]!, east[a]!) ??
            place(north[b]!, east[b]!))
          : a + b >= -1 && Math.max(a, b) >= 0
            ? place(north[Math.max(a, b)]!, east[Math.max(a, b)]!)
            : null
      return say(
        lines,
        rule,
        index,
        lineKey(context, index),
        field,
        value ?? written(lines, field, index),
        words,
        at,
        fix,
      )
    },
  }
  return context
}

function written(columns: Survey["points"] | Survey["lines"], field: string, index: number): string {
  const texts = columns.text as Record<string, string[]>
  const numbers = columns.number as Record<string, Float64Array>
  if (texts[field]) return texts[field][index] ?? ""
  const value = numbers[field]?.[index]
  return value === undefined || Number.isNaN(value) ? "" : String(value)
}

/** Half the larger side and the height of a line's section in metres; a pipe of unknown size counts as 0. */
export function sizeM(section: Section | null): { half_width: number; height: number } {
  if (!section) return { half_width: 0, height: 0 }
  return "diameter_mm" in section
    ? { half_width: section.diameter_mm / 2000, height: section.diameter_mm / 1000 }
    : { half_width: section.width_mm / 2000, height: section.height_mm / 1000 }
}

/** Ends at each point of the lines that have none of the flags `without`: `ends.subarray(start[p], start[p + 1])`. */
export type Ends = { start: Uint32Array; ends: Uint32Array }
export function endsOf(c: Context, by: Int32Array, without: number = line_flag.void): Ends {
  const start = new Uint32Array(c.survey.points.count + 1)
  const counts = (e: number) => by[e]! >= 0 && (c.line_flags[e >> 1]! & without) === 0
  for (let e = 0; e < by.length; e++) if (counts(e)) start[by[e]! + 1]!++
  for (let p = 0; p < c.survey.points.count; p++) start[p + 1]! += start[p]!
  const next = start.slice()
  const ends = new Uint32Array(start[c.survey.points.count]!)
  for (let e = 0; e < by.length; e++) if (counts(e)) ends[next[by[e]!]!++] = e
  return { start, ends }
}

/** Length in plan, metres; NaN where an end has no place. */
export function planLength(c: Context, line: number): number {
  const [a, b] = [c.end_point[2 * line]!, c.end_point[2 * line + 1]!]
  return a < 0 || b < 0 ? Number.NaN : Math.hypot(c.north[a]! - c.north[b]!, c.east[a]! - c.east[b]!)
}
