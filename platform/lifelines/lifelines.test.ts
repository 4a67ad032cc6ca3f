import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { newLifeline } from "../../scripts/new.ts"
import { loadLifelines } from "./index.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mingmai-test-lifelines-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const outside = (name: string, file: string, text: string) => {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, file), text)
  return path
}
const plain = (id: string) => ({
  contract: 1,
  id,
  name: { zh: "电梯", en: "Elevators" },
  class_code: "QT",
  symbol: "elevator",
  maturity: "sketch",
  assets: [],
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: [],
})
const written = (value: unknown) => `export default ${JSON.stringify(value)}\n`

it("finds what is built in, and no template", async () => {
  const ids = (await loadLifelines([])).map((lifeline) => lifeline.id)
  expect(ids).toEqual([...ids].sort())
  expect(ids.length).toBeGreaterThan(0)
  expect(ids).not.toContain("template")
})

it("takes lifelines from outside, as index.ts or index.js", async () => {
  const a = outside("elevator", "index.ts", `${written(plain("elevator"))}export type Nothing = never\n`)
  const b = outside("dam", "index.js", written(plain("dam")))
  expect((await loadLifelines([a, b])).slice(-2).map((lifeline) => lifeline.id)).toEqual(["elevator", "dam"])
})

it("says which folder is wrong and what to do", async () => {
  const first = (await loadLifelines([]))[0]!
  const cases: [string, string][] = [
    [join(folder, "nowhere"), "holds no index.ts or index.js; check the setting lifelines_extra"],
    [outside("broken", "index.js", "export default {"), "its index does not load: "],
    [
      outside("empty", "index.js", "export const x = 1"),
      "its default export is no lifeline: default export is missing",
    ],
    [outside("partial", "index.js", written({ ...plain("partial"), detectors: undefined })), "detectors is missing"],
    [outside("odd", "index.js", written({ ...plain("Odd One") })), "id must be lower case"],
    [outside("twin", "index.js", written(plain(first.id))), `its id "${first.id}" is taken by`],
  ]
  for (const [path, sentence] of cases) {
    const refused = loadLifelines([path])
    await expect(refused).rejects.toThrow(`Lifeline folder ${path}: `)
    await expect(refused).rejects.toThrow(sentence)
  }
})

it("copies the template into a lifeline that loads, inside or outside", async () => {
  const path = newLifeline("wind-farm", folder)
  expect(readdirSync(path)).toContain("index.ts")
  const made = (await loadLifelines([path])).at(-1)!
  expect(made).toMatchObject({ id: "wind-farm", assets: [{ kind: "wind_farm_station" }] })
  expect(JSON.stringify(made)).not.toContain("template")
  expect(() => newLifeline("wind-farm", folder)).toThrow("is there already")
  expect(() => newLifeline("Wind", folder)).toThrow('NAME "Wind" must be')
})
