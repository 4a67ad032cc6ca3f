import { codePrefix } from "../survey/codes.ts"
import { type Context, type Fix, point_flag } from "./context.ts"
import { habit } from "./habit.ts"

/** A code that so many rows use with one name, and this share of them, means that name in this delivery. */
const uses_min = 8
const share_min = 0.8

/**
 * Code and name of a point agree: by the delivery's own code table where it has one; else by CJJ 61 appendix F where the
 * table mostly follows it; and by what the delivery itself means with a code in nearly all rows.
 */
export function codeName(c: Context): void {
  const { points, codes } = c.survey
  const { code, feature, appurtenance } = points.text
  if (!code) return
  const name = (i: number) => feature?.[i] || appurtenance?.[i] || ""
  const asked = (i: number) => code[i] !== "" && name(i) !== "" && (c.point_flags[i]! & point_flag.feature) === 0
  const known = (i: number) => codes.name(code[i]!)
  const fits = (i: number) => (known(i) ?? "").split("/").some((said) => sameName(said, name(i)))
  const by_table = habit(
    points,
    (i) => asked(i) && known(i) !== null,
    (i) => !fits(i),
  )
  const usual = usualNames(c, asked, name)
  for (let i = 0; i < points.count; i++) {
    if (!asked(i)) continue
    const usual_name = usual.names.get(`${c.major_of_point[i]} ${code[i]}`)
    const table_says = known(i) !== null && (codes.own || !by_table.has(points.table[i]!))
    const unknown = codes.own && known(i) === null && usual_name !== name(i)
    const wrong = table_says ? !fits(i) : usual_name !== undefined && !sameName(usual_name, name(i))
    const foreign = !codes.own && !wrong && foreignCode(points.class_code[i]!, code[i]!) && usual_name === undefined
    if (!wrong && !unknown && !foreign) continue
    const stands_for = table_says ? known(i)! : usual_name
    c.sayPoint(
      "code-name",
      i,
      "code",
      stands_for === undefined
        ? {
            zh: `编码 ${code[i]} 不在编码表中或不属于该类管线，名称为“${name(i)}”`,
            en: `Code ${code[i]} is in no code table of this class; the name is "${name(i)}"`,
          }
        : {
            zh: `编码 ${code[i]} 表示“${stands_for}”，而名称为“${name(i)}”`,
            en: `Code ${code[i]} stands for "${stands_for}" but the name is "${name(i)}"`,
          },
      proposal(codes.of(points.class_code[i]!, name(i)), usual.codes.get(`${c.major_of_point[i]} ${name(i)}`)),
    )
  }
}

const plain = (name: string): string => name.replace(/[\s()（）]/g, "").replace(/(?:点|井盖)$/, "")
const sameName = (a: string, b: string): boolean => a === b || plain(a) === plain(b)

/** An 8-digit code of appendix F begins with 5 and the digits of its class. */
function foreignCode(class_code: string, code: string): boolean {
  const prefix = codePrefix(class_code)
  return /^5\d{7}$/.test(code) && prefix !== null && !code.startsWith(prefix.slice(0, 2))
}

function proposal(listed: string[], usual: string | undefined): Fix {
  const value =
    usual !== undefined && (listed.length === 0 || listed.includes(usual))
      ? usual
      : listed.length === 1
        ? listed[0]
        : undefined
  return value === undefined
    ? null
    : { field: "code", value, words: { zh: `编码改为 ${value}`, en: `Code becomes ${value}` } }
}

/** Names that codes usually go with in this delivery, and the other way round, by class and code. */
function usualNames(c: Context, asked: (i: number) => boolean, name: (i: number) => string) {
  const { points } = c.survey
  const counts = new Map<string, Map<string, number>>()
  const back = new Map<string, Map<string, number>>()
  const count = (maps: Map<string, Map<string, number>>, key: string, value: string) => {
    let map = maps.get(key)
    if (!map) {
      map = new Map()
      maps.set(key, map)
    }
    map.set(value, (map.get(value) ?? 0) + 1)
  }
  for (let i = 0; i < points.count; i++) {
    if (!asked(i)) continue
    const code = points.text.code![i]!
    count(counts, `${c.major_of_point[i]} ${code}`, name(i))
    count(back, `${c.major_of_point[i]} ${name(i)}`, code)
  }
  const most = (maps: Map<string, Map<string, number>>): Map<string, string> => {
    const found = new Map<string, string>()
    for (const [key, map] of maps) {
      const total = [...map.values()].reduce((sum, n) => sum + n, 0)
      const [value, n] = [...map].reduce((best, one) => (one[1] > best[1] ? one : best))
      if (total >= uses_min && n >= share_min * total) found.set(key, value)
    }
    return found
  }
  return { names: most(counts), codes: most(back) }
}
