import { posix } from "node:path"
import { type Facts, factsOf, isCode, type SourceFile } from "./facts.ts"
import * as layers from "./layers.ts"

export type Violation = { rule: string; path: string; line: number; says: string }

export const rule_names = [
  "direction",
  "door",
  "missing-file",
  "folder-cycle",
  "file-cycle",
  "world",
  "sql",
  "lifeline-name",
  "empty-catch",
  "unused-file",
  "depth",
  "views",
  "readme",
] as const

export type Tidiness = {
  violations: Violation[]
  files: number
  imports: number
  sizes: { path: string; what: string; lines: number }[]
}

/** Walks the whole tree with every rule. Throws where there is nothing to look at: a check that saw nothing has not checked. */
export function tidiness(files: readonly SourceFile[]): Tidiness {
  const facts = files.filter((file) => isCode(file.path)).map(factsOf)
  const imports = facts.reduce((n, f) => n + f.imports.length, 0)
  const lifelines = lifelineNames(files)
  if (facts.length < 5 || imports < 3)
    throw new Error(`only ${facts.length} files and ${imports} imports were seen; the tree was not read`)
  if (lifelines.length === 0) throw new Error("no lifeline folder was seen; the tree was not read")
  const violations = [
    ...facts.flatMap(directions),
    ...missing(facts, new Set(files.map((f) => f.path))),
    ...folderCycles(facts),
    ...fileCycles(facts),
    ...facts.flatMap(worldOf),
    ...facts.flatMap(sqlOf),
    ...facts.flatMap((f) => lifelineNamed(f, lifelines)),
    ...facts.flatMap((f) =>
      f.empty_catches.map((line) => at("empty-catch", f, line, "a catch that does nothing and says no reason")),
    ),
    ...unused(facts),
    ...files
      .filter((f) => f.path.split("/").length > layers.depthMax(f.path))
      .map((f) => ({
        rule: "depth",
        path: f.path,
        line: 1,
        says: `lies deeper than ${layers.depthMax(f.path)} names`,
      })),
    ...views(facts),
    ...readmes(files),
  ]
  return { violations, files: facts.length, imports, sizes: facts.flatMap(sizesOf) }
}

const at = (rule: Violation["rule"], f: Facts, line: number, says: string): Violation => ({
  rule,
  path: f.path,
  line,
  says,
})

/** Names of lifelines, from their folders. */
export const lifelineNames = (files: readonly SourceFile[]): string[] => [
  ...new Set(files.flatMap((f) => /^lifelines\/([^/_][^/]*)\/index\.ts$/.exec(f.path)?.[1] ?? [])),
]

function directions(f: Facts): Violation[] {
  if (layers.isTest(f.path)) return []
  const from = layers.partOf(f.path)
  return f.imports.flatMap(({ target, type_only, line }) => {
    const to = layers.partOf(target)
    if (layers.isTest(target) && !/^(scripts|bench)$/.test(from))
      return [at("direction", f, line, `uses ${target}, which is for tests`)]
    if (from === to) return []
    if (!layers.mayUse(from, to, target, type_only))
      return [at("direction", f, line, `${from} may not use ${to} (${target})`)]
    const entered = target === to || target === `${to}/index.ts`
    const side = layers.side_doors.some((d) => d.door.test(target) && (d.from?.test(f.path) ?? true))
    return entered || side ? [] : [at("door", f, line, `enters ${to} by ${target} instead of ${to}/index.ts`)]
  })
}

function missing(facts: Facts[], paths: Set<string>): Violation[] {
  return facts.flatMap((f) =>
    f.imports
      .filter((i) => !paths.has(i.target))
      .map((i) => at("missing-file", f, i.line, `imports ${i.target}, which is not in the tree`)),
  )
}

function folderCycles(facts: Facts[]): Violation[] {
  const edges = new Map<string, Set<string>>()
  for (const f of facts.filter((one) => !layers.isTest(one.path)))
    for (const { target } of f.imports) {
      const [from, to] = [layers.partOf(f.path), layers.partOf(target)]
      const allowed = layers.allowed_cycles.some(({ parts }) => parts.includes(from) && parts.includes(to))
      if (from !== to && !allowed) edges.set(from, (edges.get(from) ?? new Set()).add(to))
    }
  return cyclesOf(edges).map((cycle) => ({
    rule: "folder-cycle",
    path: cycle[0]!,
    line: 1,
    says: `folders use each other: ${cycle.join(" → ")}`,
  }))
}

/** Types are erased, so that only files that run each other count. */
function fileCycles(facts: Facts[]): Violation[] {
  const edges = new Map(facts.map((f) => [f.path, new Set(f.imports.filter((i) => !i.type_only).map((i) => i.target))]))
  return cyclesOf(edges).map((cycle) => ({
    rule: "file-cycle",
    path: cycle[0]!,
    line: 1,
    says: `files import each other: ${cycle.join(" → ")}`,
  }))
}

/** One cycle for each group of nodes that reach each other, as the way around. */
function cyclesOf(edges: Map<string, Set<string>>): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const way: string[] = []
  const walk = (node: string) => {
    const seen_at = way.indexOf(node)
    if (seen_at >= 0) found.push([...way.slice(seen_at), node])
    if (seen_at >= 0 || done.has(node)) return
    way.push(node)
    for (const next of edges.get(node) ?? []) walk(next)
    way.pop()
    done.add(node)
  }
  for (const node of edges.keys()) walk(node)
  return found
}

const worldOf = (f: Facts): Violation[] =>
  layers.worldly(f.path)
    ? []
    : f.world.map((w) =>
        at("world", f, w.line, `${w.text} belongs into platform; take the time or chance as an argument`),
      )

const sqlOf = (f: Facts): Violation[] =>
  layers.speaksSql(f.path) ? [] : f.sql.map((s) => at("sql", f, s.line, `SQL outside store.ts: ${s.text}`))

function lifelineNamed(f: Facts, names: string[]): Violation[] {
  if (layers.namesLifelines(f.path)) return []
  const pattern = new RegExp(`^(${names.join("|")})([./:]|$)|lifelines/(${names.join("|")})\\b`)
  const meant = (what: "text" | "key", text: string) =>
    layers.other_meanings.some(
      (o) => (o.what === "any" || o.what === what) && o.path.test(f.path) && (o.word === "*" || o.word === text),
    )
  const said = [
    ...f.texts.filter((t) => !meant("text", t.text)),
    ...f.keys.filter((t) => !meant("key", t.text)),
    ...f.imports.map((i) => ({ text: i.target, line: i.line })),
  ]
  return said
    .filter((t) => pattern.test(t.text))
    .map((t) => at("lifeline-name", f, t.line, `names a lifeline: ${t.text.slice(0, 40)}`))
}

function unused(facts: Facts[]): Violation[] {
  const by_path = new Map(facts.map((f) => [f.path, f]))
  const reached = new Set<string>()
  const queue = facts.filter((f) => layers.isEntry(f.path)).map((f) => f.path)
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    const f = by_path.get(path)
    if (!f) continue
    const taken =
      f.globs.length > 0 ? facts.filter((one) => f.globs.some((glob) => posix.matchesGlob(one.path, glob))) : []
    queue.push(...f.imports.map((i) => i.target), ...f.mentions, ...taken.map((one) => one.path))
  }
  return facts
    .filter((f) => !reached.has(f.path))
    .map((f) => at("unused-file", f, 1, "nothing that runs imports this file"))
}

/** A stage with routes declares what they answer in views.ts, and no declared shape lies idle. */
function views(facts: Facts[]): Violation[] {
  const paths = new Set(facts.map((f) => f.path))
  const without = facts
    .filter((f) => /^stages\/[^/]+\/routes\.ts$/.test(f.path) && !paths.has(f.path.replace("routes.ts", "views.ts")))
    .map((f) => at("views", f, 1, "has routes but no views.ts that declares their answers"))
  const idle = facts
    .filter((f) => f.path.endsWith("/views.ts"))
    .flatMap((f) =>
      [...new Set(f.exports)].flatMap((name) => {
        const word = new RegExp(`\\b${name}\\b`)
        const used = facts.some(
          (other) => other !== f && other.imports.some((i) => i.target === f.path) && word.test(other.text),
        )
        const own = new RegExp(`export (const|type) ${name}\\b|typeof ${name}\\b`, "g")
        const within = word.test(f.text.replace(own, ""))
        return used || within ? [] : [at("views", f, 1, `declares ${name}, which nobody uses`)]
      }),
    )
  return [...without, ...idle]
}

function readmes(files: readonly SourceFile[]): Violation[] {
  const paths = new Set(files.map((f) => f.path))
  const folders = new Set(
    files.flatMap((f) => /^((?:stages|lifelines)\/[^/_][^/]*)\/index\.ts$/.exec(f.path)?.[1] ?? []),
  )
  return [...folders]
    .filter((folder) => !paths.has(`${folder}/README.md`))
    .map((folder) => ({ rule: "readme", path: folder, line: 1, says: "has no README.md" }))
}

function sizesOf(f: Facts): Tidiness["sizes"] {
  const lines = f.text.split("\n").length
  const long = f.functions
    .filter((fn) => fn.lines > layers.function_lines_guide)
    .map((fn) => ({ path: `${f.path}:${fn.line}`, what: `function ${fn.name}`, lines: fn.lines }))
  return lines > layers.file_lines_guide ? [{ path: f.path, what: "file", lines }, ...long] : long
}
