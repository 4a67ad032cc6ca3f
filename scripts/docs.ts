/** `node scripts/docs.ts`: writes the pages of the manual that follow from the code: settings and problem codes. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseSync } from "vite"
import { settingsTable } from "../settings.ts"
import { checkRules } from "../stages/census/index.ts"

const root = resolve(import.meta.dirname, "..")
const generated = "<!-- Written by scripts/docs.ts; change the code, not this page. -->"

/** docs/guide/settings.md. */
export const settingsPage = (): string => `${generated}
# 设置 / Settings

每项设置可写在数据目录的 \`mingmai.json\`、环境变量 \`MINGMAI_<大写的设置名>\` 或命令行 \`--<以连字符书写的设置名>\` 中，后者优先。
例如 \`http_port\`：\`MINGMAI_HTTP_PORT=9090\`，\`--http-port 9090\`。不认识的设置会被拒绝。

${settingsTable("zh")}
Each setting can stand in \`mingmai.json\` in the data folder, in the variable \`MINGMAI_<NAME>\`, or on the command line as
\`--<name-with-hyphens>\`; later ones win. For \`http_port\`: \`MINGMAI_HTTP_PORT=9090\`, \`--http-port 9090\`. Unknown ones are refused.

${settingsTable("en")}`

export type ProblemUse = { code: string; status: number | null; zh: string; en: string; path: string }

/** docs/guide/problems.md. */
export function problemsPage(uses: readonly ProblemUse[]): string {
  const rows = [...new Set(uses.map((u) => u.code))].sort().map((code) => {
    const own = uses.filter((u) => u.code === code)
    const distinct = (pick: (use: ProblemUse) => string) =>
      [...new Set(own.map(pick).filter(Boolean))].map((t) => t.replaceAll("|", "\\|")).join("<br>")
    const status = [...new Set(own.flatMap((u) => u.status ?? []))].sort().join(", ")
    return `| \`${code}\` | ${status} | ${distinct((u) => u.zh)} | ${distinct((u) => u.en)} |`
  })
  return `${generated}
# 问题代码 / Problem codes

出错时，接口以 RFC 9457（application/problem+json）回答：\`code\` 为下表的代码，\`words\` 为中英文说明，\`field\` 和 \`value\` 指出有误的字段。
「…」处为当时的值。

Errors are answered as RFC 9457 problem details: \`code\` is one of these, \`words\` says in Chinese and English what is wrong and what
to do, \`field\` and \`value\` name what is to blame. "…" stands for a value of the moment.

| code | HTTP | 中文 | English |
|---|---|---|---|
${rows.join("\n")}
`
}

type Node = { type: string; [key: string]: unknown }
const product = ["model", "platform", "stages", "wiring", "lifelines", "sim", "settings.ts", "main.ts"]

/** Every problem that the product's code makes, read from the calls of \`problem(code, status, zh, en)\` and their like. */
export function problemUses(): ProblemUse[] {
  const files = product.flatMap((entry) =>
    entry.endsWith(".ts")
      ? [entry]
      : readdirSync(join(root, entry), { recursive: true, encoding: "utf8" }).map((file) => join(entry, file)),
  )
  return files
    .filter((path) => path.endsWith(".ts") && !/\.test\.ts$|conformance|testing\.ts$/.test(path))
    .flatMap((path) => usesIn(path, readFileSync(join(root, path), "utf8")))
}

function usesIn(path: string, text: string): ProblemUse[] {
  const uses: ProblemUse[] = []
  walk(parseSync(path, text).program as unknown as Node, (node) => {
    if (node.type === "ObjectExpression") uses.push(...spelledOut(node, path))
    if (node.type !== "CallExpression" || (node.callee as Node).type !== "Identifier") return
    const name = (node.callee as Node).name
    const given = node.arguments as Node[]
    const code = given[0] ? plain(given[0]) : null
    if (name !== "problem" || !code || !/^[a-z][a-z0-9-]*$/.test(code)) return
    const status = given[1]?.type === "Literal" && typeof given[1].value === "number" ? given[1].value : null
    uses.push({
      code,
      status,
      zh: given[2] ? (plain(given[2]) ?? "") : "",
      en: given[3] ? (plain(given[3]) ?? "") : "",
      path,
    })
  })
  return uses
}

/** A problem that is written out as an answer: an object with `code` and `words`. */
function spelledOut(node: Node, path: string): ProblemUse[] {
  const of = (object: Node, key: string) =>
    (object.properties as Node[]).find((p) => ((p.key as Node | undefined)?.name ?? null) === key)?.value as
      | Node
      | undefined
  const [code, words] = [of(node, "code"), of(node, "words")]
  // Reasons for a verdict have codes too, but are no problems.
  if (!code || words?.type !== "ObjectExpression" || of(node, "verdict")) return []
  const text = (key: string) => plain(of(words, key) ?? words) ?? ""
  return plain(code) === null ? [] : [{ code: plain(code)!, status: null, zh: text("zh"), en: text("en"), path }]
}

/** A text, with "…" in the place of each value; null where there is no text in it. */
function plain(node: Node): string | null {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : null
  if (node.type === "TemplateLiteral")
    return (node.quasis as Node[]).map((q) => (q.value as { cooked: string }).cooked).join("…")
  if (node.type === "ConditionalExpression")
    return [plain(node.consequent as Node), plain(node.alternate as Node)].filter(Boolean).join(" / ") || null
  return null
}

function walk(node: Node, see: (node: Node) => void) {
  see(node)
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === "object" && child !== null && typeof (child as Node).type === "string")
        walk(child as Node, see)
}

/** docs/guide/checks.md. */
export function checksPage(): string {
  const row = ([id, { name, says, blocks, source }]: [string, (typeof checkRules)["header"]]) =>
    `| \`${id}\` | ${name.zh} ${name.en} | ${says.zh}<br>${says.en} | ${blocks ? "是 yes" : "否 no"} | ${source.zh}<br>${source.en} |`
  return `${generated}
# 普查检查规则 / Checks of a delivery

规则编号见于界面、导出文件和 \`npm run import\` 的结果。“拦截”指该行在问题处理前不能发布。
The ids stand on screens, in exports and in what \`npm run import\` prints. A rule that blocks keeps its row from being published until
it is dealt with.

| id | 名称 name | 要求 what it asks | 拦截 blocks | 来源 source |
|---|---|---|---|---|
${Object.entries(checkRules).map(row).join("\n")}
`
}

/** Pages by their path from the root. */
export const pages = (): Record<string, string> => ({
  "docs/guide/checks.md": checksPage(),
  "docs/guide/settings.md": settingsPage(),
  "docs/guide/problems.md": problemsPage(problemUses()),
})

if (process.argv[1] === import.meta.filename) {
  mkdirSync(join(root, "docs/guide"), { recursive: true })
  for (const [path, text] of Object.entries(pages())) {
    writeFileSync(join(root, path), text)
    console.log(`${path} is written`)
  }
}
