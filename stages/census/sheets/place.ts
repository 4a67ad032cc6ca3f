/** Lays sheets out on the earth and joins lines to points where their ends meet. */
import type { Geometry } from "../../../model/index.ts"
import { lengthM } from "../geometry.ts"
import type { AcceptedException, Issue, SurveySystem } from "../survey/index.ts"
import { swap_field } from "../survey/read.ts"
import { type Joined, joinEnds } from "./ends.ts"
import { inDegrees, isSwappable, numbersOf, type Placing, placeRow, placingOf } from "./places.ts"
import { countingRows, isSwapped } from "./read.ts"
import { rowsOf } from "./rows.ts"
import { sayTo } from "./say.ts"
import type { Sheet, Sheets } from "./types.ts"

export type PlacedSheets = Sheets & {
  /** Rows without a place. */
  placeless: number
  joined: Joined
  geometry(sheet: Sheet, i: number): Geometry | null
  /** How many rows are good, by what `good` says of them. */
  publishable(good: { isGood(table: number, row: number): boolean }): number
}

/** `system` is the delivery's own, or null where none is known; the issues of places are added to those of the sheets. */
export function placeSheets(
  sheets: Sheets,
  system: SurveySystem | null,
  exceptions: readonly AcceptedException[] = [],
): PlacedSheets {
  const placings = new Map<Sheet, Placing>()
  for (const sheet of sheets.sheets) placings.set(sheet, placingOf(sheet, system, inDegrees(sheet, cellsOf(sheet))))
  const own = (sheet: Sheet, i: number) =>
    placeRow(sheet, i, cellsOf(sheet)(i), placings.get(sheet) ?? null, isSwapped(sheet, i))
  const joined = joinEnds(sheets.sheets, (sheet, i) => {
    const placed = own(sheet, i)
    return "geometry" in placed ? placed.geometry : null
  })
  const geometry = (sheet: Sheet, i: number): Geometry | null => {
    const placed = own(sheet, i)
    return "geometry" in placed ? placed.geometry : placed.why === "none" ? joined.between(sheet, i) : null
  }
  const issues: Issue[] = [...sheets.issues]
  const say = sayTo(issues)
  let placeless = 0
  for (const sheet of sheets.sheets)
    for (const i of countingRows(sheet)) {
      const placed = own(sheet, i)
      if ("geometry" in placed || (placed.why === "none" && joined.between(sheet, i))) continue
      placeless++
      const fix =
        placed.why === "outside" && isSwappable(placed.said)
          ? { field: swap_field, value: "1", words: { zh: "对调两个坐标", en: "Exchange the two coordinates" } }
          : null
      say("geometry", sheet, i, "geometry", placed.said, why(sheet, placed.why, placed.said), { fix })
    }
  return {
    ...sheets,
    issues: withoutAccepted(issues, exceptions),
    placeless,
    joined,
    geometry,
    publishable(good) {
      let n = 0
      for (const sheet of sheets.sheets)
        for (const i of countingRows(sheet)) if (good.isGood(sheet.index, rowsOf(sheet).row(i))) n++
      return n
    },
  }
}

function withoutAccepted(issues: Issue[], exceptions: readonly AcceptedException[]): Issue[] {
  if (exceptions.length === 0) return issues
  const accepted = new Set(exceptions.map(({ rule, file, name, key }) => [rule, file, name, key].join("\n")))
  return issues.filter(({ rule, file, table_name, key }) => !accepted.has([rule, file, table_name, key].join("\n")))
}

/** Numbers of sheets that name no system, as a survey gives its own; few are enough to tell a system. */
const numbers_max = 100_000
export function sheetNumbers(sheets: Sheets): { x: Float64Array; y: Float64Array } | Record<string, never> {
  const found = sheets.sheets.flatMap((sheet) => numbersOf(sheet, cellsOf(sheet), numbers_max))
  if (found.length === 0) return {}
  return { x: Float64Array.from(found, ([x]) => x), y: Float64Array.from(found, ([, y]) => y) }
}

export const cellsOf = (sheet: Sheet) => {
  const rows = rowsOf(sheet)
  return (i: number) => ({
    text: (field: string) => rows.text(i, field),
    number: (field: string) => rows.number(i, field),
  })
}

/** Length of a line in metres, to the millimetre. */
export const measured = (geometry: Geometry): number | null => {
  const length = lengthM(geometry)
  return length === null ? null : Math.round(length * 1000) / 1000
}

const shapes = {
  point: { zh: "点", en: "a point" },
  line: { zh: "线", en: "a line" },
  area: { zh: "面", en: "an area" },
} as const

function why(sheet: Sheet, reason: "none" | "no-system" | "shape" | "outside" | "short", said: string) {
  const { name, geometry } = sheet.known.kind
  const needs =
    geometry === "point"
      ? { zh: "经度与纬度，或 X 与 Y", en: "longitude and latitude, or X and Y" }
      : geometry === "line"
        ? {
            zh: "起点、终点的经纬度，或 WKT，或两端编号及其管点",
            en: "longitude and latitude of both ends, WKT, or both ends' codes with their points",
          }
        : { zh: "WKT", en: "WKT" }
  switch (reason) {
    case "none":
      return {
        zh: said === "" ? `没有位置；请填写${needs.zh}` : `几何“${said}”读不出；请填写${needs.zh}`,
        en:
          said === "" ? `It has no place; give ${needs.en}` : `The geometry "${said}" cannot be read; give ${needs.en}`,
      }
    case "no-system":
      return {
        zh: "坐标是米，而文件没有说明坐标系；请为本批成果选择坐标系",
        en: "The coordinates are metres and the file names no system; choose the delivery's coordinate system",
      }
    case "shape":
      return {
        zh: `${name.zh}应为${shapes[geometry].zh}，而文件中是 ${said}`,
        en: `${name.en} is ${shapes[geometry].en}, and the file has a ${said}`,
      }
    case "outside":
      return {
        zh: `坐标 ${said} 不在经纬度范围内；请改正，或检查坐标系`,
        en: `${said} is no longitude and latitude; correct it, or look at the coordinate system`,
      }
    case "short":
      return {
        zh: "两端重合或边界不足三点，没有形状",
        en: "The ends are one place, or the outline has fewer than three corners",
      }
  }
}
