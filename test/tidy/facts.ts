import { posix } from "node:path"
import { parseSync } from "vite"

/** A file of the tree: its path from the root with forward slashes, and its text. */
export type SourceFile = { path: string; text: string }

export type Import = { target: string; type_only: boolean; line: number }
export type Said = { text: string; line: number }

/** What the rules want to know of one file. */
export type Facts = {
  path: string
  text: string
  /** Imports of files of the tree, with the path they resolve to. */
  imports: Import[]
  /** Packages and node modules. */
  packages: Said[]
  /** Files named by a text, such as a worker's: paths they resolve to. */
  mentions: string[]
  /** Patterns by which files are taken in together (import.meta.glob), resolved. */
  globs: string[]
  /** Texts, without those of imports. */
  texts: Said[]
  /** Names of keys and members, where a word could hide that is no text. */
  keys: Said[]
  /** Uses of the clock, chance, timers and the environment. */
  world: Said[]
  sql: Said[]
  empty_catches: number[]
  functions: { name: string; line: number; lines: number }[]
  exports: string[]
}

type Node = { type: string; start: number; end: number; [key: string]: unknown }

const code = /\.tsx?$/
const world_calls = new Set(["setTimeout", "setInterval", "setImmediate"])
const world_members = new Set([
  "Date.now",
  "Math.random",
  "process.env",
  "performance.now",
  "crypto.randomUUID",
  "crypto.getRandomValues",
])
const world_packages = new Set(["node:timers", "node:timers/promises", "node:process", "timers", "timers/promises"])
const sql_text =
  /^\s*(select\s[\s\S]+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|(create|alter|drop)\s+(table|index|view)\s|with\s+\w+\s+as\s*\()/i

/** Parses one file of code; throws where it cannot, since a file that was not read was not checked. */
export function factsOf({ path, text }: SourceFile): Facts {
  const parsed = parseSync(path, text)
  const wrong = parsed.errors[0]
  if (wrong) throw new Error(`${path} cannot be parsed: ${wrong.message}`)
  const facts: Facts = {
    path,
    text,
    imports: [],
    packages: [],
    mentions: [],
    globs: [],
    texts: [],
    keys: [],
    world: [],
    sql: [],
    empty_catches: [],
    functions: [],
    exports: [],
  }
  const starts = lineStarts(text)
  const line = (offset: number) => lineAt(starts, offset)
  const comments = parsed.comments as { start: number; end: number; value: string }[]
  const explained = (node: Node) =>
    comments.some((c) => c.start >= node.start && c.end <= node.end && c.value.trim().length > 3)

  const take = (specifier: string, type_only: boolean, at: number) => {
    if (specifier.startsWith("."))
      facts.imports.push({ target: resolveFrom(path, specifier), type_only, line: line(at) })
    else {
      facts.packages.push({ text: specifier, line: line(at) })
      if (world_packages.has(specifier)) facts.world.push({ text: `import "${specifier}"`, line: line(at) })
    }
  }
  for (const one of parsed.module.staticImports)
    take(one.moduleRequest.value, one.entries.length > 0 && one.entries.every((e) => e.isType), one.start)
  for (const one of parsed.module.staticExports)
    for (const entry of one.entries) {
      if (entry.moduleRequest) take(entry.moduleRequest.value, entry.isType, one.start)
      if (entry.exportName.name) facts.exports.push(entry.exportName.name)
    }

  visit(parsed.program as unknown as Node, null, (node, parent) => {
    const at = line(node.start)
    switch (node.type) {
      case "ImportExpression":
      case "TSImportType": {
        const source = (node.source ?? node.argument) as Node
        const value = (source?.value ?? (source?.literal as Node | undefined)?.value) as string | undefined
        if (typeof value === "string") take(value, node.type === "TSImportType", node.start)
        break
      }
      case "Literal":
        if (typeof node.value === "string" && !isImport(parent)) sayText(node.value, at, facts)
        break
      case "TemplateElement":
        facts.texts.push({ text: (node.value as { cooked: string }).cooked ?? "", line: at })
        break
      case "TemplateLiteral":
        if (parent?.type !== "TaggedTemplateExpression" && sql_text.test(plainTemplate(node)))
          facts.sql.push({ text: plainTemplate(node).trim().slice(0, 60), line: at })
        break
      case "TaggedTemplateExpression":
        if (/^(sql|raw)(<|\.|$)/.test(sourceOf(node.tag as Node, text)))
          facts.sql.push({
            text: plainTemplate(node.quasi as Node)
              .trim()
              .slice(0, 60),
            line: at,
          })
        break
      case "Property":
      case "TSPropertySignature": {
        const key = node.key as Node
        if (key.type === "Identifier" && !node.computed) facts.keys.push({ text: key.name as string, line: at })
        break
      }
      case "MemberExpression": {
        const said = sourceOf(node, text)
          .replace(/\s/g, "")
          .replace(/^(globalThis|window)\./, "")
        if (world_members.has(said)) facts.world.push({ text: said, line: at })
        const property = node.property as Node
        if (property.type === "Identifier" && !node.computed)
          facts.keys.push({ text: property.name as string, line: at })
        break
      }
      case "NewExpression":
        if (nameOf(node.callee) === "Date" && (node.arguments as Node[]).length === 0)
          facts.world.push({ text: "new Date()", line: at })
        break
      case "VariableDeclarator":
        if (nameOf(node.init) === "process" && (node.id as Node).type === "ObjectPattern")
          facts.world.push({ text: "process.env", line: at })
        break
      case "CallExpression":
        readCall(node)
        break
      case "CatchClause": {
        const body = node.body as Node
        if ((body.body as Node[]).length === 0 && !explained(body)) facts.empty_catches.push(at)
        break
      }
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const name = nameOf(node.id) || nameOf(parent?.id) || nameOf(parent?.key) || "anonymous"
        facts.functions.push({ name, line: at, lines: line(node.end) - at + 1 })
        break
      }
    }
  })

  function readCall(node: Node) {
    const callee = node.callee as Node
    const name =
      nameOf(callee) ||
      (callee.type === "MemberExpression" && /^(globalThis|window)$/.test(nameOf(callee.object))
        ? nameOf(callee.property)
        : "")
    if (world_calls.has(name)) facts.world.push({ text: name, line: line(node.start) })
    if (/^import\.meta\.glob\b/.test(sourceOf(callee, text))) {
      const given = (node.arguments as Node[])[0]
      const patterns = given?.type === "ArrayExpression" ? (given.elements as Node[]) : [given]
      for (const one of patterns) if (typeof one?.value === "string") facts.globs.push(resolveFrom(path, one.value))
    }
    if (name === "Date") facts.world.push({ text: "Date()", line: line(node.start) })
    if (callee.type !== "MemberExpression" || nameOf(callee.property) !== "catch") return
    const handler = (node.arguments as Node[])[0]
    if (!handler || (handler.type !== "ArrowFunctionExpression" && handler.type !== "FunctionExpression")) return
    const body = handler.body as Node
    const empty = body.type === "BlockStatement" ? (body.body as Node[]).length === 0 : nameOf(body) === "undefined"
    // The sentence that says why may stand in the handler or just above the statement.
    if (
      empty &&
      !explained(handler) &&
      !comments.some((c) => line(c.end) === line(node.start) - 1 || line(c.start) === line(node.end))
    )
      facts.empty_catches.push(line(node.start))
  }
  return facts
}

function sayText(value: string, line: number, facts: Facts) {
  facts.texts.push({ text: value, line })
  if (sql_text.test(value)) facts.sql.push({ text: value.trim().slice(0, 60), line })
  if (/^[\w./-]+\.(ts|tsx|css|json)$/.test(value))
    facts.mentions.push(resolveFrom(facts.path, value.startsWith(".") ? value : `./${value}`))
}

const resolveFrom = (path: string, specifier: string) =>
  posix.normalize(posix.join(posix.dirname(path), specifier)).replace(/\?.*$/, "")
const nameOf = (node: unknown): string => {
  const n = node as Node | null | undefined
  return n?.type === "Identifier" ? (n.name as string) : ""
}
const isImport = (parent: Node | null) =>
  /^(Import|Export(Named|All))/.test(parent?.type ?? "") || parent?.type === "TSImportType"
const sourceOf = (node: Node, text: string) => text.slice(node.start, node.end)
/** A template's text with a word in the place of each value. */
const plainTemplate = (node: Node) =>
  (node.quasis as Node[]).map((q) => (q.value as { cooked: string }).cooked ?? "").join(" x ")

function visit(node: Node, parent: Node | null, see: (node: Node, parent: Node | null) => void) {
  see(node, parent)
  for (const key in node) {
    const value = node[key]
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item, node, see)
    } else if (isNode(value)) visit(value, node, see)
  }
}
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string"

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) starts.push(i + 1)
  return starts
}
function lineAt(starts: number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle
  }
  return low + 1
}

export const isCode = (path: string) => code.test(path) && !path.endsWith(".d.ts")
