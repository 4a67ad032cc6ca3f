/** Risk of gas mains. Weights and marks are editable defaults in the manner of an index method, not a standard's. */
import type { AttributeValue, Words } from "../../model/index.ts"
import type { RiskFactor, RiskRule } from "../contract.ts"
import { pressure_classes } from "./assets.ts"

type Marked = ReturnType<RiskFactor["mark"]>
const unknown: Marked = { mark: null, input: null, words: { zh: "未知", en: "Unknown" } }
const marked = (mark: number, input: AttributeValue, zh: string, en: string): Marked => ({
  mark: Math.min(10, Math.max(0, Math.round(mark * 10) / 10)),
  input,
  words: { zh, en },
})
/** A factor that marks one numeric attribute on a straight line from `best` (0) to `worst` (10). */
const straight =
  (attribute: string, best: number, worst: number, words: (value: number) => Words): RiskFactor["mark"] =>
  (attributes) => {
    const value = attributes[attribute]
    if (typeof value !== "number" || !Number.isFinite(value)) return unknown
    const { zh, en } = words(value)
    return marked((10 * (value - best)) / (worst - best), value, zh, en)
  }
/** A factor that looks one attribute up in a table. */
const table =
  (attribute: string, marks: Record<string, number>): RiskFactor["mark"] =>
  (attributes) => {
    const value = attributes[attribute]
    if (typeof value !== "string" || !Object.hasOwn(marks, value)) return unknown
    return marked(marks[value]!, value, value, value)
  }

const year_ms = 365.25 * 86_400_000
/** Years from the start of the year of laying to `now`; 50 years mark 10. */
const age: RiskFactor["mark"] = (attributes, now) => {
  const installed = attributes.installed_year
  if (typeof installed !== "number" || !Number.isFinite(installed)) return unknown
  const years = Math.max(0, Math.floor(1970 + now / year_ms) - installed)
  return marked(years / 5, installed, `使用 ${years} 年`, `${years} years in use`)
}
const pressure = (marks: number[]): RiskFactor["mark"] =>
  table("pressure_class", Object.fromEntries(pressure_classes.map(([value], i) => [value, marks[i] ?? 10])))

export const risks: RiskRule[] = [
  {
    id: "gas-pipe",
    version: 1,
    name: { zh: "燃气管道风险", en: "Risk of gas mains" },
    asset_kind: "gas_pipe",
    factors: [
      { id: "age", name: { zh: "管龄", en: "Age" }, side: "likelihood", weight: 3, mark: age },
      {
        id: "material",
        name: { zh: "管材", en: "Material" },
        side: "likelihood",
        weight: 3,
        mark: table("material", { PE: 2, ST: 5, DI: 5, GS: 8, CI: 9 }),
      },
      {
        id: "leaks",
        name: { zh: "历史泄漏", en: "Leaks so far" },
        side: "likelihood",
        weight: 3,
        mark: straight("leaks", 0, 3, (n) => ({ zh: `${n} 次`, en: `${n} leaks` })),
      },
      {
        id: "depth",
        name: { zh: "埋深", en: "Depth" },
        side: "likelihood",
        weight: 1,
        mark: straight("depth_m", 1.5, 0.3, (m) => ({ zh: `${m} m`, en: `${m} m` })),
      },
      {
        id: "pressure",
        name: { zh: "压力级别", en: "Pressure class" },
        side: "consequence",
        weight: 3,
        mark: pressure([2, 4, 5, 7, 8, 9, 10]),
      },
      {
        id: "diameter",
        name: { zh: "管径", en: "Diameter" },
        side: "consequence",
        weight: 2,
        mark: straight("diameter_mm", 0, 500, (mm) => ({ zh: `DN${mm}`, en: `DN${mm}` })),
      },
      {
        id: "building",
        name: { zh: "邻近建筑", en: "Buildings nearby" },
        side: "consequence",
        weight: 3,
        mark: straight("near_building_m", 30, 0, (m) => ({ zh: `距建筑 ${m} m`, en: `${m} m from a building` })),
      },
      {
        id: "location",
        name: { zh: "地区等级", en: "Location class" },
        side: "consequence",
        weight: 2,
        mark: straight("location_class", 0, 4, (n) => ({ zh: `${n} 级地区`, en: `Class ${n}` })),
      },
    ],
    bands: [25, 16, 9],
    source: {
      zh: "可编辑默认值：可能性与后果各为加权平均（0～10），两者相乘；25、16、9 分相当于两侧均为 5、4、3；权重和分级线请按本市评估办法修改",
      en: "Editable default: likelihood and consequence are weighted means (0 to 10), the score is their product; 25, 16 and 9 stand for both sides at 5, 4 and 3; set weights and bands to the city's own method",
    },
  },
]
