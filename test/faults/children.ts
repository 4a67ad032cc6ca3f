import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { treeOf } from "../../bench/processes.ts"
import { postmasterOf, until } from "../processes.ts"
import { cityOf } from "./city.ts"
import { findReadings, findSeconds, withSeries } from "./found.ts"
import { bridgeFeed, killQuietly, streetFeed } from "./kills.ts"
import { type FaultResult, resultOf } from "./result.ts"

/**
 * Kills, under load, what the program has started: a process of the database's, the whole database, the maker of
 * reports. Its own threads end with it and are killed with it; nothing outside can end one of them alone.
 */
export async function childKills(options: { steps_per_s?: number } = {}): Promise<FaultResult> {
  const { steps_per_s = 40 } = options
  const city = await cityOf("children")
  const wrong: string[] = []
  const said: string[] = []
  try {
    await city.start()
    const street = streetFeed(city, steps_per_s)
    const bridge = bridgeFeed(city, steps_per_s, street.settledStep)
    /** Waits until more is acknowledged; the program is started again where it has ended, as what watches over it does. */
    const grows = async (after: string) => {
      const before = street.acknowledged().length
      let ended = 0
      const grown = async () => {
        if (!city.runs()) {
          ended++
          await city.start()
        }
        return street.acknowledged().length > before + 200
      }
      await until(grown, 60_000, () => `nothing is acknowledged ${after}: ${city.said()}`)
      return ended
    }
    const back = async (what: string) => {
      const ended = await grows(`after ${what}`)
      said.push(`${what}: ${ended > 0 ? "the program ended and was started again" : "the program went on by itself"}`)
    }
    await grows("at first")
    for (const kind of ["checkpointer", "mingmai"]) {
      const database = postmasterOf(city.folder)
      const pid = database === null ? undefined : treeOf(database).find((p) => p !== database && named(p, kind))
      if (pid === undefined) {
        wrong.push(`the database has no process ${kind}`)
        continue
      }
      killQuietly(pid)
      await sleep(1000)
      await back(`a killed ${kind === "mingmai" ? "connection" : kind} of the database`)
    }
    // The program may be about to end because of what was killed before: then its next database is meant.
    const killed = new Set<number>()
    await until(
      async () => {
        const database = city.runs() && treeOf(city.program().pid).find((p) => named(p, "bin/postgres"))
        if (database && !killed.has(database)) {
          killQuietly(database)
          killed.add(database)
        }
        if (!city.runs() && killed.size === 0) await city.start()
        return !city.runs()
      },
      30_000,
      "without its database the program runs on",
    )
    await back("the killed database")

    const report = () => city.api().post("/api/supervision/reports", { date: "2026-01-05", language: "en" })
    const made = report().then(
      () => "made",
      () => "refused",
    )
    const maker = await until(
      () => treeOf(city.program().pid).find((p) => named(p, "report/worker")),
      20_000,
      "no maker of reports is seen",
    )
    killQuietly(maker)
    const answer = await made
    await report().catch((error: Error) => wrong.push(`no report after a killed maker: ${error.message}`))
    if (!city.runs()) wrong.push("the program ended with the maker of reports")
    said.push(`a killed maker of reports: that report was ${answer}, the next was made`)
    await grows("after a killed maker of reports")

    street.finishAt()
    await until(street.done, 60_000, () => `${street.unacknowledged()} messages stay unacknowledged: ${city.said()}`)
    bridge.finishAt()
    await until(bridge.done, 60_000, () => `${bridge.unacknowledged()} blocks stay unacknowledged: ${city.said()}`)
    await street.stop()
    await bridge.stop()
    await city.stop()
    const found = await withSeries(city.folder, async (series) => [
      await findReadings(series, city.street, street.acknowledged()),
      await findSeconds(series, city.channels, bridge.acknowledged()),
    ])
    return resultOf("SIGKILL of what the program started", said.join("; "), found, wrong)
  } finally {
    await city.remove()
  }
}

/** Whether a process's command line says so; one that ended meanwhile says nothing. */
function named(pid: number, words: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(words)
  } catch {
    return false // It ended while it was looked at.
  }
}
