import { setTimeout as sleep } from "node:timers/promises"
import { postmasterOf, until } from "../processes.ts"
import { type Alarm, type City, cityOf } from "./city.ts"
import { findReadings, findSeconds, withSeries } from "./found.ts"
import { startGateway, type ToSend } from "./gateway.ts"
import { type FaultResult, resultOf } from "./result.ts"
import { blocksOf, bridge_channels, type Reading, readingOf, type Second, street_points, timeOf } from "./town.ts"

export type KillResult = FaultResult & { kills: number; alarms: number; expected_alarms: number }

const unacknowledged_max = 3000
const gateway_code = "gw-water"

/** The street's gateway: a tick and a reading of each point a step. */
export const streetFeed = (city: Pick<City, "clock">, steps_per_s: number, first_step = 0) =>
  startGateway<Reading>({
    name: "street",
    first_step,
    login: city.clock,
    steps_per_s,
    unacknowledged_max,
    messages: (step) => [
      { topic: "v1/clock", payload: JSON.stringify({ time: timeOf(step) }), items: [] },
      ...Array.from({ length: street_points }, (_, point): ToSend<Reading> => {
        const reading = { point, step }
        return { ...readingOf(gateway_code, reading), items: [reading] }
      }),
    ],
  })

/** The bridge's gateway: a second of all channels a step, as far as city time has come. */
export const bridgeFeed = (city: Pick<City, "bridge">, steps_per_s: number, step_max: () => number, first_step = 0) =>
  startGateway<Second>({
    name: "bridge",
    first_step,
    login: city.bridge,
    steps_per_s,
    unacknowledged_max: 500,
    step_max,
    messages: (step) => [
      { ...blocksOf(step), items: Array.from({ length: bridge_channels }, (_, channel) => ({ channel, step })) },
    ],
  })

/**
 * Feeds a small city over MQTT, readings by one gateway and waveforms by another, while its whole process is killed at
 * random moments, at work and while it starts, now and then the database with it or alone. Then compares what is there
 * with what was acknowledged, and its alarms with those of a city that nobody killed and that got the same readings.
 */
export async function kills(options: {
  kills: number
  steps_per_s?: number
  say?: (sentence: string) => void
}): Promise<KillResult> {
  const { steps_per_s = 120, say = () => undefined } = options
  const killed = await cityOf("killed")
  const whole = await cityOf("whole")
  try {
    const street = streetFeed(killed, steps_per_s)
    const bridge = bridgeFeed(killed, steps_per_s, street.settledStep)
    for (let kill = 1; kill <= options.kills; kill++)
      say(
        `${kill}: ${await killOnce(killed, kill)}, ${street.acknowledged().length} readings and ${bridge.acknowledged().length} seconds of waveforms acknowledged, ${street.resent() + bridge.resent()} messages sent again`,
      )
    await killed.start()
    const last_step = street.finishAt()
    const done = async (g: { done(): boolean; unacknowledged(): number }) =>
      await until(g.done, 120_000, () => `${g.unacknowledged()} messages stay unacknowledged: ${killed.said()}`)
    await done(street)
    bridge.finishAt()
    await done(bridge)
    await street.stop()
    await bridge.stop()
    const alarms = await killed.alarms()
    await killed.stop()
    const found = await withSeries(killed.folder, async (series) => [
      await findReadings(series, killed.street, street.acknowledged()),
      await findSeconds(series, killed.channels, bridge.acknowledged()),
    ])

    await whole.start()
    const steady = streetFeed(whole, 10_000)
    steady.finishAt(last_step)
    await until(steady.done, 120_000, "the city that nobody killed does not acknowledge")
    await steady.stop()
    const expected = await whole.alarms()
    await whole.stop()
    const compared = compareAlarms(alarms, expected)
    const result = resultOf(
      `${options.kills} SIGKILLs under load`,
      `${found[0]!.acknowledged} readings of ${last_step + 1} minutes, ${found[1]!.acknowledged} seconds of waveforms, ${alarms.length} alarms where ${expected.length} are expected, ${street.resent() + bridge.resent()} messages sent again`,
      [...found, compared],
    )
    return { ...result, kills: options.kills, alarms: alarms.length, expected_alarms: expected.length }
  } finally {
    await killed.remove()
    await whole.remove()
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
    killQuietly(database)
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

/** Kills a process that may have ended by itself. */
export function killQuietly(pid: number) {
  try {
    process.kill(pid, "SIGKILL")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

/** Alarms that are missing, differ, or are there twice or for nothing. */
export function compareAlarms(alarms: readonly Alarm[], expected: readonly Alarm[]) {
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
  const missing = expected.filter((a) => !there.has(whole(a))).map((a) => `alarm ${whole(a)}`)
  return { acknowledged: 0, doubled, missing }
}
