import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, expect, test } from "vitest"
import { readScada, type ScadaProblem, type ScadaStep } from "./scada.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scada-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

test("merges files in time order, moves hourly demands to the end of their hour, reports bad cells", async () => {
  writeFileSync(
    join(folder, "2018_SCADA_Pressures.csv"),
    "Timestamp;n1;n2\n2018-01-01 00:00:00;28,91;x\n2018-01-01 01:00:00;29;\nnever;1;2\n",
  )
  writeFileSync(join(folder, "2018_SCADA_Flows.csv.gz"), gzipSync("Timestamp;p1\r\n2018-01-01 00:30:00;7,5\r\n"))
  writeFileSync(join(folder, "2018_SCADA_Demands.csv"), "Timestamp;n1\n2018-01-01 00:00:00;676\n")
  const problems: ScadaProblem[] = []
  const steps: ScadaStep[] = []
  for await (const step of readScada(folder, { onProblem: (p) => problems.push(p) })) steps.push(step)
  const start = Date.UTC(2018, 0, 1)
  expect(
    steps.map((s) => [
      (s.time_ms - start) / 60_000,
      s.readings.map((r) => `${r.device_code}=${r.value} ${r.unit}`).sort(),
    ]),
  ).toEqual([
    [0, ["pressure-n1=28.91 m"]],
    [30, ["flow-p1=7.5 m3/h"]],
    [60, ["meter-n1=0.676 m3/h", "pressure-n1=29 m"]],
  ])
  expect(problems.map((p) => [p.file, p.line, p.column, p.value])).toEqual([
    ["2018_SCADA_Pressures.csv", 2, "n2", "x"],
    ["2018_SCADA_Pressures.csv", 4, "Timestamp", "never"],
  ])
})

test("a folder without data files is named in the error", async () => {
  await expect(readScada(folder).next()).rejects.toThrow(/no \*Pressures\*/)
  await expect(readScada(join(folder, "none")).next()).rejects.toThrow(/does not exist/)
})
