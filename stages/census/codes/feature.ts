/**
 * Feature codes of pipelines (CJJ 61-2017, appendix F): 8 digits, `5`, major class, two digits of subclass, element
 * (1 line, 2 point, 3 area), kind of point (1 feature, 2 appurtenance; 0 for lines and areas), and a serial of two.
 */
import type { Words } from "../../../model/index.ts"

export type FeatureParts = {
  /** 1 water … 8 other, as appendix B numbers its classes. */
  major: number
  subclass: number
  element: "line" | "point" | "area"
  point_kind: "feature" | "appurtenance" | null
  serial: number
}
const elements = ["line", "point", "area"] as const
const point_kinds = ["feature", "appurtenance"] as const

/** Throws a RangeError that names the part and what fits. */
export function featureCode({ major, subclass, element, point_kind, serial }: FeatureParts): string {
  const whole = (name: string, value: number, min: number, max: number) => {
    if (!Number.isInteger(value) || value < min || value > max)
      throw new RangeError(`${name} ${value} must be ${min} … ${max}`)
  }
  whole("major", major, 1, 8)
  whole("subclass", subclass, 0, 99)
  whole("serial", serial, 0, 99)
  if ((element === "point") !== (point_kind !== null))
    throw new RangeError(`point_kind "${point_kind}" does not go with element "${element}"; only points have one`)
  const kind = point_kind === null ? 0 : point_kinds.indexOf(point_kind) + 1
  const two = (value: number) => String(value).padStart(2, "0")
  return `5${major}${two(subclass)}${elements.indexOf(element) + 1}${kind}${two(serial)}`
}

/** Null where it is no feature code. */
export function featureParts(code: string): FeatureParts | null {
  const found = /^5([1-8])(\d{2})([123])([012])(\d{2})$/.exec(code)
  if (!found) return null
  const element = elements[Number(found[3]) - 1]!
  const kind = Number(found[4])
  if ((element === "point") !== kind > 0) return null
  return {
    major: Number(found[1]),
    subclass: Number(found[2]),
    element,
    point_kind: kind === 0 ? null : point_kinds[kind - 1]!,
    serial: Number(found[5]),
  }
}

/** What is wrong with a feature code, or null. */
export function featureProblem(code: string): Words | null {
  if (!/^\d{8}$/.test(code))
    return { zh: `要素编码“${code}”应为 8 位数字`, en: `The feature code "${code}" must be 8 digits` }
  if (!code.startsWith("5"))
    return { zh: `要素编码“${code}”应以 5 开头`, en: `The feature code "${code}" must begin with 5` }
  if (featureParts(code)) return null
  return {
    zh: `要素编码“${code}”的大类应为 1–8，要素为 1 线、2 点、3 面，点另有 1 特征或 2 附属物`,
    en: `The feature code "${code}" needs a class 1–8, 1 line, 2 point or 3 area, and for points 1 feature or 2 appurtenance`,
  }
}
