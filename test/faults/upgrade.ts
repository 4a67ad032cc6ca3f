import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { zstdDecompressSync } from "node:zlib"
import { until } from "../processes.ts"
import { type Alarm, cityOf, faultsHome } from "./city.ts"
import { findReadings, withSeries } from "./found.ts"
import { streetFeed } from "./kills.ts"
import { type FaultResult, resultOf } from "./result.ts"
import { type Reading, street_points } from "./town.ts"

/** What the older version said of its own folder before it was stopped. */
type Expected = { version: string; steps: number; points: number[]; quarantine: number; alarms: Alarm[] }

const fixtures = join(import.meta.dirname, "fixtures")
const older = "city-0.1.0"
const more_steps = 120

/**
 * Opens a data folder that the version before this one made (the street's readings, half of them sealed, alarms,
 * quarantine), and goes on with it.
 */
export async function upgrade(): Promise<FaultResult> {
  const expected = JSON.parse(readFileSync(join(fixtures, `${older}.json`), "utf8")) as Expected
  const folder = join(faultsHome(), "upgraded")
  unpack(join(fixtures, `${older}.tar.zst`), folder)
  const city = await cityOf("upgraded", {
    at: folder,
    facts: { folder, bridge_password: "", street: expected.points, channels: [] },
  })
  const wrong: string[] = []
  try {
    await city.start()
    const alarms = await city.alarms()
    // Alarms that stood when it was stopped may end later; what had ended stands as it was.
    for (const old of expected.alarms) {
      const now = alarms.find((a) => a.id === old.id)
      const same =
        now?.rule === old.rule &&
        now.raised_at === old.raised_at &&
        now.code === old.code &&
        now.severity <= old.severity
      if (!same || (old.cleared_at !== null && now.cleared_at !== old.cleared_at))
        wrong.push(`alarm ${old.id} ${old.rule} of ${old.raised_at} differs`)
    }
    const { total } = await city.quarantined()
    if (total !== expected.quarantine) wrong.push(`${total} entries of quarantine, ${expected.quarantine} before`)
    const street = streetFeed(city, 10_000)
    const last = street.finishAt(expected.steps + more_steps - 1)
    await until(street.done, 60_000, () => `the upgraded city does not acknowledge: ${city.said()}`)
    await street.stop()
    const later = await city.alarms()
    if (!later.some((a) => !expected.alarms.some((old) => old.id === a.id)))
      wrong.push("no alarm was raised afterwards")
    await city.stop()
    const all = Array.from({ length: last + 1 }, (_, step) =>
      Array.from({ length: street_points }, (_, point): Reading => ({ point, step })),
    ).flat()
    const found = await withSeries(city.folder, (series) => findReadings(series, city.street, all))
    const before = expected.steps * street_points
    return resultOf(
      `upgrade of a folder of version ${expected.version}`,
      `${before} readings and ${expected.alarms.length} alarms of before, ${found.acknowledged - before} readings and ${later.length - alarms.length} alarms since`,
      [found],
      wrong,
    )
  } finally {
    await city.remove()
  }
}

function unpack(file: string, folder: string) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o711 })
  const tar = zstdDecompressSync(readFileSync(file), { params: {} })
  execFileSync("tar", ["x", "-p", "-C", folder], { input: tar, maxBuffer: tar.length })
}
