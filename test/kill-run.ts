import { rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { readInstance } from "../platform/lock/index.ts"
import { openSeries } from "../platform/series/index.ts"
import { apiOf, settled } from "../scripts/instance.ts"
import { type Door, startGateway } from "./kill-feed.ts"
import { pressureOf, street, street_points, timeOf } from "./kill-town.ts"
import { freePort, type Program, postmasterOf, run, serving, temporaryHome, until } from "./processes.ts"

export type KillResult = {
  kills: number
  acknowledged: number
  missing: number
  doubled: number
  alarms: number
  expected_alarms: number
  wrong: string[]
}

type Alarm = {
  rule: string
  severity: number
  place: { zh: string }
  code: string | null
  raised_at: number
  cleared_at: number | null
  condition: string
}
const unacknowledged_max = 3000

/**
 * Feeds a small city over MQTT while its whole process is killed at random moments, at work and while it starts, now
 * and then the database with it or alone. Then compares what is there with what was acknowledged, and its alarms with
 * those of a city that nobody killed and that was given the same readings.
 */
export async function killTest(options: {
  kills: number
  steps_per_s?: number
  say?: (sentence: string) => void
}): Promise<KillResult> {
  const { kills, steps_per_s = 120, say = () => undefined } = options
  const home = temporaryHome("kill")
  try {
    const killed = await cityOf(join(home, "killed"))
    const gateway = startGateway({ door: killed.door, steps_per_s, unacknowledged_max })
    for (let kill = 1; kill <= kills; kill++)
      say(
        `${kill}: ${await killOnce(killed, kill)}, ${gateway.acknowledged().length} readings acknowledged, ${gateway.resent()} messages sent again`,
      )
    await killed.start()
    const last_step = gateway.finishAt()
    await until(
      gateway.done,
      120_000,
      () => `${gateway.unacknowledged()} messages stay unacknowledged: ${killed.said()}`,
    )
    await gateway.stop()
    const alarms = await killed.alarms()
    await killed.stop()
    const found = await readingsWrong(killed.folder, gateway.acknowledged(), last_step)
    say(
      `${gateway.acknowledged().length} readings of ${last_step + 1} minutes, ${found.missing.length} missing, ${found.doubled.length} doubled; ${alarms.length} alarms`,
    )

    const whole = await cityOf(join(home, "whole"))
    const steady = startGateway({ door: whole.door, steps_per_s: 10_000, unacknowledged_max })
    steady.finishAt(last_step)
    await until(steady.done, 120_000, "the city that nobody killed does not acknowledge")
    await steady.stop()
    const expected = await whole.alarms()
    await whole.stop()
    const compared = compareAlarms(alarms, expected)
    say(
      `${expected.length} alarms where nobody killed; ${compared.missing.length} missing, ${compared.doubled.length} doubled`,
    )
    return {
      kills,
      acknowledged: gateway.acknowledged().length,
      missing: found.missing.length + compared.missing.length,
      doubled: found.doubled.length + compared.doubled.length,
      alarms: alarms.length,
      expected_alarms: expected.length,
      wrong: [...found.missing, ...found.doubled, ...compared.missing, ...compared.doubled].slice(0, 20),
    }
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

type City = Awaited<ReturnType<typeof cityOf>>

/** Starts a city in `folder`, with the street imported. */
async function cityOf(folder: string) {
  const words = [
    "--data-dir",
    folder,
    "--mode",
    "replay",
    "--http-port",
    String(await freePort()),
    "--mqtt-port",
    String(await freePort()),
    "--log-level",
    "error",
  ]
  let program: Program = run(words)
  const { http_url, token } = await serving(program, folder)
  await apiOf(http_url, token).post("/api/census/import", street)
  const api = () => {
    const instance = readInstance(folder)
    return instance?.http_url ? apiOf(instance.http_url, instance.token) : null
  }
  return {
    folder,
    program: () => program,
    said: () => program.said(),
    api,
    launch() {
      program = run(words)
      return program
    },
    /** Starts it unless it runs, and waits until it answers. */
    async start() {
      if (program.child.exitCode !== null || program.child.signalCode !== null) program = run(words)
      await serving(program, folder)
    },
    async door(): Promise<Door | null> {
      const door = (await api()?.post<Door>("/api/operate/feed", { lifeline: "water" })) ?? null
      return door?.mqtt_url ? door : null
    },
    async alarms(): Promise<Alarm[]> {
      const at = api()
      if (!at) throw new Error(`the city does not answer: ${program.said()}`)
      await settled(at)
      const all: Alarm[] = []
      for (let next: string | null = "0"; next !== null; ) {
        const page: { items: Alarm[]; next: string | null } = await at.get(
          `/api/warning/alarms?state=all&limit=500&cursor=${next}`,
        )
        all.push(...page.items)
        next = page.next
      }
      return all
    },
    async stop() {
      program.child.kill("SIGTERM")
      await program.ended
    },
  }
}

/** One kill at a random moment; every fifth takes the database's process along, every seventh hits that one first. */
async function killOnce(city: City, number: number): Promise<string> {
  const while_starting = number % 4 === 0
  const program = while_starting ? city.launch() : await city.start().then(city.program)
  const wait_ms = while_starting ? Math.random() * 2500 : 300 + Math.random() * 3000
  await sleep(wait_ms)
  const database = postmasterOf(city.folder)
  let also = ""
  if (database && number % 7 === 0) {
    process.kill(database, "SIGKILL")
    await sleep(Math.random() * 1500)
    also = ", its database before it"
  } else if (database && number % 5 === 0) {
    program.child.kill("SIGKILL")
    killQuietly(database)
    also = ", its database with it"
  }
  program.child.kill("SIGKILL")
  await program.ended
  return `killed ${while_starting ? "while starting" : "at work"} after ${Math.round(wait_ms)} ms${also}`
}

function killQuietly(pid: number) {
  try {
    process.kill(pid, "SIGKILL")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

/** Acknowledged readings that are not there with their value, and readings that are there twice or were never sent. */
async function readingsWrong(folder: string, acknowledged: { point: number; step: number }[], last_step: number) {
  const series = await openSeries({ folder: join(folder, "series") })
  const missing: string[] = []
  const doubled: string[] = []
  try {
    // The street is the only thing imported: its points are numbered from 1 in the order of the companion.
    const points = Array.from({ length: street_points }, (_, i) => i + 1)
    const curves = await series.history(points, timeOf(0), timeOf(last_step + 1), 200_000)
    const values = new Map<string, number>()
    for (const curve of curves)
      for (let i = 0; i < curve.time.length; i++) {
        const key = `${curve.point}@${curve.time[i]}`
        if (values.has(key)) doubled.push(key)
        values.set(key, curve.value[i]!)
      }
    for (const { point, step } of acknowledged) {
      const key = `${point + 1}@${timeOf(step)}`
      if (values.get(key) !== pressureOf(point, step))
        missing.push(`${key}: ${values.get(key)} for ${pressureOf(point, step)}`)
    }
  } finally {
    await series.close()
  }
  return { missing, doubled }
}

function compareAlarms(alarms: Alarm[], expected: Alarm[]) {
  const raised = (a: Alarm) => `${a.rule} ${a.code ?? a.place.zh} raised ${a.raised_at}`
  const whole = (a: Alarm) => `${raised(a)} ${a.condition} ${a.cleared_at} severity ${a.severity}`
  const wanted = new Set(expected.map(raised))
  const seen = new Set<string>()
  const doubled: string[] = []
  for (const a of alarms) {
    if (seen.has(raised(a)) || !wanted.has(raised(a))) doubled.push(`alarm ${whole(a)}`)
    seen.add(raised(a))
  }
  const there = new Set(alarms.map(whole))
  return { doubled, missing: expected.filter((a) => !there.has(whole(a))).map((a) => `alarm ${whole(a)}`) }
}
