import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { costOf } from "../../bench/processes.ts"
import { until } from "../processes.ts"
import { cityOf, faultsHome, troubled } from "./city.ts"
import { findReadings, findSeconds, withSeries } from "./found.ts"
import { bridgeFeed, streetFeed } from "./kills.ts"
import { type FaultResult, resultOf } from "./result.ts"

const disk_mb = 600
/** Room that is left when the disk is called full: less than the store's reserve of 64 MB. */
const left_mb = 40
/** How much the program may grow while it can keep nothing. */
const growth_mb_max = 200
const mb = 1024 * 1024

/** Why a small disk cannot be made here; null where it can. */
export function noSmallDisk(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "a small disk needs Linux and root"
  const folder = mkdtempSync(join(tmpdir(), "mingmai-mount-"))
  try {
    mountTmpfs(folder, 1)
    execFileSync("umount", [folder])
    return null
  } catch {
    return "this container may not mount a small disk"
  } finally {
    rmdirSync(folder)
  }
}

const mountTmpfs = (folder: string, size_mb: number) =>
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size_mb}m,mode=711`, "tmpfs", folder], { stdio: "ignore" })

/**
 * Fills the disk under a loaded city, twice: below the store's reserve, and to the last byte. While it is full nothing
 * is acknowledged, the program says so, and it does not grow; once there is room it goes on, and nothing is missing.
 */
export async function diskFull(options: { steps_per_s?: number; full_ms?: number } = {}): Promise<FaultResult> {
  const { steps_per_s = 60, full_ms = 2500 } = options
  const mount = join(faultsHome(), "small-disk")
  mkdirSync(mount)
  mountTmpfs(mount, disk_mb)
  const city = await cityOf("disk-full", { at: join(mount, "city") })
  const ballast = join(mount, "ballast")
  const wrong: string[] = []
  const said: string[] = []
  try {
    await city.start()
    const street = streetFeed(city, steps_per_s)
    const bridge = bridgeFeed(city, steps_per_s, street.settledStep)
    const count = () => street.acknowledged().length + bridge.acknowledged().length
    const grows = (what: string) => {
      const before = count()
      return until(() => count() > before + 100, 60_000, `${what}: ${city.said()}`)
    }
    await grows("nothing is acknowledged before the disk is full")
    for (const left of [left_mb, 0]) {
      const before_mb = costOf(city.program().pid).rss_mb
      fill(ballast, mount, left)
      if (left > 0) {
        await troubled(city, "commit", true, 30_000)
        const { status, troubles } = await city.health()
        if (status !== 503 || !troubles.includes("commit")) wrong.push(`/healthz says ${status} ${troubles}`)
      } else await sleep(500)
      const [at, step] = [count(), street.step()]
      let most_mb = 0
      for (const end = performance.now() + full_ms; city.runs() && performance.now() < end; await sleep(250))
        most_mb = Math.max(most_mb, costOf(city.program().pid).rss_mb)
      if (left > 0 && count() !== at) wrong.push(`${count() - at} rows were acknowledged while the disk was full`)
      if (most_mb > before_mb + growth_mb_max) wrong.push(`it grew from ${before_mb} to ${most_mb} MB`)
      said.push(`${left} MB left: ${before_mb} MB before, ${most_mb} MB at most, ${street.step() - step} steps on`)
      const full_at = performance.now()
      rmSync(ballast)
      // To the last byte the database may end, and the program with it: whatever watches over it starts it again.
      const restarted = !city.runs()
      await city.start()
      await grows(`nothing is acknowledged after room was made (${left} MB left before)`)
      await troubled(city, "commit", false, 30_000)
      said.push(`${restarted ? "started again" : "went on by itself"} in ${Math.round(performance.now() - full_at)} ms`)
      if (restarted && left > 0) wrong.push(`it ended with ${left} MB left`)
    }
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
    return resultOf("disk full and back", said.join("; "), found, wrong)
  } finally {
    await city.remove()
    execFileSync("umount", ["-l", mount])
    rmdirSync(mount)
  }
}

/** Writes a file that leaves about so much of the disk. */
function fill(path: string, mount: string, left_mb: number) {
  const { bavail, bsize } = statfsSync(mount)
  const bytes = bavail * bsize - left_mb * mb
  if (bytes <= 0) return
  try {
    execFileSync("fallocate", ["-l", String(bytes), path], { stdio: "ignore" })
  } catch {
    // Others wrote meanwhile and less is left than was asked for: what is left is taken.
    execFileSync("sh", ["-c", `cat /dev/zero > '${path}' 2>/dev/null || true`])
  }
}
