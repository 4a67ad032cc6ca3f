/** Risk of bridges. Weights and marks are editable defaults in the manner of an index method, not a standard's. */
import type { Attributes, AttributeValue } from "../../model/index.ts"
import type { RiskFactor, RiskRule } from "../contract.ts"

type Marked = ReturnType<RiskFactor["mark"]>
type Said = { zh: string; en: string }
const unknown: Marked = { mark: null, input: null, words: { zh: "未知", en: "Unknown" } }
const marked = (mark: number, input: AttributeValue, words: Said): Marked => ({
  mark: Math.min(10, Math.max(0, Math.round(mark * 10) / 10)),
  input,
  words,
})
const numberOf = (attributes: Attributes, name: string): number | null => {
  const value = attributes[name]
  return typeof value === "number" && Number.isFinite(value) ? value : null
}
/** A factor that marks one numeric attribute on a straight line from `best` (0) to `worst` (10). */
const straight =
  (attribute: string, best: number, worst: number, words: (value: number) => Said): RiskFactor["mark"] =>
  (attributes) => {
    const value = numberOf(attributes, attribute)
    return value === null ? unknown : marked((10 * (value - best)) / (worst - best), value, words(value))
  }
/** A factor that looks one attribute up in a table. */
const table =
  (attribute: string, marks: Record<string, number>): RiskFactor["mark"] =>
  (attributes) => {
    const value = attributes[attribute]
    if (typeof value !== "string" || !Object.hasOwn(marks, value)) return unknown
    return marked(marks[value]!, value, { zh: value, en: value })
  }
const year_ms = 365.25 * 86_400_000
/** Whole years from an attribute's year to `now`; `worst` years mark 10. */
const years =
  (attribute: string, worst: number, words: (n: number) => Said): RiskFactor["mark"] =>
  (attributes, now) => {
    const from = numberOf(attributes, attribute)
    if (from === null) return unknown
    const n = Math.max(0, Math.floor(1970 + now / year_ms) - from)
    return marked((10 * n) / worst, from, words(n))
  }

export const risks: RiskRule[] = [
  {
    id: "bridge",
    version: 1,
    name: { zh: "桥梁风险", en: "Risk of bridges" },
    asset_kind: "bridge",
    factors: [
      {
        id: "condition",
        name: { zh: "技术状况", en: "Condition" },
        side: "likelihood",
        weight: 4,
        mark: table("condition", { A: 1, B: 3, C: 5, D: 8, E: 10 }),
      },
      {
        id: "age",
        name: { zh: "桥龄", en: "Age" },
        side: "likelihood",
        weight: 2,
        mark: years("built_year", 60, (n) => ({ zh: `使用 ${n} 年`, en: `${n} years in use` })),
      },
      {
        id: "structure",
        name: { zh: "结构类型", en: "Structure" },
        side: "likelihood",
        weight: 1,
        mark: table("structure", {
          beam: 4,
          box_girder: 4,
          rigid_frame: 4,
          footbridge: 3,
          arch: 5,
          cable_stayed: 6,
          suspension: 6,
        }),
      },
      {
        id: "inspection",
        name: { zh: "距上次检测", en: "Since the last inspection" },
        side: "likelihood",
        weight: 2,
        mark: years("inspected_year", 6, (n) => ({ zh: `${n} 年前`, en: `${n} years ago` })),
      },
      {
        id: "traffic",
        name: { zh: "交通量", en: "Traffic" },
        side: "consequence",
        weight: 3,
        mark: straight("vehicles_per_day", 0, 60_000, (n) => ({ zh: `每日 ${n} 辆`, en: `${n} vehicles a day` })),
      },
      {
        id: "span",
        name: { zh: "最大跨径", en: "Longest span" },
        side: "consequence",
        weight: 2,
        mark: straight("span_max_m", 0, 150, (m) => ({ zh: `${m} m`, en: `${m} m` })),
      },
      {
        id: "crosses",
        name: { zh: "跨越对象", en: "What it crosses" },
        side: "consequence",
        weight: 2,
        mark: table("crosses", { river: 5, road: 7, railway: 10 }),
      },
      {
        id: "pipes",
        name: { zh: "附挂管线", en: "Pipes on it" },
        side: "consequence",
        weight: 1,
        mark: ({ carries_pipes: carries }) =>
          typeof carries !== "boolean"
            ? unknown
            : marked(carries ? 8 : 2, carries, carries ? { zh: "有", en: "Yes" } : { zh: "无", en: "None" }),
      },
    ],
    bands: [25, 16, 9],
    source: {
      zh: "可编辑默认值：可能性与后果各为加权平均（0～10），两者相乘；25、16、9 分相当于两侧均为 5、4、3；权重和分级线请按本市评估办法修改",
      en: "Editable default: likelihood and consequence are weighted means (0 to 10), the score is their product; 25, 16 and 9 stand for both sides at 5, 4 and 3; set weights and bands to the city's own method",
    },
  },
]
