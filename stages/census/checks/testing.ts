/** A small sound delivery for tests: a water main with a branch, a sewer beside it, another sewer crossing below. */
import type { Cell, Table } from "../../../platform/tables/index.ts"
import { readSurvey } from "../survey/index.ts"
import type { CheckSettings, Issue } from "../survey/types.ts"
import type { CheckOptions } from "./index.ts"
import { checkSurvey, defaultCheckSettings } from "./index.ts"

export type Sheet = { name: string; header: string[]; rows: Cell[][] }
export type Delivery = Record<"JSPOINT" | "JSLINE" | "WSPOINT" | "WSLINE", Sheet>

const point_header = ["Map_No", "Exp_No", "X", "Y", "High", "Feature", "Subsid"]
const line_header = ["S_Point", "E_Point", "S_Deep", "E_Deep", "S_High", "E_High", "Material", "D_S", "FlowDirect"]

/** A table as a CSV reader makes it: the header is its first row. */
export function tableOf(sheet: Sheet, more: Partial<Table> = {}): Table {
  const rows = [sheet.header, ...sheet.rows]
  return {
    file: `${sheet.name}.csv`,
    name: sheet.name,
    format: "csv",
    columns: null,
    cells: sheet.header.map((_, k) => rows.map((row) => row[k] ?? null)),
    rows: Uint32Array.from(rows, (_, i) => i + 1),
    geometry: null,
    crs: null,
    problems: [],
    ...more,
  }
}

const round = (value: number): number => Number(value.toFixed(3))
const ground = (k: number): number => round(20 + 0.01 * k)

/** Water J1…J12 eastwards with a branch J13…J18 north from the tee J6; sewer W1…W12 4 m south of it, falling. */
export function soundDelivery(): Delivery {
  const [x0, y0] = [3_520_000.123, 500_000.456]
  const js_points: Cell[][] = []
  const js_lines: Cell[][] = []
  const add = (points: Cell[][], prefix: string, n: number, x: number, y: number, feature: string, subsid: string) =>
    points.push([`${prefix}${n}`, `${prefix}${n}`, round(x), round(y), ground(n), feature, subsid])
  const join = (
    lines: Cell[][],
    prefix: string,
    a: number,
    b: number,
    depth: (k: number) => number,
    make: [string, string],
    flow: string,
  ) =>
    lines.push([
      `${prefix}${a}`,
      `${prefix}${b}`,
      depth(a),
      depth(b),
      round(ground(a) - depth(a)),
      round(ground(b) - depth(b)),
      ...make,
      flow,
    ])
  for (let k = 1; k <= 12; k++)
    add(
      js_points,
      "JS",
      k,
      x0,
      y0 + 30 * k,
      k === 6 ? "三通" : k === 12 ? "预留口" : k === 3 ? "" : "直线点",
      k === 3 ? "阀门" : "",
    )
  for (let k = 13; k <= 18; k++)
    add(js_points, "JS", k, x0 + 30 * (k - 12), y0 + 180, k === 18 ? "预留口" : "直线点", "")
  for (let k = 1; k < 12; k++) join(js_lines, "JS", k, k + 1, () => 1.2, ["球墨铸铁", "DN300"], "")
  join(js_lines, "JS", 6, 13, () => 1.2, ["球墨铸铁", "DN300"], "")
  for (let k = 13; k < 18; k++) join(js_lines, "JS", k, k + 1, () => 1.2, ["球墨铸铁", "DN300"], "")
  const ws_points: Cell[][] = []
  const ws_lines: Cell[][] = []
  const sewer_depth = (k: number) => round(2.5 + 0.11 * k)
  for (let k = 1; k <= 12; k++) add(ws_points, "WS", k, x0 - 4, y0 + 30 * k + 1, "", "检查井")
  for (let k = 1; k < 12; k++) join(ws_lines, "WS", k, k + 1, sewer_depth, ["混凝土", k < 6 ? "DN300" : "DN400"], "1")
  return {
    JSPOINT: { name: "JSPOINT", header: [...point_header], rows: js_points },
    JSLINE: { name: "JSLINE", header: [...line_header], rows: js_lines },
    WSPOINT: { name: "WSPOINT", header: [...point_header], rows: ws_points },
    WSLINE: { name: "WSLINE", header: [...line_header], rows: ws_lines },
  }
}

/** Every issue of a delivery, those of its headers first. */
export function issuesOf(
  delivery: Record<string, Sheet>,
  settings: Partial<CheckSettings> = {},
  options: CheckOptions = {},
): Issue[] {
  const { survey, issues } = readSurvey(Object.values(delivery).map((sheet) => tableOf(sheet)))
  return [...issues, ...checkSurvey(survey, { ...defaultCheckSettings, ...settings }, options)]
}
export const brief = (issues: readonly Issue[]): string[] => issues.map((issue) => `${issue.rule} ${issue.key}`)
