/** Why an asset has less than the full mark, in words. */
import type { AssetKind, Words } from "../../../model/index.ts"
import { rules } from "../checks/index.ts"
import { endsOf, type Measure, missingOf, type QualitySettings } from "./score.ts"
import type { LowRow } from "./store.ts"

export function whyLow(row: LowRow, kind: AssetKind | undefined, measure: Measure, settings: QualitySettings): Words[] {
  switch (measure) {
    case "completeness": {
      if (!kind) return []
      const name = new Map(kind.attributes.map((one) => [one.id, one.name]))
      return missingOf(kind, row.attributes).map((id) => ({
        zh: `未填${name.get(id)!.zh}`,
        en: `${name.get(id)!.en} is not filled in`,
      }))
    }
    case "consistency":
      return [
        ...(row.code === null ? [{ zh: "没有编号", en: "It has no code" }] : []),
        ...(kind && endsOf(kind).length > 0 && !row.has_from ? [end("起点", "start", row.attributes.from_node)] : []),
        ...(kind && endsOf(kind).length > 0 && !row.has_to ? [end("终点", "end", row.attributes.to_node)] : []),
        ...row.open_rules.map((rule) => {
          const { name } = (rules as Record<string, (typeof rules)[keyof typeof rules]>)[rule] ?? {
            name: { zh: rule, en: rule },
          }
          return { zh: `未处理的问题：${name.zh}`, en: `Open issue: ${name.en}` }
        }),
      ]
    case "accuracy": {
      const { position_m } = row
      if (position_m === null) return [{ zh: "精度未知", en: "Its accuracy is not known" }]
      const found = settings.accuracy.find(({ position_m_max }) => position_m <= position_m_max)
      return [
        found
          ? { zh: `精度 ${position_m} m，${found.class} 级`, en: `Accurate to ${position_m} m, class ${found.class}` }
          : { zh: `精度 ${position_m} m，低于各级`, en: `Accurate to ${position_m} m, below every class` },
      ]
    }
    case "freshness": {
      const years = Math.round(row.age_years * 10) / 10
      return [{ zh: `资料已有 ${years} 年`, en: `What is known of it is ${years} years old` }]
    }
  }
}

const end = (zh: string, en: string, said: unknown): Words =>
  said === undefined || said === null || said === ""
    ? { zh: `未填${zh}`, en: `Its ${en} is not named` }
    : { zh: `${zh} ${said} 不存在`, en: `Its ${en} ${said} is not there` }
