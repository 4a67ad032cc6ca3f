/** `npm run new lifeline NAME [FOLDER]`: a lifeline of one's own, copied from lifelines/_template. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"

const lifelines_folder = resolve(import.meta.dirname, "../lifelines")

/**
 * Copies the template under `name` into `parent` (the product's lifelines/ folder unless another is given) and renames
 * what carries the template's name. Returns the new folder; throws one sentence that says what to change.
 */
export function newLifeline(name: string, parent = lifelines_folder): string {
  if (!/^[a-z][a-z0-9-]{1,30}$/.test(name) || name === "template")
    throw new Error(
      `NAME "${name}" must be 2 to 31 lower case letters, digits or -, begin with a letter; for example "heat"`,
    )
  const folder = join(resolve(parent), name)
  if (existsSync(folder)) throw new Error(`${folder} is there already; choose another name or delete it first`)
  mkdirSync(resolve(parent), { recursive: true })
  cpSync(join(lifelines_folder, "_template"), folder, { recursive: true })
  const contract = relative(folder, join(lifelines_folder, "contract.ts")).replaceAll("\\", "/")
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".ts"))) {
    const text = readFileSync(join(folder, file), "utf8")
      .replace(/^\/\*\*.*\*\/\n/, `/** The lifeline ${name}: what the city has, measures and does about it. */\n`)
      .replaceAll("../contract.ts", contract)
      .replaceAll("template_", `${name.replaceAll("-", "_")}_`)
      .replaceAll("template-", `${name}-`)
      .replaceAll('"template"', `"${name}"`)
      .replaceAll('{ zh: "模板", en: "Template" }', `{ zh: "${name}", en: "${name}" }`)
    writeFileSync(join(folder, file), text)
  }
  return folder
}

function main(words: string[]): void {
  const [what, name, parent] = words
  if (what !== "lifeline" || name === undefined) {
    console.error("Usage: npm run new lifeline NAME [FOLDER]")
    process.exitCode = 2
    return
  }
  try {
    const folder = newLifeline(name, parent)
    console.log(`${folder} is written. Next: edit its index.ts, run \`npx vitest run lifelines\`, start again.`)
    if (parent !== undefined) console.log(`Outside the product: add ${folder} to the setting lifelines_extra.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2))
