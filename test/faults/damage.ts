import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { until } from "../processes.ts"
import { type City, cityOf, faultsHome, type Prepared, troubled } from "./city.ts"
import { findReadings, findSeconds, withSeries } from "./found.ts"
import { bridgeFeed, streetFeed } from "./kills.ts"
import { type FaultResult, type Found, resultOf } from "./result.ts"
import { type Reading, type Second, timeOf } from "./town.ts"

type Harm = "truncated" | "flipped"
type Case = {
  name: string
  /** Which files of the store are hit. */
  files: { find(folder: string): string; harm: Harm }[]
  /** The start is refused, with a sentence that names the file. */
  refused?: boolean
}
type Hole = { path: string; moved_to: string; first_batch: number; last_batch: number; rows: number }
type Kept = { readings: Reading[]; seconds: Second[]; batch_of: Map<string, number>; steps: number }

const only = (folder: string, sub: string, fits: (name: string) => boolean): string => {
  const name = readdirSync(join(folder, sub), { recursive: true, encoding: "utf8" }).sort().find(fits)
  if (name === undefined) throw new Error(`no such file in ${join(folder, sub)}`)
  return join(folder, sub, name)
}
const sealed_readings = (folder: string) => only(folder, "sealed", (n) => n.endsWith("readings.parquet"))
const packed_waves = (folder: string) => only(folder, "waves", (n) => n.endsWith(".parquet"))
const live_frames = (folder: string) =>
  only(folder, "waves", (n) => n.endsWith(".frames") && statSync(join(folder, "waves", n)).size > 1000)
const wal = (folder: string) => join(folder, "series.duckdb.wal")
const database = (folder: string) => join(folder, "series.duckdb")

const cases: Case[] = [
  {
    name: "sealed readings and packed waves cut short, live frames with a flipped bit",
    files: [
      { find: sealed_readings, harm: "truncated" },
      { find: packed_waves, harm: "truncated" },
      { find: live_frames, harm: "flipped" },
    ],
  },
  {
    name: "sealed readings and packed waves with a flipped bit",
    files: [
      { find: sealed_readings, harm: "flipped" },
      { find: packed_waves, harm: "flipped" },
    ],
  },
  { name: "the database's log cut short", files: [{ find: wal, harm: "truncated" }] },
  { name: "the database cut short", files: [{ find: database, harm: "truncated" }], refused: true },
]

/**
 * Damages files of a stopped city's store and starts it: what is broken is named, what is missing is exactly what was
 * named, the rest is served, and the city goes on; or the start is refused with a sentence that names the file.
 */
export async function damagedFiles(options: { steps?: number; case_count?: number } = {}): Promise<FaultResult> {
  const { steps = 60, case_count = cases.length } = options
  const source = await cityOf("sound")
  const wrong: string[] = []
  const said: string[] = []
  const found: Found[] = []
  try {
    const kept = await fill(source, steps)
    const facts: Prepared = {
      folder: source.folder,
      bridge_password: "",
      street: source.street,
      channels: source.channels,
    }
    for (const [k, one] of cases.slice(0, case_count).entries()) {
      const folder = join(faultsHome(), `damaged-${k}`)
      execFileSync("cp", ["-a", source.folder, folder])
      const city = await cityOf(`damaged-${k}`, { at: folder, facts })
      try {
        const seen = one.refused ? await refused(city, one) : await served(city, one, kept)
        wrong.push(...seen.wrong.map((w) => `${one.name}: ${w}`))
        said.push(`${one.name}: ${seen.said}`)
        if (seen.found) found.push(...seen.found)
      } finally {
        await city.remove()
      }
    }
    return resultOf("damaged files at start", said.join("; "), found, wrong)
  } finally {
    await source.remove()
  }
}

/** Half of the steps sealed and packed, half live, ended by a kill so that the database's log is there. */
async function fill(city: City, steps: number): Promise<Kept> {
  const readings: Reading[] = []
  const seconds: Second[] = []
  for (const half of [0, 1]) {
    await city.start()
    const street = streetFeed(city, 10_000, half * steps)
    const bridge = bridgeFeed({ bridge: city.bridge }, 10_000, street.settledStep, half * steps)
    street.finishAt((half + 1) * steps - 1)
    bridge.finishAt((half + 1) * steps - 1)
    await until(
      () => street.done() && bridge.done(),
      60_000,
      () => `the city does not acknowledge: ${city.said()}`,
    )
    await street.stop()
    await bridge.stop()
    await city.settled()
    readings.push(...street.acknowledged())
    seconds.push(...bridge.acknowledged())
    if (half === 0) {
      await city.stop()
      await withSeries(city.folder, (series) => series.seal(Number.POSITIVE_INFINITY))
    } else {
      city.program().child.kill("SIGKILL")
      await city.program().ended
    }
  }
  // Which batch each reading came with, from a copy: opening the store would tidy the log away.
  const copy = join(faultsHome(), "sound-copy")
  execFileSync("mkdir", ["-p", copy])
  execFileSync("cp", ["-a", join(city.folder, "series"), copy])
  const batch_of = new Map<string, number>()
  await withSeries(copy, async (series) => {
    for await (const { batch, readings: r, blocks } of series.since(0)) {
      for (let i = 0; i < r.n; i++) batch_of.set(`${r.point[i]}@${r.time[i]}`, batch)
      for (let i = 0; i < blocks.n; i++) batch_of.set(`${blocks.point[i]}@${blocks.start[i]}`, batch)
    }
  })
  rmSync(copy, { recursive: true, force: true })
  return { readings, seconds, batch_of, steps: 2 * steps }
}

function hurt(folder: string, one: Case): string[] {
  return one.files.map(({ find, harm }) => {
    const path = find(folder)
    const { size } = statSync(path)
    if (harm === "truncated") truncateSync(path, Math.floor(size / 2))
    else {
      const bytes = readFileSync(path)
      bytes[size >> 1]! ^= 16
      writeFileSync(path, bytes)
    }
    return relative(folder, path)
  })
}

async function refused(city: City, one: Case) {
  const [path] = hurt(join(city.folder, "series"), one)
  const program = city.launch()
  const code = await program.ended
  const wrong = code === 1 ? [] : [`the start ended with ${code}`]
  if (!program.said().includes(path!)) wrong.push(`the refusal does not name ${path}: ${program.said().slice(0, 300)}`)
  return { wrong, said: "refused by name", found: null }
}

async function served(city: City, one: Case, kept: Kept) {
  const series_folder = join(city.folder, "series")
  const paths = hurt(series_folder, one)
  await city.start()
  const wrong: string[] = []
  const holes = await until(
    async () => {
      const { damage } = (await city.operate()).store
      return paths.every((p) => damage.some((d) => d.path === p)) && damage
    },
    20_000,
    `not all of ${paths} are named`,
  ).catch(async () => {
    const { damage } = (await city.operate()).store
    wrong.push(`${paths.filter((p) => !damage.some((d) => d.path === p))} is not named`)
    return damage
  })
  for (const hole of holes)
    if (hole.moved_to && !existsSync(join(series_folder, hole.moved_to))) wrong.push(`${hole.moved_to} is not there`)
  await troubled(city, "damage", true, 20_000).catch((error: Error) => wrong.push(error.message))
  // The rest is served, and the city goes on.
  const street = streetFeed(city, 10_000, kept.steps)
  const last = street.finishAt(kept.steps + 20)
  await until(street.done, 60_000, () => `it does not acknowledge: ${city.said()}`)
  await street.stop()
  await city.settled()
  await city.stop()
  const found = await withSeries(city.folder, async (series) => {
    const readings = await findReadings(series, city.street, [...kept.readings, ...street.acknowledged()])
    const seconds = await findSeconds(series, city.channels, kept.seconds)
    return { readings, seconds }
  })
  const named = (key: string) => inHole(holes, kept.batch_of.get(key))
  const readings = unnamed(found.readings, (text) => named(text.slice("reading ".length).split(":")[0]!))
  const seconds = unnamed(found.seconds, (text) => {
    const [channel, time] = text.slice("second ".length).split(":")[0]!.split("@")
    return named(`${city.channels[Number(channel)]}@${time}`)
  })
  const lost = readings.named + seconds.named
  const batches = holes.map((h) => `${h.path} (batches ${h.first_batch}–${h.last_batch}, ${h.rows} rows)`).join(", ")
  return {
    wrong,
    said: `${batches} named and set aside, ${lost} readings and seconds in them, the others served up to minute ${(timeOf(last) - timeOf(0)) / 60_000}`,
    found: [readings.found, seconds.found],
  }
}

const inHole = (holes: readonly Hole[], batch: number | undefined): boolean =>
  batch !== undefined && holes.some((h) => batch >= h.first_batch && batch <= h.last_batch)

/** Takes out what a named hole explains: the platform has said that it is gone. */
function unnamed(found: Found, isNamed: (text: string) => boolean): { found: Found; named: number } {
  const missing = found.missing.filter((text) => !isNamed(text))
  const named = found.missing.length - missing.length
  return { found: { ...found, acknowledged: found.acknowledged - named, missing }, named }
}
