/** Risk of water mains by census attributes alone; every mark is 0…10, what is unknown stays unknown. */
import type { Attributes, AttributeValue } from "../../model/index.ts"
import type { RiskFactor, RiskRule } from "../contract.ts"

const year_ms = 365.2425 * 86_400_000

/** Marks by material: metal that corrodes and brittle pipes break most (editable default after break statistics). */
const material_marks: Record<string, number> = { GS: 9, CI: 8, AC: 8, ST: 6, PCCP: 5, PVC: 5, OTHER: 5, DI: 2, PE: 2 }
const material_names: Record<string, string> = {
  GS: "镀锌钢",
  CI: "灰口铸铁",
  AC: "石棉水泥",
  ST: "钢",
  PCCP: "PCCP",
  PVC: "PVC",
  OTHER: "其他",
  DI: "球墨铸铁",
  PE: "聚乙烯",
}

const number = (value: AttributeValue | undefined): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null

const unknown = { zh: "未知", en: "unknown" }

/** A factor whose mark rises in a straight line from 0 at `low` to 10 at `high`. */
function ramp(
  id: string,
  name: RiskFactor["name"],
  side: RiskFactor["side"],
  weight: number,
  unit: string,
  low: number,
  high: number,
  read: (attributes: Attributes, now: number) => number | null,
): RiskFactor {
  return {
    id,
    name,
    side,
    weight,
    mark(attributes, now) {
      const input = read(attributes, now)
      if (input === null) return { mark: null, input: null, words: unknown }
      const share = Math.max(0, Math.min(1, (input - low) / (high - low)))
      const shown = `${Math.round(input * 10) / 10}${unit ? ` ${unit}` : ""}`
      return { mark: Math.round(share * 100) / 10, input, words: { zh: shown, en: shown } }
    },
  }
}

const age_years = (attributes: Attributes, now: number): number | null => {
  const year = number(attributes.installed_year)
  return year === null ? null : Math.max(0, 1970 + now / year_ms - year)
}

export const risks: RiskRule[] = [
  {
    id: "water-main-break",
    version: 1,
    name: { zh: "供水管爆管风险", en: "Risk of a main break" },
    asset_kind: "pipe",
    factors: [
      // 30 years in service is what the national safety-city scoring calls old; 60 is twice that.
      ramp("age", { zh: "管龄", en: "Age" }, "likelihood", 3, "a", 5, 60, age_years),
      {
        id: "material",
        name: { zh: "管材", en: "Material" },
        side: "likelihood",
        weight: 3,
        mark(attributes) {
          const input = attributes.material ?? null
          const mark = typeof input === "string" ? (material_marks[input.toUpperCase()] ?? null) : null
          if (mark === null) return { mark, input, words: unknown }
          const code = String(input).toUpperCase()
          return { mark, input, words: { zh: material_names[code] ?? code, en: code } }
        },
      },
      ramp("breaks", { zh: "历史爆漏", en: "Earlier breaks" }, "likelihood", 4, "", 0, 4, (a) => number(a.breaks)),
      // Small mains break more often per kilometre (ring breaks by bending), large ones do more harm.
      ramp("bore", { zh: "小口径", en: "Small bore" }, "likelihood", 1, "mm", 300, 75, (a) => number(a.diameter_mm)),
      ramp("diameter", { zh: "管径", en: "Diameter" }, "consequence", 4, "mm", 50, 800, (a) => number(a.diameter_mm)),
      ramp("people", { zh: "影响人口", en: "People served" }, "consequence", 4, "", 0, 5000, (a) =>
        number(a.people_served),
      ),
      ramp("pressure", { zh: "工作压力", en: "Working pressure" }, "consequence", 2, "m", 10, 80, (a) =>
        number(a.pressure_m),
      ),
    ],
    bands: [49, 25, 9],
    source: {
      zh: "可编辑默认值：可能性（管龄、管材、爆漏史、口径）×后果（管径、人口、压力），各为加权平均分 0–10；30 年以上为老旧管",
      en: "Editable default: likelihood (age, material, breaks, bore) × consequence (diameter, people, pressure), weighted means of marks 0–10; 30 years counts as old",
    },
  },
]
