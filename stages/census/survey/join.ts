/** Which points a line joins: by number within the class (appendix B) that both belong to. */
import { isClass, majorClass } from "./codes.ts"
import type { Survey } from "./types.ts"

/** The class that a point number begins with ("JS123"), or "". */
export function classOfNumber(number: string): string {
  const head = number.slice(0, 2).toUpperCase()
  return isClass(head) ? head : ""
}

export type PointIndex = {
  /** Index of the point that a line of `class_code` calls `number`; -1 where there is none. */
  find(class_code: string, number: string): number
}

/** The first row of a number counts; a number on the map serves where no point number fits. */
export function pointIndex(points: Survey["points"]): PointIndex {
  const by = new Map<string, Map<string, number>>()
  const add = (numbers: string[] | undefined) => {
    if (!numbers) return
    for (let i = 0; i < points.count; i++) {
      const number = numbers[i]!
      if (number === "") continue
      const major = majorClass(points.class_code[i]!)
      let map = by.get(major)
      if (!map) {
        map = new Map()
        by.set(major, map)
      }
      if (!map.has(number)) map.set(number, i)
    }
  }
  add(points.text.exp_no)
  add(points.text.map_no)
  return {
    find(class_code, number) {
      if (number === "") return -1
      const major = majorClass(class_code)
      const own = by.get(major)?.get(number) ?? by.get("")?.get(number)
      if (own !== undefined || major !== "") return own ?? -1
      for (const map of by.values()) if (map.has(number)) return map.get(number)!
      return -1
    },
  }
}

export function joinEnds(points: Survey["points"], lines: Survey["lines"]): Pick<Survey, "from" | "to"> {
  const index = pointIndex(points)
  const [from, to] = [new Int32Array(lines.count).fill(-1), new Int32Array(lines.count).fill(-1)]
  const [from_no, to_no] = [lines.text.from_no, lines.text.to_no]
  for (let i = 0; i < lines.count; i++) {
    const class_code = lines.class_code[i]!
    if (from_no) from[i] = index.find(class_code, from_no[i]!)
    if (to_no) to[i] = index.find(class_code, to_no[i]!)
  }
  return { from, to }
}
