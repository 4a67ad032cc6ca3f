/** The detectors alone, without doors and storage: readings a second through the runtime. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { appendReading, type ReadingBatch, readingBatch } from "../model/index.ts"
import { loadLifelines } from "../platform/lifelines/index.ts"
import { readScada } from "../scripts/scada.ts"
import { readSettings } from "../settings.ts"
import { createRuntime, type Runtime, thresholdDetectors } from "../stages/analysis/index.ts"
import { importFile } from "../wiring/import.ts"
import { type Running, start } from "../wiring/start.ts"
import { removeFolder, temporaryFolder } from "./instance.ts"

/** The real year where LIFELINE_TEST_DATA names it, else the history of the demo city in `demo_folder`. */
export async function run(demo_folder: string): Promise<object[]> {
  const data = process.env.LIFELINE_TEST_DATA
  return data && existsSync(join(data, "battledim-r")) ? [await year(data)] : [await history(demo_folder)]
}

async function quiet<T>(folder: string, mode: "demo" | "replay", work: (running: Running) => Promise<T>): Promise<T> {
  const read = readSettings({ argv: ["--data-dir", folder, "--mode", mode, "--http-port", "0", "--mqtt-port", "0"] })
  if (!read.ok) throw new Error(read.problem.title.en)
  const running = await start(read.value.settings, { quiet: true })
  try {
    return await work(running)
  } finally {
    await running.close()
  }
}

async function runtimeOf({ stages }: Running): Promise<Runtime> {
  const detectors = (await loadLifelines([])).flatMap((l) => [...l.detectors, ...thresholdDetectors(l)])
  return createRuntime(detectors as Parameters<typeof createRuntime>[0], stages.monitoring.cityView())
}

async function year(data: string): Promise<object> {
  const folder = temporaryFolder()
  try {
    return await quiet(folder, "replay", async (running) => {
      const text = readFileSync(join(data, "battledim/L-TOWN.inp"), "utf8")
      const companion = JSON.parse(readFileSync(join(data, "battledim/sensors.json"), "utf8")) as unknown
      await importFile(running.app, running.stages, {
        file_name: "L-TOWN.inp",
        text,
        companion,
        origin: [117.28, 31.86],
        by: "bench",
      })
      const ids = new Map(
        [...running.stages.monitoring.registry().points.values()].map((p) => [`${p.device.code}|${p.indicator}`, p.id]),
      )
      const runtime = await runtimeOf(running)
      const batches: [ReadingBatch, number][] = []
      let [readings, findings, ms, number] = [0, 0, 0, 0]
      const pour = () => {
        const began = performance.now()
        for (const [batch, time] of batches) findings += runtime.push(batch, [{ at: batch.n, time }], ++number).length
        ms += performance.now() - began
        batches.length = 0
      }
      for await (const step of readScada(join(data, "battledim-r"), {})) {
        let batch = readingBatch(step.readings.length)
        for (const r of step.readings) {
          const id = ids.get(`${r.device_code}|${r.indicator}`)
          if (id !== undefined) batch = appendReading(batch, id, r.time_ms, 0, r.value, 0, r.time_ms)
        }
        readings += batch.n
        batches.push([batch, step.time_ms])
        if (batches.length >= 1000) pour() // Reading files is not measured.
      }
      pour()
      return lineOf("detectors-l-town-year", runtime, readings, findings, ms)
    })
  } finally {
    removeFolder(folder)
  }
}

const history = (folder: string) =>
  quiet(folder, "demo", async (running) => {
    const runtime = await runtimeOf(running)
    let [readings, findings, ms] = [0, 0, 0]
    for await (const batch of running.app.series.since(0)) {
      const began = performance.now()
      findings += runtime.push(batch.readings, batch.ticks, batch.batch).length
      ms += performance.now() - began
      readings += batch.readings.n
    }
    return lineOf("detectors-demo-history", runtime, readings, findings, ms)
  })

function lineOf(bench: string, runtime: Runtime, readings: number, findings: number, ms: number): object {
  const { entries, steps } = runtime.stats()
  return {
    bench,
    readings,
    readings_per_s: Math.round((readings / ms) * 1000),
    ms: Math.round(ms),
    subjects: entries,
    steps,
    findings,
    troubles: runtime.troubles().length,
  }
}
