import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { delimiter, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { freePort, until } from "../processes.ts"
import { cityOf, faultsHome, troubled } from "./city.ts"
import { findReadings, findSeconds, withSeries } from "./found.ts"
import { startGateway, type ToSend } from "./gateway.ts"
import { type FaultResult, resultOf } from "./result.ts"
import { blocksOf, bridge_channels, type Reading, readingOf, type Second, street_points, timeOf } from "./town.ts"

const gateway_code = "gw-water"

/** Where Mosquitto is; null where it is not installed. */
export const mosquittoPath = (): string | null =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .map((folder) => join(folder, "mosquitto"))
    .find(existsSync) ?? null

/**
 * A city behind an outside broker that is stopped and started, then killed, under load. What that broker acknowledged
 * and kept must be there once. A killed Mosquitto loses what came after it last saved itself, as its manual says: the
 * gateway then sends everything again, and nothing may be doubled.
 */
export async function brokerRestarts(options: { restarts?: number; steps_per_s?: number } = {}): Promise<FaultResult> {
  const { restarts = 2, steps_per_s = 40 } = options
  const broker = await mosquitto(join(faultsHome(), "mosquitto"))
  const city = await cityOf("broker", { flags: ["--mqtt-url", broker.url] })
  try {
    await broker.start()
    await city.start()
    await troubled(city, "mqtt", false, 20_000)
    const messages = (step: number): ToSend<Reading | Second>[] => [
      { topic: "v1/clock", payload: JSON.stringify({ time: timeOf(step) }), items: [] },
      ...Array.from({ length: street_points }, (_, point): ToSend<Reading> => {
        const reading = { point, step }
        return { ...readingOf(gateway_code, reading), items: [reading] }
      }),
      { ...blocksOf(step), items: Array.from({ length: bridge_channels }, (_, channel) => ({ channel, step })) },
    ]
    const feed = (name: string, rate: number) =>
      startGateway<Reading | Second>({
        name,
        login: async () => (broker.runs() ? { url: broker.url, username: "", password: "" } : null),
        steps_per_s: rate,
        unacknowledged_max: 2000,
        messages,
      })
    const gateway = feed("gateway", steps_per_s)
    const grown = async () => {
      const before = gateway.acknowledged().length
      await until(() => gateway.acknowledged().length > before + 500, 30_000, "the broker acknowledges nothing")
    }
    for (let k = 0; k < restarts; k++) {
      await grown()
      await broker.end("SIGTERM")
      await troubled(city, "mqtt", true, 10_000)
      await broker.start()
      await troubled(city, "mqtt", false, 20_000)
    }
    await grown()
    await broker.end("SIGKILL")
    await sleep(300)
    await broker.start()
    await grown()
    const last = gateway.finishAt()
    await until(gateway.done, 30_000, "messages stay unacknowledged")
    await gateway.stop()
    const again = feed("again", 10_000)
    again.finishAt(last)
    await until(again.done, 30_000, "messages that are sent again stay unacknowledged")
    await again.stop()
    const want = (last + 1) * street_points
    await until(
      async () => {
        const { numbers } = await city.operate()
        return numbers.mingmai_readings_total! - numbers.mingmai_readings_derived_total! >= want
      },
      60_000,
      () => `fewer than ${want} readings arrived: ${city.said()}`,
    ).catch(() => null) // What is missing is counted below, reading by reading.
    await city.settled()
    await city.stop()
    const acknowledged = gateway.acknowledged()
    const found = await withSeries(city.folder, async (series) => [
      await findReadings(
        series,
        city.street,
        acknowledged.filter((a): a is Reading => "point" in a),
      ),
      await findSeconds(
        series,
        city.channels,
        acknowledged.filter((a): a is Second => "channel" in a),
      ),
    ])
    return resultOf(
      `${restarts} restarts and a SIGKILL of an outside broker`,
      `${gateway.reconnects()} reconnects, ${gateway.resent()} messages sent again, then all ${last + 1} minutes once more`,
      found,
    )
  } finally {
    await city.remove()
    await broker.remove()
  }
}

/** A Mosquitto of its own that keeps what it has not handed over. */
async function mosquitto(folder: string) {
  const path = mosquittoPath()
  if (!path) throw new Error("Mosquitto is not installed")
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "mosquitto.conf")
  const root = process.getuid?.() === 0 ? "user root\n" : ""
  writeFileSync(
    file,
    `${root}listener ${port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location ${folder}/
autosave_interval 1
max_inflight_messages 0
max_queued_messages 0
log_dest none
`,
  )
  let child: ChildProcess | null = null
  const runs = () => child !== null && child.exitCode === null && child.signalCode === null
  const ended = () => new Promise<void>((done) => child?.once("close", () => done()))
  process.once("exit", () => child?.kill("SIGKILL"))
  return {
    url: `mqtt://127.0.0.1:${port}`,
    runs,
    async start() {
      child = spawn(path, ["-c", file], { stdio: "ignore" })
      await until(() => listens(port), 10_000, "Mosquitto does not listen")
    },
    async end(signal: NodeJS.Signals) {
      const closed = ended()
      child?.kill(signal)
      await closed
    },
    async remove() {
      if (runs()) await this.end("SIGKILL")
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      done(true)
    })
    socket.once("error", () => done(false))
  })
}
