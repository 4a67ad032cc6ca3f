import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { SourceFile } from "./facts.ts"

const not_ours = new Set(["node_modules", "dist", "data", ".git", ".cache", "test-results"])
const kept = /\.(ts|tsx|md|css|json|html|typ)$/
const files_max = 20_000

/** Every file of the product below `root`, with its text. */
export function readTree(root: string): SourceFile[] {
  const files: SourceFile[] = []
  const walk = (folder: string, prefix: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (not_ours.has(entry.name)) continue
      const path = `${prefix}${entry.name}`
      if (entry.isDirectory()) walk(join(folder, entry.name), `${path}/`)
      else if (kept.test(entry.name) && entry.name !== "package-lock.json")
        files.push({ path, text: readFileSync(join(folder, entry.name), "utf8") })
      if (files.length > files_max) throw new Error(`more than ${files_max} files below ${root}`)
    }
  }
  walk(root, "")
  return files
}
