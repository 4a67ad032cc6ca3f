/** Feature codes: the delivery's own table laid over that of CJJ 61-2017 appendix F. */

import { appendix_f } from "./appendix-f.ts"
import { majorClass } from "./codes.ts"
import { clean } from "./text.ts"
import type { CodeTable } from "./types.ts"

export type OwnCode = { code: string; name: string; class_code: string }

const built_in = new Map<string, string>()
const built_in_codes = new Map<string, string[]>()
for (const [class_code, prefix, features, appurtenances] of appendix_f) {
  const add = (names: string, kind: 1 | 2) =>
    names.split(" ").forEach((name, i) => {
      const code = `${prefix}2${kind}${String(i + 1).padStart(2, "0")}`
      built_in.set(code, name)
      push(built_in_codes, `${class_code} ${name}`, code)
      push(built_in_codes, `${majorClass(class_code)} ${name}`, code)
    })
  add(features, 1)
  add(appurtenances, 2)
}

/** `own` rows win: a code that they name has that name only, and a name that they code has those codes only. */
export function codeTable(own: readonly OwnCode[]): CodeTable {
  const names = new Map<string, string>()
  const codes = new Map<string, string[]>()
  for (const row of own) {
    const [code, name] = [clean(row.code), clean(row.name)]
    if (code === "" || name === "") continue
    names.set(code, names.has(code) && names.get(code) !== name ? `${names.get(code)}/${name}` : name)
    for (const key of new Set(["", row.class_code, majorClass(row.class_code)])) push(codes, `${key} ${name}`, code)
  }
  return {
    own: names.size > 0,
    name: (code) => names.get(code) ?? built_in.get(code) ?? null,
    of: (class_code, name) => {
      const keys = [class_code, majorClass(class_code), ""].map((key) => `${key} ${name}`)
      const found = keys.map((key) => codes.get(key)).find((list) => list !== undefined)
      return found ?? keys.map((key) => built_in_codes.get(key)).find((list) => list !== undefined) ?? []
    },
  }
}
function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key)
  if (!list) lists.set(key, [value])
  else if (!list.includes(value)) list.push(value)
}
