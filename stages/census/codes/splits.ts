/**
 * How the digits of codes split into parts. Which split holds is the city's: the new family of component codes has 3
 * digits of minor class and 5 of serial, the older one 2 and 6; 18 digits stand for monitored components and events.
 */
import type { Words } from "../../../model/index.ts"

export type CodePart = { id: "region" | "major" | "middle" | "minor" | "serial"; digits: number }
export type CodeSplit = { id: string; name: Words; parts: CodePart[]; source: Words }

const part = (id: CodePart["id"], digits: number): CodePart => ({ id, digits })
const published: Words = {
  zh: "由公开的编码示例与实施方数据表归纳；新标准尚未发布，可调整",
  en: "Drawn from published examples and an implementer's tables; the new standard is not out, editable",
}

/** Splits that are offered; editable defaults. The first of each length is used where nobody chose. */
export const built_in_splits: readonly CodeSplit[] = [
  {
    id: "component-16",
    name: { zh: "部件标识码 16 位（6+2+3+5）", en: "Component code, 16 digits (6+2+3+5)" },
    parts: [part("region", 6), part("major", 2), part("minor", 3), part("serial", 5)],
    source: published,
  },
  {
    id: "component-16-old",
    name: { zh: "部件标识码 16 位（6+2+2+6，旧）", en: "Component code, 16 digits (6+2+2+6, older)" },
    parts: [part("region", 6), part("major", 2), part("minor", 2), part("serial", 6)],
    source: published,
  },
  {
    id: "monitoring-18",
    name: { zh: "监测码 18 位（6+2+2+3+5）", en: "Monitoring code, 18 digits (6+2+2+3+5)" },
    parts: [part("region", 6), part("major", 2), part("middle", 2), part("minor", 3), part("serial", 5)],
    source: published,
  },
  {
    id: "monitoring-18-even",
    name: { zh: "监测码 18 位（6+2+2+2+6）", en: "Monitoring code, 18 digits (6+2+2+2+6)" },
    parts: [part("region", 6), part("major", 2), part("middle", 2), part("minor", 2), part("serial", 6)],
    source: published,
  },
]

export const part_names: Record<CodePart["id"], Words> = {
  region: { zh: "行政区划", en: "Region" },
  major: { zh: "大类", en: "Major class" },
  middle: { zh: "中类", en: "Middle class" },
  minor: { zh: "小类", en: "Minor class" },
  serial: { zh: "顺序号", en: "Serial" },
}

export const digitsOf = (split: CodeSplit): number => split.parts.reduce((sum, { digits }) => sum + digits, 0)
export const serialMax = (split: CodeSplit): number => 10 ** (split.parts.at(-1)?.digits ?? 0) - 1
