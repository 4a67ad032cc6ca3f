/** The rules of the code's shape (DESIGN: dependency rules; CONTRACTS §10), each also shown to bite. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { floatingPromises } from "./tidy/promises.ts"
import { rule_names, tidiness } from "./tidy/rules.ts"
import { readTree } from "./tidy/tree.ts"

const root = resolve(import.meta.dirname, "..")

it("keeps every rule in the whole tree", () => {
  const { violations, files, imports, sizes } = tidiness(readTree(root))
  console.log(`${files} files, ${imports} imports`)
  const worst = [...sizes].sort((a, b) => b.lines - a.lines).slice(0, 20)
  for (const { path, what, lines } of worst) console.log(`  ${lines} lines  ${what} ${path}`)
  if (sizes.length > worst.length) console.log(`  … ${sizes.length} in all past 400 lines a file or 60 a function`)
  expect(violations.map((v) => `${v.rule}: ${v.path}:${v.line} ${v.says}`)).toEqual([])
})

it.each(["tsconfig.json", "console/tsconfig.json"])(
  "drops no promise (%s)",
  (config) => {
    const { floating, statements } = floatingPromises(join(root, config))
    expect(statements).toBeGreaterThan(100)
    expect(floating).toEqual([])
  },
  60_000,
)

/** A small tree that keeps every rule. */
const clean: Record<string, string> = {
  "main.ts": `import { open } from "./wiring/start.ts"\nopen(process.env)\n`,
  "wiring/start.ts": `import { install } from "../stages/census/index.ts"\nexport const open = (x: unknown) => install(x)\n`,
  "model/index.ts": `export * from "./asset.ts"\n`,
  "model/asset.ts": "export type Asset = { id: number }\nexport const kinds = 1\n",
  "science/index.ts": `import type { Asset } from "../model/index.ts"\nexport const weigh = (a: Asset) => a.id\n`,
  "lifelines/contract.ts": `import type { Asset } from "../model/asset.ts"\nexport type Lifeline = { assets: Asset[] }\n`,
  "lifelines/steam/index.ts": `import type { Lifeline } from "../contract.ts"\nimport { weigh } from "../../science/index.ts"\nexport default { assets: [{ id: weigh({ id: 1 }) }] } satisfies Lifeline\n`,
  "lifelines/steam/README.md": "# Steam\n",
  "platform/clock/index.ts": "export const now = () => Date.now()\n",
  "stages/census/README.md": "# Census\n",
  "stages/census/index.ts": `import { now } from "../../platform/clock/index.ts"\nimport { kinds } from "../../model/index.ts"\nimport { all } from "./store.ts"\nimport { install as routes } from "./routes.ts"\nexport const install = (x: unknown) => [now(), kinds, all, routes, x]\n`,
  "stages/census/store.ts": "const sql = String.raw\nexport const all = sql`select id from census_asset`\n",
  "stages/census/routes.ts": `import { Row } from "./views.ts"\nexport const install = () => Row\n`,
  "stages/census/views.ts": "export const Row = 1\n",
  "console/main.tsx": `export const screens = import.meta.glob("./screens/*/index.tsx")\n`,
  "console/screens/duty/index.tsx": "export const Duty = () => <p>duty</p>\n",
}

/** One breach of each rule: what is written over the clean tree. */
const breaches: { rule: (typeof rule_names)[number]; why: string; files: Record<string, string> }[] = [
  {
    rule: "direction",
    why: "the model imports science",
    files: {
      "model/asset.ts": `import { weigh } from "../science/index.ts"\nexport const kinds = weigh\nexport type Asset = { id: number }\n`,
    },
  },
  {
    rule: "direction",
    why: "platform imports a stage",
    files: {
      "platform/clock/index.ts": `import type { all } from "../../stages/census/index.ts"\nexport const now = (x: typeof all) => x\n`,
    },
  },
  {
    rule: "direction",
    why: "a lifeline imports platform",
    files: {
      "lifelines/steam/index.ts": `import { now } from "../../platform/clock/index.ts"\nimport { weigh } from "../../science/index.ts"\nexport default [now, weigh]\n`,
    },
  },
  {
    rule: "direction",
    why: "a stage imports a later one",
    files: {
      "stages/risk/README.md": "#",
      "stages/risk/index.ts": "export const risk = 1\n",
      "stages/census/store.ts": `import { risk } from "../risk/index.ts"\nexport const all = risk\n`,
    },
  },
  {
    rule: "direction",
    why: "the console imports platform",
    files: {
      "console/main.tsx": `import { now } from "../platform/clock/index.ts"\nexport const x = <p>{now()}</p>\n`,
    },
  },
  {
    rule: "direction",
    why: "a stage imports the wiring",
    files: { "stages/census/store.ts": `export { open as all } from "../../wiring/start.ts"\n` },
  },
  {
    rule: "direction",
    why: "the product imports a file for tests",
    files: {
      "stages/census/testing.ts": "export const all = 1\n",
      "stages/census/store.ts": `export { all } from "./testing.ts"\n`,
    },
  },
  {
    rule: "door",
    why: "a folder is entered beside its index.ts",
    files: {
      "platform/clock/wall.ts": "export const wall = 1\n",
      "stages/census/store.ts": `export { wall as all } from "../../platform/clock/wall.ts"\n`,
    },
  },
  {
    rule: "missing-file",
    why: "an import leads nowhere",
    files: { "stages/census/store.ts": `export { all } from "./gone.ts"\n` },
  },
  {
    rule: "folder-cycle",
    why: "two folders use each other",
    files: {
      "platform/log/index.ts": `import type { now } from "../clock/index.ts"\nexport type Log = typeof now\n`,
      "platform/clock/index.ts": `import type { Log } from "../log/index.ts"\nexport const now = () => ({}) as Log\n`,
    },
  },
  {
    rule: "file-cycle",
    why: "two files import each other",
    files: {
      "stages/census/store.ts": `import { part } from "./part.ts"\nexport const all = () => part\n`,
      "stages/census/part.ts": `import { all } from "./store.ts"\nexport const part = () => all\n`,
    },
  },
  ...[
    "Date.now()",
    "new Date()",
    "Date()",
    "Math.random()",
    "performance.now()",
    "setTimeout(() => 1, 2)",
    "setInterval(() => 1, 2)",
    "globalThis.setTimeout(() => 1, 2)",
    "process.env.HOME",
    "process\n  .env",
  ].map((use) => ({
    rule: "world" as const,
    why: `a stage uses ${use.replace(/\s/g, "")}`,
    files: { "stages/census/store.ts": `export const all = () => ${use}\n` },
  })),
  {
    rule: "world",
    why: "a stage takes the environment apart",
    files: { "stages/census/store.ts": "const { env } = process\nexport const all = env\n" },
  },
  {
    rule: "world",
    why: "a stage imports timers",
    files: {
      "stages/census/store.ts": `import { setTimeout as wait } from "node:timers/promises"\nexport const all = wait\n`,
    },
  },
  {
    rule: "sql",
    why: "routes hold a tagged statement",
    files: { "stages/census/views.ts": "const sql = String.raw\nexport const Row = sql`select 1`\n" },
  },
  {
    rule: "sql",
    why: "routes hold a statement as text",
    files: { "stages/census/views.ts": `export const Row = "select id from census_asset"\n` },
  },
  {
    rule: "sql",
    why: "a statement is put together",
    files: { "stages/census/views.ts": "export const Row = (t: string) => `delete from $" + "{t} where id = 1`\n" },
  },
  {
    rule: "lifeline-name",
    why: "a stage names a lifeline",
    files: { "stages/census/store.ts": `export const all = "steam"\n` },
  },
  {
    rule: "lifeline-name",
    why: "a stage has a key named as one",
    files: { "stages/census/store.ts": "export const all = { steam: 1 }\n" },
  },
  {
    rule: "lifeline-name",
    why: "a stage imports one",
    files: { "stages/census/store.ts": `export { default as all } from "../../lifelines/steam/index.ts"\n` },
  },
  {
    rule: "empty-catch",
    why: "a failure is swallowed",
    files: { "stages/census/store.ts": "export const all = () => {\n  try {\n    return 1\n  } catch {}\n}\n" },
  },
  {
    rule: "empty-catch",
    why: "a promise's failure is swallowed",
    files: { "stages/census/store.ts": "export const all = (x: Promise<void>) => x.catch(() => {})\n" },
  },
  { rule: "unused-file", why: "a file lies about", files: { "stages/census/old.ts": "export const old = 1\n" } },
  {
    rule: "unused-file",
    why: "two files know only each other",
    files: {
      "stages/census/a.ts": `import type { b } from "./b.ts"\nexport const a = (x: typeof b) => x\n`,
      "stages/census/b.ts": `import { a } from "./a.ts"\nexport const b = a\n`,
    },
  },
  { rule: "depth", why: "a file lies too deep", files: { "stages/census/a/b/c.md": "deep\n" } },
  {
    rule: "views",
    why: "routes have no views",
    files: { "stages/risk/README.md": "#", "stages/risk/routes.ts": "export const risk = 1\n" },
  },
  {
    rule: "views",
    why: "a declared answer lies idle",
    files: { "stages/census/views.ts": "export const Row = 1\nexport const Idle = 2\n" },
  },
  { rule: "readme", why: "a stage has no README", files: { "stages/risk/index.ts": "export const risk = 1\n" } },
]

describe("the rules bite", () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const written = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), "mingmai-tidy-"))
    folders.push(folder)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    return folder
  }

  it("finds nothing in a tidy tree", () => {
    expect(tidiness(readTree(written(clean))).violations).toEqual([])
  })
  it.each(breaches)("$rule: $why", ({ rule, files }) => {
    const { violations } = tidiness(readTree(written({ ...clean, ...files })))
    expect(violations.map((v) => v.rule)).toContain(rule)
    const [touched] = Object.keys(files).filter((path) =>
      violations.some((v) => v.rule === rule && v.path.startsWith(dirname(path))),
    )
    expect(touched, "the file that breaks the rule is named").toBeDefined()
  })
  it("has a breach for each rule", () => {
    expect([...new Set(breaches.map((b) => b.rule))].sort()).toEqual([...rule_names].sort())
  })
  it("fails where there is nothing to look at, or a file cannot be read", () => {
    expect(() => tidiness([])).toThrow(/not read/)
    expect(() => tidiness(readTree(written({ "main.ts": "export const a = 1\n" })))).toThrow(/not read/)
    expect(() => tidiness([...readTree(written(clean)), { path: "stages/census/bad.ts", text: "const = 1" }])).toThrow(
      /bad\.ts cannot be parsed/,
    )
  })
  it("sees a dropped promise, and lets a taken one pass", () => {
    const folder = written({
      "tsconfig.json": `{ "compilerOptions": { "strict": true, "target": "esnext", "lib": ["esnext"], "types": [], "noEmit": true }, "include": ["*.ts"] }`,
      "a.ts":
        "async function f() { return 1 }\nf()\nvoid f()\nf().catch((e) => { throw e })\nexport const g = async () => { await f() }\n",
    })
    const { floating } = floatingPromises(join(folder, "tsconfig.json"))
    expect(floating.map((f) => [f.line, f.code])).toEqual([[2, "f()"]])
  }, 30_000)
})
