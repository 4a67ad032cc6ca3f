/**
 * `npm run bench -- import --rows N`: an invented survey delivery with faults, through the running product: uploaded,
 * read, checked by every rule, the change set made. Beside it 100,000 rows of the same kind and GDAL's `ogr2ogr` copying
 * the same CSV files into the same PostgreSQL, which checks nothing (left out where GDAL is not installed).
 */
import { spawnSync } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { openSql } from "../platform/sql/index.ts"
import { deliver } from "../scripts/deliver.ts"
import { inventSurvey } from "../sim/survey/index.ts"
import { type Instance, removeFolder, startInstance, temporaryFolder } from "./instance.ts"
import { costOf } from "./processes.ts"

const beside_rows = 100_000
const look_ms = 250

export async function run(rows: number): Promise<object[]> {
  return [await large(rows), await besideGdal()].filter((line) => line !== null)
}

async function large(rows: number): Promise<object> {
  const [data, files] = [temporaryFolder(), temporaryFolder()]
  await inventSurvey({ rows, seed: 7, out: files, formats: ["csv"], sound: false, style: 0 })
  const instance = await startInstance(data, "real")
  try {
    const checked = await measured(instance, files, false)
    const submitted = await measured(instance, files, true)
    return {
      bench: "import",
      rows: checked.rows,
      wall_s: checked.wall_s,
      rss_mb: checked.rss_mb,
      issues: checked.issues,
      publishable: checked.publishable,
      mb: Math.round(bytesIn(files) / 2 ** 20),
      with_change_set_s: submitted.wall_s,
      with_change_set_rss_mb: submitted.rss_mb,
    }
  } finally {
    await instance.stop()
    removeFolder(files)
    removeFolder(data)
  }
}

/** Seconds from the first byte sent until the last issue is stored, and the most memory of all processes meanwhile. */
async function measured(instance: Instance, folder: string, submit: boolean) {
  let rss_mb = 0
  const look = setInterval(() => {
    rss_mb = Math.max(rss_mb, costOf(instance.pid).rss_mb)
  }, look_ms)
  const began = performance.now()
  try {
    const delivery = await deliver(instance.api, [folder], { name: submit ? "bench 2" : "bench", system: 4527, submit })
    const issues = Object.values(delivery.counts).reduce((a, b) => a + b, 0)
    return { wall_s: seconds(began), rss_mb, rows: delivery.rows, publishable: delivery.publishable, issues }
  } finally {
    clearInterval(look)
  }
}

async function besideGdal(): Promise<object | null> {
  if (spawnSync("ogr2ogr", ["--version"]).error) return null
  const [data, files, other] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  await inventSurvey({ rows: beside_rows, seed: 8, out: files, formats: ["csv"], sound: false, style: 0 })
  const instance = await startInstance(data, "real")
  const database = await openSql({ folder: other })
  try {
    // The first delivery finds a process that has compiled nothing yet; the second is what a city's clerk sees.
    await measured(instance, files, false)
    const ours = await measured(instance, files, false)
    const { host, port, user, password, database: dbname } = database.connection as Record<string, unknown>
    const target = Object.entries({ host, port, user, password, dbname })
      .filter(([, value]) => value !== undefined && value !== "")
      .map(([key, value]) => `${key}=${value}`)
      .join(" ")
    const tables = readdirSync(files).filter((name) => /(POINT|LINE)\.csv$/i.test(name))
    const began = performance.now()
    for (const name of tables) {
      const done = spawnSync("ogr2ogr", ["-f", "PostgreSQL", `PG:${target}`, join(files, name), "-lco", "LAUNDER=NO"])
      if (done.status !== 0) throw new Error(`ogr2ogr: ${done.stderr}`)
    }
    const theirs_s = seconds(began)
    return {
      bench: "import-beside-ogr2ogr",
      rows: ours.rows,
      wall_s: ours.wall_s,
      ogr2ogr_s: theirs_s,
      times: Number((ours.wall_s / theirs_s).toFixed(2)),
      tables: tables.length,
    }
  } finally {
    await database.close()
    await instance.stop()
    for (const folder of [data, files, other]) removeFolder(folder)
  }
}

const bytesIn = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
const seconds = (began: number) => Number(((performance.now() - began) / 1000).toFixed(1))
