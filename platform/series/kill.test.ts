import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { type BlockBatch, samplesOf } from "../../model/index.ts"
import { openSeries } from "./index.ts"

const rows = 100
const kills = 10
const child_file = fileURLToPath(new URL("./kill-child.ts", import.meta.url))

/** Lets the child commit until the moment comes, ends it by SIGKILL, and returns the batches it acknowledged. */
async function commitUntilKilled(folder: string, moment: () => Promise<void>): Promise<number[]> {
  const child = spawn(process.execPath, [child_file, folder, String(rows)], { stdio: ["ignore", "pipe", "pipe"] })
  let said = ""
  let complaint = ""
  child.stderr.on("data", (text) => {
    complaint += text
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, signal) => resolve(signal)))
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (text) => {
      said += text
      if (said.includes("ready")) resolve()
    })
  })
  await Promise.race([ready, ended, sleep(10_000, undefined, { ref: false })])
  await moment()
  child.kill("SIGKILL")
  expect(await ended, complaint).toBe("SIGKILL")
  const lines = said.slice(0, said.lastIndexOf("\n")).split("\n")
  return lines.filter((line) => /^\d/.test(line)).map((line) => Number(line.split(" ")[1]))
}

/** Waits for a moment at which a seal is being written. */
async function untilSealing(folder: string): Promise<void> {
  const tmp = join(folder, "tmp")
  const until = performance.now() + 2000
  const writing = () => existsSync(tmp) && readdirSync(tmp).some((name) => /^(\d+-\d+-\d+|pack-\d+)$/.test(name))
  while (!writing() && performance.now() < until) await sleep(1)
}

test("SIGKILL at any moment loses nothing acknowledged and doubles nothing", { timeout: 60_000 }, async (context) => {
  if (process.platform === "win32") return context.skip("needs POSIX signals")
  const folder = mkdtempSync(join(tmpdir(), "series-kill-"))
  try {
    const acknowledged: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      const moment = async () => {
        await sleep(Math.random() * 900)
        if (kill % 2 === 1) await untilSealing(folder)
        await sleep(Math.random() * 40)
      }
      acknowledged.push(...(await commitUntilKilled(folder, moment)))
    }
    expect(acknowledged.length).toBeGreaterThan(kills)
    await checkAll(folder, acknowledged)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function checkAll(folder: string, acknowledged: readonly number[]): Promise<void> {
  const series = await openSeries({ folder, threads: 1 })
  try {
    const seen = new Set<number>()
    let [readings, next] = [0, 1]
    // While files are packed beside this, a block may come again (contract.ts); that none is stored twice is seen below.
    const seconds = new Map<string, number>()
    for await (const b of series.since(0)) {
      expect(b.batch).toBe(next++)
      readings += b.readings.n
      for (let i = 0; i < b.readings.n; i++) seen.add(b.readings.value[i]!)
      countSeconds(b.blocks, seconds)
    }
    expect(seen.size, "no reading twice").toBe(readings)
    expect(series.stats().rows_total).toBe(readings)
    expect(next - 1).toBe(series.lastBatch())
    const lost = acknowledged.filter((k) =>
      Array.from({ length: rows }, (_, i) => k * rows + i).some((id) => !seen.has(id)),
    )
    expect(lost, "acknowledged batches with a reading missing").toEqual([])
    const lost_waves = acknowledged.filter((k) => [0, 1, 2, 3].some((p) => !seconds.has(`${1000 + p} ${k}`)))
    expect(lost_waves, "acknowledged batches with a block missing").toEqual([])
    expect(series.damage()).toEqual([])
    const newest = Math.max(...series.latest().map((l) => l.value))
    expect(newest).toBe([...seen].reduce((a, b) => Math.max(a, b), 0))
    expect(readdirSync(join(folder, "sealed")).length, "something was sealed").toBeGreaterThan(0)
    const samples = series.stats().samples_total
    await series.seal(Number.POSITIVE_INFINITY)
    const packed = readdirSync(join(folder, "waves")).filter((name) => name.endsWith(".parquet"))
    expect(packed.length, "something was packed").toBeGreaterThan(0)
    let packed_samples = 0
    const packed_seconds = new Map<string, number>()
    for await (const b of series.since(0)) {
      countSeconds(b.blocks, packed_seconds)
      for (let i = 0; i < b.blocks.n; i++) packed_samples += b.blocks.count[i]!
    }
    expect(packed_samples, "packing neither loses nor doubles").toBe(samples)
    expect([...packed_seconds.keys()].sort()).toEqual([...seconds.keys()].sort())
    expect(
      [...packed_seconds.values()].every((n) => n === 1),
      "no block twice",
    ).toBe(true)
  } finally {
    await series.close()
  }
}

/** Counts each second of each channel, after checking that its samples are those that were sent. */
function countSeconds(blocks: BlockBatch, into: Map<string, number>): void {
  for (let i = 0; i < blocks.n; i++) {
    const values = samplesOf(blocks, i)
    for (let k = 0; k < values.length; k += 20) {
      const second = blocks.start[i]! / 1000 + k / 20
      expect(values[k]).toBe(second % 30_000)
      const key = `${blocks.point[i]} ${second}`
      into.set(key, (into.get(key) ?? 0) + 1)
    }
  }
}
