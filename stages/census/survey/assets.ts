/** Rows of a survey as assets of the lifelines that declare their classes. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import {
  type AssetKind,
  type Attributes,
  type AttributeValue,
  type LonLat,
  type SurveyDeclaration,
  survey_line_attributes,
  survey_point_attributes,
} from "../../../model/index.ts"
import { burialCode, majorClass, materialCode } from "./codes.ts"
import type { Survey, SurveyAsset, SurveyLeftover, SurveySystem } from "./types.ts"
import { readSection } from "./values.ts"

type Taker = { lifeline: Lifeline; survey: SurveyDeclaration; kinds: Map<string, Known> }
type Known = { kind: AssetKind; attributes: Set<string>; choices: Map<string, Set<string>> }

/**
 * Assets one by one, points first. `source_id` is class and number ("JS:JS123", "JS:JS123-JS124"); codes are the number,
 * with the class in front where another class of the same lifeline uses it too. Rows that `keep` refuses are left out
 * without a word; rows that cannot become an asset are returned, counted by class and reason.
 */
export function* surveyAssets(
  survey: Survey,
  lifelines: readonly Lifeline[],
  system: SurveySystem,
  keep: (table: number, row: number) => boolean = () => true,
): Generator<SurveyAsset, SurveyLeftover[]> {
  const left = new Map<string, SurveyLeftover>()
  const takers = new Map<string, Taker | null>()
  const takerOf = (class_code: string): Taker | null => {
    let taker = takers.get(class_code)
    if (taker === undefined) {
      taker = takerFor(class_code, lifelines)
      takers.set(class_code, taker)
    }
    return taker
  }
  const leave = (class_code: string, kind: "points" | "lines", why: keyof typeof reasons) => {
    const key = `${class_code} ${why}`
    const count = left.get(key) ?? { class_code, points: 0, lines: 0, why: reasons[why] }
    count[kind]++
    left.set(key, count)
  }
  const { points, lines } = survey
  const place = (p: number): LonLat | null => {
    if (p < 0 || !Number.isFinite(survey.north_m[p]! + survey.east_m[p]!)) return null
    const [lon, lat] = system.toLonLat(survey.north_m[p]!, survey.east_m[p]!)
    return Number.isFinite(lon + lat) ? [lon, lat] : null
  }
  const codes = pointCodes(survey, takerOf)

  for (let i = 0; i < points.count; i++) {
    if (!keep(points.table[i]!, points.row[i]!)) continue
    const class_code = points.class_code[i]!
    const taker = takerOf(class_code)
    const at = place(i)
    if (!taker || !at || !codes[i]) {
      leave(class_code, "points", taker ? (at ? "number" : "place") : "class")
      continue
    }
    const names = `${points.text.feature?.[i] ?? ""} ${points.text.appurtenance?.[i] ?? ""}`
    const kind = taker.survey.points.find(({ word }) => names.includes(word))?.kind ?? taker.survey.point_kind
    yield {
      lifeline: taker.lifeline.id,
      kind,
      source_id: `${class_code}:${points.text.exp_no?.[i]}`,
      code: codes[i]!,
      name: null,
      geometry: { type: "Point", coordinates: at },
      attributes: fitting(taker.kinds.get(kind)!, pointValues(survey, i)),
      table: points.table[i]!,
      row: points.row[i]!,
    }
  }
  const seen = new Set<string>()
  for (let i = 0; i < lines.count; i++) {
    if (!keep(lines.table[i]!, lines.row[i]!)) continue
    const class_code = lines.class_code[i]!
    const taker = takerOf(class_code)
    const [a, b] = [survey.from[i]!, survey.to[i]!]
    const [start, end] = [place(a), place(b)]
    if (!taker || !start || !end || a === b || !codes[a] || !codes[b]) {
      leave(class_code, "lines", taker ? "ends" : "class")
      continue
    }
    const code = unique(`${codes[a]}-${codes[b]}`, `${taker.lifeline.id} `, seen)
    const kind = taker.survey.line_kind
    yield {
      lifeline: taker.lifeline.id,
      kind,
      source_id: `${class_code}:${lines.text.from_no?.[i]}-${lines.text.to_no?.[i]}`,
      code,
      name: null,
      geometry: { type: "LineString", coordinates: [start, end] },
      attributes: fitting(taker.kinds.get(kind)!, lineValues(survey, i, taker.survey, codes[a]!, codes[b]!)),
      table: lines.table[i]!,
      row: lines.row[i]!,
    }
  }
  return [...left.values()]
}

const reasons = {
  class: { zh: "没有专项声明该类管线", en: "No lifeline declares this class" },
  place: { zh: "没有可用的坐标", en: "No usable coordinates" },
  number: { zh: "没有点号", en: "No point number" },
  ends: { zh: "起点或终点不在点表中，或没有坐标", en: "Start or end is in no point table or has no place" },
} as const

function takerFor(class_code: string, lifelines: readonly Lifeline[]): Taker | null {
  for (const code of [class_code, majorClass(class_code)])
    for (const lifeline of lifelines)
      if (lifeline.survey?.classes.includes(code)) {
        const kinds = new Map(lifeline.assets.map((kind) => [kind.kind, known(kind)]))
        return { lifeline, survey: lifeline.survey, kinds }
      }
  return null
}
const known = (kind: AssetKind): Known => ({
  kind,
  attributes: new Set([
    ...kind.attributes.map(({ id }) => id),
    ...(kind.geometry === "line" ? survey_line_attributes : survey_point_attributes).map(({ id }) => id),
  ]),
  choices: new Map(
    kind.attributes.flatMap(({ id, choices }) => (choices ? [[id, new Set(choices.map(({ value }) => value))]] : [])),
  ),
})

const unique = (code: string, scope: string, seen: Set<string>): string => {
  let free = code
  for (let n = 2; seen.has(scope + free); n++) free = `${code}#${n}`
  seen.add(scope + free)
  return free
}

/** The code of every point's asset: its number, after its class where two classes of one lifeline share the number. */
function pointCodes(survey: Survey, takerOf: (class_code: string) => Taker | null): (string | null)[] {
  const { points } = survey
  const users = new Map<string, string>()
  const key = (i: number) => `${takerOf(points.class_code[i]!)?.lifeline.id ?? ""} ${points.text.exp_no?.[i] ?? ""}`
  for (let i = 0; i < points.count; i++) {
    const k = key(i)
    const user = users.get(k)
    users.set(k, user === undefined || user === points.class_code[i] ? points.class_code[i]! : "*")
  }
  const seen = new Set<string>()
  return Array.from({ length: points.count }, (_, i) => {
    const number = points.text.exp_no?.[i] ?? ""
    if (number === "") return null
    const code = users.get(key(i)) === "*" ? `${points.class_code[i]}:${number}` : number
    return unique(code, `${takerOf(points.class_code[i]!)?.lifeline.id ?? ""} `, seen)
  })
}

const point_ids = new Set(survey_point_attributes.map(({ id }) => id))
const line_ids = new Set(survey_line_attributes.map(({ id }) => id))
/** Attributes whose field of the survey is called otherwise. */
const renamed: Record<string, string> = { feature_code: "code", usage: "status" }

function values(columns: Survey["points"] | Survey["lines"], ids: ReadonlySet<string>, i: number): Attributes {
  const texts = columns.text as Record<string, string[]>
  const numbers = columns.number as Record<string, Float64Array>
  const found: Attributes = { subclass: columns.class_code[i]! }
  for (const id of ids) {
    const field = renamed[id] ?? id
    const number = numbers[field]?.[i]
    const value: AttributeValue = texts[field]?.[i] || (number === undefined || Number.isNaN(number) ? null : number)
    if (value !== null && value !== "") found[id] = value
  }
  return found
}

function pointValues(survey: Survey, i: number): Attributes {
  const { points } = survey
  const found = values(points, point_ids, i)
  const cover = (["cover_shape", "cover_size", "cover_material"] as const)
    .map((field) => points.text[field]?.[i] ?? "")
    .filter((text) => text !== "")
  if (cover.length > 0) found.cover = cover.join(" ")
  return withYear(found)
}

function lineValues(
  survey: Survey,
  i: number,
  declared: SurveyDeclaration,
  from_node: string,
  to_node: string,
): Attributes {
  const { lines } = survey
  const found = values(lines, line_ids, i)
  const [a, b] = [survey.from[i]!, survey.to[i]!]
  const rise = (lines.number.from_elevation_m?.[i] ?? Number.NaN) - (lines.number.to_elevation_m?.[i] ?? Number.NaN)
  const plan = Math.hypot(survey.north_m[a]! - survey.north_m[b]!, survey.east_m[a]! - survey.east_m[b]!)
  found.length_m = Number(Math.hypot(plan, Number.isNaN(rise) ? 0 : rise).toFixed(3))
  Object.assign(found, readSection(lines.text.section?.[i] ?? "") ?? {}, { from_node, to_node })
  const written = lines.text.material?.[i] ?? ""
  const code = materialCode(written)
  if (written !== "") found.material = (code && declared.materials?.[code]) ?? declared.materials?.[written] ?? written
  const laid = lines.text.burial?.[i] ?? ""
  if (laid !== "") found.burial = burialCode(laid) ?? laid
  return withYear(found)
}

const withYear = (found: Attributes): Attributes => {
  const year = Number(String(found.built_on ?? "").slice(0, 4))
  if (year >= 1800 && year <= 2100) found.installed_year = year
  return found
}

/** What the kind or the survey declares; a choice that it does not offer becomes "other" where that is offered, else is left out. */
function fitting({ attributes, choices }: Known, found: Attributes): Attributes {
  const fit: Attributes = {}
  for (const [id, value] of Object.entries(found)) {
    if (!attributes.has(id)) continue
    const offered = choices.get(id)
    if (!offered || offered.has(String(value))) fit[id] = value
    else {
      const other = [...offered].find((choice) => choice.toLowerCase() === "other")
      if (other !== undefined) fit[id] = other
    }
  }
  return fit
}
