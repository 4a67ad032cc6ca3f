/** The documents say what is there: pages that follow from the code are fresh, links and names lead somewhere. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { pages, problemUses } from "../scripts/docs.ts"
import { settingTable } from "../settings.ts"
import { readTree } from "./tidy/tree.ts"

const root = resolve(import.meta.dirname, "..")
const tree = readTree(root)
const documents = tree.filter((file) => file.path.endsWith(".md"))
const code = tree.filter((file) => /\.(ts|tsx|json)$/.test(file.path) && !file.path.startsWith("test/"))
const text_of = (path: string) => tree.find((file) => file.path === path)?.text ?? ""
/** Text without what stands in code blocks. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```/gm, "")

it("found documents and code to look at", () => {
  expect(documents.length).toBeGreaterThan(5)
  expect(code.length).toBeGreaterThan(200)
})

it.each([
  "README.md",
  "README.zh-CN.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "GLOSSARY.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "LICENSE",
])("%s is there", (name) => {
  expect(existsSync(join(root, name))).toBe(true)
})

describe("pages that follow from the code", () => {
  it.each(Object.entries(pages()))("%s is fresh (node scripts/docs.ts writes it)", (path, text) => {
    expect(text_of(path)).toBe(text)
  })
  it("list every setting and every problem code", () => {
    const settings = Object.keys(settingTable)
    expect(settings.length).toBeGreaterThan(20)
    for (const key of settings) expect(text_of("docs/guide/settings.md")).toContain(`| \`${key}\` |`)
    // Counted by another way than the page's own: codes as they stand in the text.
    const codes = tree
      .filter(
        (f) => /^(model|platform|stages|wiring)\/.*\.ts$/.test(f.path) && !/\.test\.|testing|conformance/.test(f.path),
      )
      .flatMap((f) => [...f.text.matchAll(/\bproblem\(\s*"([a-z0-9-]+)"/g)].map((m) => m[1]!))
    expect(new Set(codes).size).toBeGreaterThan(50)
    expect([...new Set(codes)].filter((c) => !text_of("docs/guide/problems.md").includes(`| \`${c}\` |`))).toEqual([])
    expect(new Set(problemUses().map((u) => u.code)).size).toBeGreaterThanOrEqual(new Set(codes).size)
  })
})

it("has no link that leads nowhere", () => {
  const broken: string[] = []
  let links = 0
  for (const { path, text } of documents) {
    for (const [, target = ""] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|mailto:|#)/.test(target)) continue
      links++
      const file = decodeURIComponent(target.replace(/[#?].*$/, ""))
      if (!existsSync(join(root, dirname(path), file))) broken.push(`${path}: ${target}`)
    }
  }
  expect(broken).toEqual([])
  expect(links).toBeGreaterThan(0)
})

it("names only files that are there in ARCHITECTURE.md and CONTRIBUTING.md", () => {
  const missing: string[] = []
  for (const name of ["ARCHITECTURE.md", "CONTRIBUTING.md"]) {
    const named = [...prose(text_of(name)).matchAll(/`([\w./*-]+)`/g)].map((m) => m[1]!)
    const paths = named.filter((word) => /^[\w.-]+(\/[\w.*-]+)+\/?$|^[\w-]+\.ts$/.test(word) && !word.startsWith("v1/"))
    expect(paths.length, name).toBeGreaterThan(3)
    for (const path of paths) {
      const pattern = new RegExp(`(^|/)${path.replace(/\/$/, "").replaceAll(".", "\\.").replaceAll("*", "[^/]+")}(/|$)`)
      if (!tree.some((file) => pattern.test(file.path)) && !existsSync(join(root, path)))
        missing.push(`${name}: ${path}`)
    }
  }
  expect(missing).toEqual([])
})

it("names only commands that package.json has", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>
  }
  const wrong = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/npm run ([\w:-]+)/g)].filter((m) => !(m[1]! in scripts)).map((m) => `${path}: npm run ${m[1]}`),
  )
  expect(wrong).toEqual([])
  for (const [name, command] of Object.entries(scripts)) {
    const file = /node (?:--\w+ )?([\w/.-]+\.ts)/.exec(command)?.[1]
    if (file) expect(existsSync(join(root, file)), `npm run ${name}: ${file}`).toBe(true)
  }
})

describe("the glossary", () => {
  const rows = text_of("GLOSSARY.md")
    .split("\n")
    .filter((line) => /^\|(?!---| 中文)/.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, 4)
        .map((cell) => cell.trim()),
    )
  const everything = code.map((file) => file.text).join("\n")

  it("has words", () => expect(rows.length).toBeGreaterThan(15))
  it("uses names that the code uses", () => {
    const wrong = rows
      .flatMap(([, , names = ""]) => [...names.matchAll(/`([^`]+)`/g)].map((m) => m[1]!))
      .filter((name) => {
        if (name.includes("/")) return !existsSync(join(root, name))
        return !new RegExp(`\\b${name.replace(/\(\)$/, "").split(".").at(-1)}\\b`).test(everything)
      })
    expect(wrong).toEqual([])
  })
  it("uses Chinese words that people meet on screens, in lifelines or in answers", () => {
    const wrong = rows
      .flatMap(([zh = ""]) => zh.split(/[\s/]+/).filter(Boolean))
      .filter((word) => !everything.includes(word))
    expect(wrong).toEqual([])
  })
})

it("never mentions a machine's own folders", () => {
  const wrong = documents
    .filter(({ text }) => /(^|[\s`"'(])\/(work|home\/\w+|root)\//m.test(text))
    .map((file) => file.path)
  expect(wrong).toEqual([])
})
