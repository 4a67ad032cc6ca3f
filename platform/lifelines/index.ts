/** Finds the lifelines: those built in, and those a city keeps in folders of its own. */
import { existsSync, readdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { defineLifeline, type Lifeline } from "../../lifelines/contract.ts"
import { ProblemError, problem } from "../../model/index.ts"

const built_in_folder = resolve(import.meta.dirname, "../../lifelines")
const lifelines_max = 100

/**
 * Every lifeline, built-ins first in the order of their folder names, then `extra_folders` (setting lifelines_extra) as
 * given. Each is checked with defineLifeline; a folder that cannot be taken stops the start with a ProblemError that
 * names the folder and what to do.
 */
export async function loadLifelines(extra_folders: string[], built_in = built_in_folder): Promise<Lifeline[]> {
  const own = readdirSync(built_in, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
    .map((entry) => join(built_in, entry.name))
    .filter((folder) => existsSync(join(folder, "index.ts")))
    .sort()
  const folders = [...own, ...extra_folders.map((folder) => resolve(folder))]
  if (folders.length > lifelines_max)
    throw new ProblemError(
      problem("lifelines-too-many", 500, `专项多于 ${lifelines_max} 个`, `More than ${lifelines_max} lifelines`),
    )
  const lifelines: Lifeline[] = []
  const folderOf = new Map<string, string>()
  for (const folder of folders) {
    const lifeline = await loadFolder(folder)
    const other = folderOf.get(lifeline.id)
    if (other !== undefined)
      refuse(
        folder,
        `专项编号 ${lifeline.id} 已由 ${other} 使用，请改用别的编号或去掉其中一个`,
        `its id "${lifeline.id}" is taken by ${other}; give it another id or leave one out`,
      )
    const rules = new Set(lifelines.flatMap((l) => l.detectors.map((d) => d.rule)))
    const twice = lifeline.detectors.find((detector) => rules.has(detector.rule))
    if (twice)
      refuse(
        folder,
        `规则 ${twice.rule} 已由另一专项使用，请改名`,
        `its rule "${twice.rule}" is used by another lifeline; rename it`,
      )
    folderOf.set(lifeline.id, folder)
    lifelines.push(lifeline)
  }
  return lifelines
}

async function loadFolder(folder: string): Promise<Lifeline> {
  const file = ["index.ts", "index.js"].map((name) => join(folder, name)).find((path) => existsSync(path))
  if (file === undefined)
    return refuse(
      folder,
      "其中没有 index.ts 或 index.js，请检查设置 lifelines_extra",
      "it holds no index.ts or index.js; check the setting lifelines_extra",
    )
  const loaded = await import(pathToFileURL(file).href).catch((error: unknown) =>
    refuse(folder, `index 无法加载：${String(error)}`, `its index does not load: ${String(error)}`),
  )
  const lifeline: unknown = (loaded as { default?: unknown }).default
  const missing = missingPart(lifeline)
  if (missing !== null)
    refuse(
      folder,
      `默认导出不是专项：缺少 ${missing}，请对照 lifelines/_template/index.ts`,
      `its default export is no lifeline: ${missing} is missing; compare it with lifelines/_template/index.ts`,
    )
  try {
    return defineLifeline(lifeline as Lifeline)
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error)
    return refuse(folder, `专项定义有误：${sentence}`, sentence)
  }
}

/** The first part of a lifeline that is not there; defineLifeline may then rely on the shape. */
function missingPart(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return "default export"
  const record = value as Record<string, unknown>
  const texts = ["id", "class_code", "symbol", "maturity"]
  const lists = ["assets", "indicators", "thresholds", "detectors", "risks", "playbooks"]
  return (
    texts.find((key) => typeof record[key] !== "string") ??
    lists.find((key) => !Array.isArray(record[key])) ??
    (typeof record.name === "object" && record.name !== null ? null : "name")
  )
}

function refuse(folder: string, zh: string, en: string): never {
  throw new ProblemError(
    problem("lifeline-refused", 500, `专项目录 ${folder}：${zh}`, `Lifeline folder ${folder}: ${en}`, {
      field: "lifelines_extra",
      value: folder,
    }),
  )
}
