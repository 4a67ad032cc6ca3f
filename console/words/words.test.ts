import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"

const here = new URL(".", import.meta.url).pathname
const root = new URL("..", import.meta.url).pathname

type Tree = { [key: string]: string | Tree }
const flat = (tree: Tree, prefix = ""): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  )
/** zh.json and en.json with the screens' own word files beside them (response.zh.json …). */
const words = (language: string): Map<string, string> =>
  new Map(
    readdirSync(here)
      .filter((f) => f === `${language}.json` || f.endsWith(`.${language}.json`))
      .flatMap((f) => flat(JSON.parse(readFileSync(join(here, f), "utf8")))),
  )

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (name === "dist" || name === "node_modules") continue
    if (statSync(path).isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(name) && !name.includes(".test.")) yield readFileSync(path, "utf8")
  }
}

const zh = words("zh")
const en = words("en")

test("both languages have the same keys, none empty, with the same blanks", () => {
  expect([...zh.keys()].sort()).toEqual([...en.keys()].sort())
  const blanks = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort().join()
  for (const [key, text] of zh) {
    expect(text, key).not.toBe("")
    expect(en.get(key), key).not.toBe("")
    expect(blanks(en.get(key)!), key).toBe(blanks(text))
  }
})

test("every key used in the code exists", () => {
  let seen = 0
  for (const source of sources(root)) {
    for (const [, key] of source.matchAll(/\bt\(\s*"([\w.]+)"/g)) {
      seen++
      expect(zh.has(key!), key).toBe(true)
    }
    for (const [, prefix] of source.matchAll(/\bt\(\s*`([\w.]+)\.\$\{/g)) {
      seen++
      expect(
        [...zh.keys()].some((k) => k.startsWith(`${prefix}.`)),
        prefix,
      ).toBe(true)
    }
  }
  expect(seen).toBeGreaterThan(100)
})
