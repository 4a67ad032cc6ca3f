import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fail, ok, type Problem, problem, type Result } from "../../model/index.ts"
import type { Setting } from "./kinds.ts"

/** Where a value came from; later ones win. */
export type Origin = "default" | "file" | "environment" | "flag"
/** A value as it was given; `shown` is how sentences name the place. */
export type Given = { key: string; raw: unknown; shown: string; origin: Origin }
export type SettingTable = Record<string, Setting<unknown>>

const ENVIRONMENT_PREFIX = "MINGMAI_"

/** Reads `--key value`, `--key=value`, `--toggle` and `--no-toggle`; flags named in `more` and words are handed back. */
export function flagsOf(
  table: SettingTable,
  argv: readonly string[],
  more: readonly string[],
  wordsAllowed: boolean,
): Result<{ given: Given[]; more: Record<string, string>; words: string[] }> {
  const read = { given: [] as Given[], more: {} as Record<string, string>, words: [] as string[] }
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ""
    if (!word.startsWith("--") || word === "--") {
      if (word === "--") continue
      if (!wordsAllowed)
        return fail(
          bad(
            word,
            `不认识「${word}」，设置写作 --名称 值`,
            `"${word}" is not understood; write settings as --key value`,
          ),
        )
      read.words.push(word)
      continue
    }
    const [written = "", ...rest] = word.slice(2).split("=")
    let value: string | undefined = rest.length > 0 ? rest.join("=") : undefined
    const name = written.replaceAll("-", "_")
    const setting = settingOf(table, name)
    if (!setting && !more.includes(name)) {
      const off = name.startsWith("no_") ? name.slice(3) : ""
      if (settingOf(table, off)?.kind === "boolean" && value === undefined) {
        read.given.push({ key: off, raw: false, shown: word, origin: "flag" })
        continue
      }
      return fail(
        unknownKey(name, `--${written}`, (key) => `--${key.replaceAll("_", "-")}`, [...Object.keys(table), ...more]),
      )
    }
    const next = argv[i + 1]
    if (value === undefined && setting?.kind === "boolean") {
      const spoken = next !== undefined && setting.read(next) !== undefined
      value = spoken ? next : "true"
      if (spoken) i++
    } else if (value === undefined) {
      if (next === undefined || next.startsWith("--"))
        return fail(bad(name, `--${written} 后面缺少值`, `--${written} needs a value after it`))
      value = next
      i++
    }
    if (setting) read.given.push({ key: name, raw: value, shown: `--${written}`, origin: "flag" })
    else read.more[name] = value
  }
  return ok(read)
}

/** Reads MINGMAI_<KEY>; a variable with the prefix that is no setting is refused. */
export function environmentOf(table: SettingTable, env: Record<string, string | undefined>): Result<Given[]> {
  const given: Given[] = []
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || raw === undefined) continue
    const key = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase()
    if (!settingOf(table, key) || name !== name.toUpperCase())
      return fail(unknownKey(key, name, (k) => ENVIRONMENT_PREFIX + k.toUpperCase(), Object.keys(table)))
    given.push({ key, raw, shown: name, origin: "environment" })
  }
  return ok(given)
}

/** Reads mingmai.json of the data folder, where there is one. */
export function fileOf(table: SettingTable, folder: string): Result<Given[]> {
  const path = join(folder, "mingmai.json")
  if (!existsSync(path)) return ok([])
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    return fail(bad(path, `读不懂 ${path}：${String(error)}`, `${path} cannot be read as JSON: ${String(error)}`))
  }
  if (typeof content !== "object" || content === null || Array.isArray(content))
    return fail(bad(path, `${path} 应为 {"名称": 值}`, `${path} must be an object of keys and values`))
  const given: Given[] = []
  for (const [name, raw] of Object.entries(content)) {
    if (!settingOf(table, name)) return fail(unknownKey(name, `${name} (${path})`, (k) => k, Object.keys(table)))
    if (name === "data_dir")
      return fail(
        bad(name, `${path} 不能改变 data_dir`, `${path} cannot set data_dir; use --data-dir or MINGMAI_DATA_DIR`),
      )
    given.push({ key: name, raw, shown: path, origin: "file" })
  }
  return ok(given)
}

const settingOf = (table: SettingTable, name: string) => (Object.hasOwn(table, name) ? table[name] : undefined)

/** A setting that is refused, and why. */
export const bad = (field: string, zh: string, en: string, value?: unknown): Problem =>
  problem("setting-refused", 400, zh, en, { field, ...(value !== undefined && { value }) })

/** The sentence for a value that its setting does not allow. */
export function wrongValue(given: Given, setting: Setting<unknown>): Problem {
  const value = setting.secret ? "…" : typeof given.raw === "string" ? given.raw : JSON.stringify(given.raw)
  return bad(
    given.key,
    `设置 ${given.key}（${given.shown}）的值「${value}」不可用，应为：${setting.allowed.zh}`,
    `Setting ${given.key} (${given.shown}) cannot be "${value}"; allowed: ${setting.allowed.en}`,
    value,
  )
}

function unknownKey(name: string, shown: string, write: (key: string) => string, known: readonly string[]): Problem {
  const near = known.map((key) => ({ key, steps: editDistance(name, key) })).sort((a, b) => a.steps - b.steps)[0]
  const close = near && near.steps <= Math.max(2, name.length / 2) ? write(near.key) : ""
  return bad(
    name,
    `没有名为 ${shown} 的设置，${close ? `是否想写 ${close}？` : "全部设置见 docs/guide/settings.md"}`,
    `There is no setting ${shown}; ${close ? `did you mean ${close}?` : "all of them are in docs/guide/settings.md"}`,
  )
}

/** Levenshtein distance in letters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= Math.min(a.length, 100); i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
