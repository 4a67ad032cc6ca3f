/** Cities for faults: the whole program on a folder of its own, with a street and a bridge, started and ended at will. */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { readInstance } from "../../platform/lock/index.ts"
import { connectMqtt } from "../../platform/mqtt/index.ts"
import { type Api, apiOf, settled } from "../../scripts/instance.ts"
import { freePort, type Program, run, serving, temporaryHome, until } from "../processes.ts"
import type { Login } from "./gateway.ts"
import { bridge_channels, bridge_gateway, channelOf, street, street_points, thermometer, timeOf } from "./town.ts"

export type Mode = "replay" | "real"
/** What a prepared folder holds: the bridge's credential, and the numbers of the points. */
export type Prepared = { folder: string; bridge_password: string; street: number[]; channels: number[] }
export type Alarm = {
  id: number
  rule: string
  severity: number
  place: { zh: string }
  code: string | null
  raised_at: number
  cleared_at: number | null
  condition: string
}
export type Operate = {
  mqtt_url: string | null
  numbers: Record<string, number>
  troubles: { what: string; words: { zh: string; en: string } }[]
  doors: Record<string, number>[]
  store: { damage: { path: string; moved_to: string; first_batch: number; last_batch: number; rows: number }[] }
}
type Page<T> = { items: T[]; next: string | null; total: number }
export type Feed = { mqtt_url: string; clock_password: string; gateway: string; gateway_password: string }

let home = ""
const prepared = new Map<Mode, Promise<Prepared>>()

/** The folder of this process's cities; removed when the process ends. */
export function faultsHome(): string {
  if (home !== "") return home
  home = temporaryHome("faults")
  process.once("exit", () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
  return home
}

/** A city in `folder`, a copy of one that was prepared once, or an existing folder. */
export async function cityOf(
  name: string,
  options: { mode?: Mode; flags?: string[]; at?: string; facts?: Prepared } = {},
) {
  const { mode = "replay", flags = [] } = options
  const folder = options.at ?? join(faultsHome(), name)
  const facts = options.facts ?? (await preparedOf(mode))
  // Owners too: as root the database belongs to another account.
  if (!options.facts) execFileSync("cp", ["-a", facts.folder, folder])
  const city = await programOf(folder, mode, flags)
  return { ...city, street: facts.street, channels: facts.channels, bridge: bridgeOf(city, facts) }
}
export type City = Awaited<ReturnType<typeof cityOf>>

const bridgeOf =
  (city: { url(): string | null }, { bridge_password }: Prepared) =>
  async (): Promise<Login | null> => {
    const url = city.url()
    return url ? { url, username: bridge_gateway, password: bridge_password } : null
  }

/** The program on a folder: ports that stay, and what can be asked of it. */
export async function programOf(folder: string, mode: Mode, flags: string[] = []) {
  const mqtt_port = await freePort()
  const words = ["--data-dir", folder, "--mode", mode, "--http-port", String(await freePort())]
  words.push("--mqtt-port", String(mqtt_port), "--log-level", "error", ...flags)
  let program: Program | null = null
  const api = () => {
    const instance = readInstance(folder)
    return instance?.http_url ? apiOf(instance.http_url, instance.token) : null
  }
  const ask = (): Api => {
    const at = api()
    if (!at) throw new Error(`the city does not answer: ${program?.said()}`)
    return at
  }
  const runs = () => program !== null && program.child.exitCode === null && program.child.signalCode === null
  return {
    folder,
    runs,
    program: () => program!,
    said: () => program?.said() ?? "",
    api: ask,
    /** Where its broker listens; null while it does not answer. */
    url: () => (api() ? `mqtt://127.0.0.1:${mqtt_port}` : null),
    http_url: () => readInstance(folder)?.http_url || null,
    launch() {
      program = run(words)
      return program
    },
    /** Starts it unless it runs, and waits until it answers. */
    async start(ms?: number) {
      if (!runs()) program = run(words)
      await serving(program!, folder, ms)
    },
    operate: () => ask().get<Operate>("/api/operate"),
    async health() {
      const answer = await fetch(`${readInstance(folder)!.http_url}/healthz`)
      return { status: answer.status, ...((await answer.json()) as { ok: boolean; troubles: string[] }) }
    },
    /** The feed's credentials; a new password for the street's gateway each time. */
    feed: () => ask().post<Feed>("/api/operate/feed", { lifeline: "water" }),
    /** The login of the clock, which may speak for everybody; null while the city does not answer. */
    async clock(): Promise<Login | null> {
      const feed = await api()?.post<Feed>("/api/operate/feed", { lifeline: "water" })
      return feed?.mqtt_url ? { url: feed.mqtt_url, username: "clock", password: feed.clock_password } : null
    },
    quarantined: (query = "") =>
      ask().get<Page<{ code: string; client: string; field: string | null }>>(
        `/api/monitoring/quarantine?limit=500${query}`,
      ),
    settled: () => settled(ask()),
    async alarms(): Promise<Alarm[]> {
      await settled(ask())
      const all: Alarm[] = []
      for (let next: string | null = "0"; next !== null; ) {
        const page: Page<Alarm> = await ask().get(`/api/warning/alarms?state=all&limit=500&cursor=${next}`)
        all.push(...page.items)
        next = page.next
      }
      return all
    },
    async stop() {
      if (!runs()) return
      program!.child.kill("SIGTERM")
      await program!.ended
    },
    /** Ends it and removes its folder. */
    async remove() {
      if (runs()) {
        program!.child.kill("SIGKILL")
        await program!.ended
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function preparedOf(mode: Mode): Promise<Prepared> {
  const known = prepared.get(mode) ?? prepare(mode)
  prepared.set(mode, known)
  return known
}

/** A stopped city with the street imported and the bridge adopted from what it said before anybody knew it. */
async function prepare(mode: Mode): Promise<Prepared> {
  const folder = join(faultsHome(), `prepared-${mode}`)
  const city = await programOf(folder, mode)
  await city.start()
  const api = city.api()
  await api.post("/api/census/import", street)
  const time = mode === "real" ? Date.now() : timeOf(-1)
  const clock = await connectMqtt({ ...(await city.clock())!, client_id: "prepare" })
  await clock.publish(`v1/devices/${bridge_gateway}/readings`, JSON.stringify({ time, values: { temperature: 12 } }))
  await clock.close()
  const adopt = (device: string, from: string, to: string) =>
    api.post<{ device_id: number }>(`/api/monitoring/unknown/${device}/adopt`, {
      lifeline: "bridge",
      interval_s: 60,
      indicators: [{ from, to }],
    })
  const { device_id } = await adopt(bridge_gateway, "temperature", "structure_temperature")
  const { password } = await api.post<{ password: string }>(`/api/monitoring/devices/${device_id}/credential`, {})
  const login = { url: city.url()!, username: bridge_gateway, password, client_id: "prepare" }
  const gateway = await connectMqtt(login)
  const channels = Array.from({ length: bridge_channels }, (_, k) => channelOf(k))
  const readings = { ...Object.fromEntries(channels.map((c) => [c, { a: 0 }])), [thermometer]: { t: 12 } }
  await gateway.publish(`v1/gateways/${bridge_gateway}/readings`, JSON.stringify({ time, readings }))
  await gateway.close()
  for (const channel of channels) await adopt(channel, "a", "acceleration")
  await adopt(thermometer, "t", "structure_temperature")
  type Row = { id: number; device_code: string; indicator: string }
  const { items } = await api.get<Page<Row>>("/api/monitoring/points?limit=500")
  const idOf = (device: string) => items.find((p) => p.device_code === device && p.indicator === "acceleration")!.id
  const pressures = items.filter((p) => p.indicator === "pressure_m").sort((a, b) => a.id - b.id)
  if (pressures.length !== street_points) throw new Error(`${pressures.length} pressures for ${street_points}`)
  await city.stop()
  return { folder, bridge_password: password, street: pressures.map((p) => p.id), channels: channels.map(idOf) }
}

/** Waits until a trouble stands, or stands no longer. */
export const troubled = (city: { operate(): Promise<Operate> }, what: string, stands: boolean, ms: number) =>
  until(
    async () => (await city.operate()).troubles.some((t) => t.what.startsWith(what)) === stands,
    ms,
    `the trouble "${what}" should ${stands ? "stand" : "have gone"}`,
  )
