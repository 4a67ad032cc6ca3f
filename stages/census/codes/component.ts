/** Codes of city components and of what is monitored: composed, taken apart, and checked. */
import type { Words } from "../../../model/index.ts"
import { built_in_splits, type CodePart, type CodeSplit, digitsOf, part_names, serialMax } from "./splits.ts"

/** Everything of a code but its serial. */
export type CodeClass = Partial<Record<Exclude<CodePart["id"], "serial">, string>>

/** First two digits of GB/T 2260 regions. */
const provinces = new Set(
  "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split(" "),
)

/** The digits before the serial; throws a RangeError that names the part, its value and what to write. */
export function prefixOf(split: CodeSplit, of: CodeClass): string {
  return split.parts
    .slice(0, -1)
    .map(({ id, digits }) => {
      const value = of[id as keyof CodeClass] ?? ""
      if (!new RegExp(`^\\d{${digits}}$`).test(value)) throw new RangeError(`${id} "${value}" must be ${digits} digits`)
      return value
    })
    .join("")
}

/** Throws a RangeError where the serial does not fit. */
export function codeOf(split: CodeSplit, of: CodeClass, serial: number): string {
  if (!Number.isInteger(serial) || serial < 1 || serial > serialMax(split))
    throw new RangeError(`serial ${serial} must be 1 … ${serialMax(split)}`)
  return prefixOf(split, of) + String(serial).padStart(split.parts.at(-1)!.digits, "0")
}

/** Takes a code apart; null where its length is not the split's or it is not of digits. */
export function partsOf(split: CodeSplit, code: string): Record<CodePart["id"], string> | null {
  if (!/^\d+$/.test(code) || code.length !== digitsOf(split)) return null
  const found = {} as Record<CodePart["id"], string>
  let at = 0
  for (const { id, digits } of split.parts) {
    found[id] = code.slice(at, at + digits)
    at += digits
  }
  return found
}

/**
 * What is wrong with a code, or null. The code counts as sound where one of the splits of its length takes it: region of
 * a province that exists, and no part that is all zeros but the middle of the region.
 */
export function codeProblem(code: string, splits: readonly CodeSplit[] = built_in_splits): Words | null {
  if (!/^\d+$/.test(code))
    return { zh: `部件标识码“${code}”应全为数字`, en: `The component code "${code}" must be digits only` }
  const fitting = splits.filter((split) => digitsOf(split) === code.length)
  if (fitting.length === 0) {
    const lengths = [...new Set(splits.map(digitsOf))].join("/")
    return {
      zh: `部件标识码“${code}”有 ${code.length} 位，应为 ${lengths} 位`,
      en: `The component code "${code}" has ${code.length} digits; it needs ${lengths}`,
    }
  }
  const problems = fitting.map((split) => partProblem(split, code))
  return problems.includes(null) ? null : (problems[0] ?? null)
}

function partProblem(split: CodeSplit, code: string): Words | null {
  const parts = partsOf(split, code)!
  if (!provinces.has(parts.region.slice(0, 2)))
    return {
      zh: `部件标识码“${code}”的行政区划 ${parts.region} 不存在（GB/T 2260）`,
      en: `The region ${parts.region} of "${code}" is none of GB/T 2260`,
    }
  for (const { id } of split.parts)
    if (/^0+$/.test(parts[id]))
      return {
        zh: `部件标识码“${code}”的${part_names[id].zh}全为 0`,
        en: `The ${part_names[id].en.toLowerCase()} of "${code}" is all zeros`,
      }
  return null
}

/** Minor classes of the standard are numbered from 001; a city's own count down from 999 and say so in their name. */
export const own_minor_min = 80
export const isOwnMinor = (split: CodeSplit, code: string): boolean => {
  const minor = split.parts.find(({ id }) => id === "minor")
  return minor?.digits === 3 && Number(partsOf(split, code)?.minor ?? 0) >= own_minor_min
}
