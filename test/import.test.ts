/** The command line's import: an invented delivery in, every planted fault out and nothing else. */
import { execFile } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { parse } from "csv-parse/sync"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { inventSurvey } from "../sim/survey/index.ts"

const run = promisify(execFile)
const script = (name: string) => join(import.meta.dirname, "../scripts", name)
const folder = mkdtempSync(join(tmpdir(), "mingmai-import-"))
// The account that the embedded database runs as where we are root must be able to walk there.
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

type Row = Record<string, string>
const rowsOf = (file: string): Row[] => parse(readFileSync(file), { bom: true, columns: true }) as Row[]
const at = (row: Row) => `${row.table}:${row.row}:${row.rule}`

describe.each([
  { style: 1, formats: ["xlsx", "shp"] as const },
  { style: 3, formats: ["csv"] as const },
])("a delivery in style $style as $formats", ({ style, formats }) => {
  const files = join(folder, `delivery-${style}`)
  const issues = join(folder, `issues-${style}.csv`)
  let answer: { rows: number; publishable: number; counts: Record<string, number> }
  let planted: Row[]
  let said: Row[]

  beforeAll(async () => {
    await inventSurvey({ rows: 8_000, seed: 20 + style, out: files, formats: [...formats], sound: false, style })
    const flags = ["--json", "--issues", issues, "--mode", "real", "--data-dir", join(folder, `data-${style}`)]
    const { stdout } = await run(process.execPath, [script("import.ts"), files, ...flags])
    answer = JSON.parse(stdout.trim().split("\n").at(-1)!)
    planted = rowsOf(join(files, "planted.csv"))
    said = rowsOf(issues)
  }, 120_000)

  it("is read whole, and its faults are counted by rule", () => {
    const counts: Record<string, number> = {}
    for (const { rule } of planted) counts[rule!] = (counts[rule!] ?? 0) + 1
    expect(answer).toMatchObject({ rows: 8_000, counts })
    expect(answer.publishable).toBeLessThan(8_000)
    expect(answer.publishable).toBeGreaterThan(7_000)
  })

  it("has every fault said at a row that has it, and nothing said of other rows", () => {
    const places = planted.map((row) => [
      at(row),
      ...(row.also ? row.also.split(";").map((place) => `${place}:${row.rule}`) : []),
    ])
    const heard = new Set(said.map(at))
    expect(places.filter((some) => !some.some((place) => heard.has(place)))).toEqual([])
    const known = new Set(places.flat())
    expect(said.map(at).filter((place) => !known.has(place))).toEqual([])
  })
})
