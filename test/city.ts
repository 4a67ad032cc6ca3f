/** A small city for tests that need the whole program: two networks, a person for every role, readings sent by MQTT. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { everything, type Grant, type Role, type Words } from "../model/index.ts"
import { type Person, seedPeople } from "../platform/access/index.ts"
import { readInstance } from "../platform/lock/index.ts"
import { connectMqtt, type MqttClient } from "../platform/mqtt/index.ts"
import { readSettings } from "../settings.ts"
import { type Running, start } from "../wiring/start.ts"

export const password = "Test-passw0rd"
export type Answer = {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
}
export type Client = {
  get(url: string): Promise<Answer>
  post(url: string, body?: unknown): Promise<Answer>
  ask(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  headers: Record<string, string>
}
type Organisation = { code: string; name: Words; kind: string }

export type City = {
  running(): Running
  folder: string
  /** Signs a person in (once) and asks in its name. */
  as(login: string): Promise<Client>
  /** The machine's own command line. */
  command: Client
  stranger: Client
  bearer(token: string): Client
  /** Takes a file in and remembers its gateway's password. */
  take(body: {
    file_name: string
    text: string
    companion?: unknown
    origin?: [number, number] | null
  }): Promise<Answer>
  /** City time moves to `time` on the connection of the clock. */
  tick(time: number): Promise<void>
  /** Readings of a lifeline's devices, by its gateway. Resolves when they are acknowledged. */
  send(lifeline: string, time: number, readings: Record<string, Record<string, number>>): Promise<void>
  /** Waits until the detectors have looked at everything that was sent. */
  settled(): Promise<void>
  restart(): Promise<void>
  close(): Promise<void>
}

export const person = (
  login: string,
  role: Role,
  organisation: string | null = null,
  scope: Partial<Grant["scope"]> = {},
): Person => ({
  login,
  name: `人员 ${login}`,
  organisation_code: organisation,
  password,
  grants: [{ role, scope: { ...everything, ...scope } }],
})

/** Starts a city in replay on a temporary folder, with organisations and people but nothing else. */
export async function startCity(options: {
  organisations: Organisation[]
  people: Person[]
  flags?: string[]
}): Promise<City> {
  const folder = mkdtempSync(join(tmpdir(), "mingmai-test-city-"))
  const flags = [
    "--data-dir",
    folder,
    "--mode",
    "replay",
    "--http-port",
    "0",
    "--mqtt-port",
    "0",
    "--log-level",
    "error",
    ...(options.flags ?? []),
  ]
  const read = readSettings({ argv: flags, env: {} })
  if (!read.ok) throw new Error(read.problem.title.en)
  const open = () => start(read.value.settings, { say: null })
  let running = await open()
  await seedPeople(running.app.sql, running.app.clock.wall(), options.organisations, options.people)

  const client = (own: () => Record<string, string>): Client => {
    const ask: Client["ask"] = async (method, url, body, headers = {}) => {
      const text = body === undefined ? null : JSON.stringify(body)
      const answer = await fetch(`${running.url}${url}`, {
        method,
        headers: { ...own(), ...(text === null ? {} : { "content-type": "application/json" }), ...headers },
        ...(text !== null && { body: text }),
        signal: AbortSignal.timeout(20_000),
      })
      const bytes = Buffer.from(await answer.arrayBuffer())
      const said = bytes.toString(answer.headers.get("content-type")?.includes("vector-tile") ? "latin1" : "utf8")
      return {
        status: answer.status,
        headers: answer.headers,
        text: said,
        body: /json/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(said) : null,
      }
    }
    return {
      ask,
      get: (url) => ask("GET", url),
      post: (url, body = {}) => ask("POST", url, body),
      get headers() {
        return own()
      },
    }
  }
  const stranger = client(() => ({}))
  const bearer = (token: string) => client(() => ({ authorization: `Bearer ${token}` }))
  const command = client(() => ({ authorization: `Bearer ${readInstance(folder)?.token ?? ""}` }))
  const people = new Map<string, Client>()
  const as = async (login: string): Promise<Client> => {
    const known = people.get(login)
    if (known) return known
    const answer = await stranger.post("/api/session", { login, password })
    if (answer.status !== 200) throw new Error(`${login} cannot sign in: ${answer.text}`)
    const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0]!
    const made = client(() => ({ cookie, "x-mingmai": "1" }))
    people.set(login, made)
    return made
  }

  const gateways = new Map<string, { code: string; password: string }>()
  const connections = new Map<string, Promise<MqttClient>>()
  const connected = (username: string, secret: () => Promise<string>) => {
    const made =
      connections.get(username) ??
      secret().then((word) =>
        connectMqtt({
          url: running.stages.monitoring.door()!.url,
          client_id: `test-${username}`,
          username,
          password: word,
        }),
      )
    connections.set(username, made)
    return made
  }
  const disconnect = async () => {
    for (const one of connections.values()) await (await one).close()
    connections.clear()
  }

  return {
    running: () => running,
    folder,
    as,
    command,
    stranger,
    bearer,
    async take(body) {
      const answer = await command.post("/api/census/import", body)
      if (answer.status === 200) gateways.set(answer.body.lifeline, answer.body.gateway)
      return answer
    },
    async tick(time) {
      const clock = await connected("clock", async () => {
        const [lifeline] = gateways.keys()
        const feed = await command.post("/api/operate/feed", { lifeline })
        // The feed is given a new password for the gateway as well.
        gateways.set(lifeline!, { code: feed.body.gateway, password: feed.body.gateway_password })
        return feed.body.clock_password
      })
      await clock.publish("v1/clock", JSON.stringify({ time }))
    },
    async send(lifeline, time, readings) {
      const gateway = gateways.get(lifeline)!
      const connection = await connected(gateway.code, async () => gateways.get(lifeline)!.password)
      await connection.publish(`v1/gateways/${gateway.code}/readings`, JSON.stringify({ time, readings }))
    },
    settled: () => running.stages.analysis.settled(),
    async restart() {
      await disconnect()
      await running.close()
      running = await open()
    },
    async close() {
      await disconnect()
      await running.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
