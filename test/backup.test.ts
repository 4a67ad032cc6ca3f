import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readInstance } from "../platform/lock/index.ts"
import { openSql } from "../platform/sql/index.ts"
import { type Api, apiOf } from "../scripts/instance.ts"
import { freePort, type Program, run, serving, temporaryHome, until } from "./processes.ts"

const home = temporaryHome("backup")
const first = join(home, "first")
const second = join(home, "second")
const file = join(home, "city.tar")
const hour_ms = 3_600_000

type City = { program: Program; api: Api }
type Page = { items: { id?: number; point_list?: unknown }[]; total: number }
const cities: City[] = []

async function demoCity(folder: string): Promise<City> {
  const words = [
    "--data-dir",
    folder,
    "--demo-days",
    "8",
    "--http-port",
    String(await freePort()),
    "--mqtt-port",
    String(await freePort()),
  ]
  const program = run(words)
  const { http_url, token } = await serving(program, folder, 90_000)
  const city = { program, api: apiOf(http_url, token) }
  cities.push(city)
  return city
}

async function stop(city: City) {
  city.program.child.kill("SIGTERM")
  await city.program.ended
}

/** Runs a command of the repository to its end. */
async function command(script: string, ...words: string[]) {
  const program = run(words, { script: `scripts/${script}.ts` })
  return { code: await program.ended, said: program.said() }
}

const readings = async (api: Api) =>
  (await api.get<{ numbers: Record<string, number> }>("/api/operate")).numbers.mingmai_readings_total!

/** What people ask a city; `until_ms` bounds what may change while it lives. */
async function answers(api: Api, until_ms: number) {
  const points = (await api.get<Page>("/api/monitoring/points?limit=500")).items.slice(0, 20).map((p) => p.id)
  const from = until_ms - 8 * 24 * hour_ms
  const asked = {
    city: "/api/city",
    assets: "/api/census/assets?limit=500",
    areas: "/api/census/areas",
    batches: "/api/census/batches",
    alarms: "/api/warning/alarms?state=all&limit=500",
    warnings: "/api/warning/warnings?limit=500",
    orders: "/api/response/orders?limit=500",
    register: "/api/risk/register?limit=500",
    risk: "/api/risk/summary",
    users: "/api/access/users?limit=500",
    quarantine: "/api/monitoring/quarantine?limit=500",
    curves: `/api/monitoring/curves?points=${points.join(",")}&from=${from}&to=${until_ms - hour_ms}&max=4000`,
    past: `/api/monitoring/latest?points=${points.join(",")}&at=${until_ms - hour_ms}`,
  }
  const found: Record<string, unknown> = {}
  for (const [name, path] of Object.entries(asked)) found[name] = await api.get(path)
  return found as Record<keyof typeof asked, unknown>
}

const auditCount = async (api: Api) => (await api.get<Page>("/api/access/audit?limit=1")).total

beforeAll(async () => {
  await demoCity(first)
}, 120_000)
afterAll(async () => {
  for (const city of cities) city.program.child.kill("SIGKILL")
  for (const city of cities) await city.program.ended
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

describe("a backup of a running city", () => {
  it("is one file of one moment, made while readings come in", async () => {
    const { api } = cities[0]!
    const before = await until(async () => (await readings(api)) || null, 30_000, "no readings come in")
    const { code, said } = await command("backup", file, "--data-dir", first)
    expect(said).toMatch(/tables with \d+ rows, \d+ readings up to batch \d+/)
    expect(code).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(existsSync(join(first, "backup-part"))).toBe(false)
    await until(async () => (await readings(api)) > before, 30_000, "no readings come in after the backup")
    const again = await command("backup", file, "--data-dir", first)
    expect(again).toMatchObject({ code: 1, said: expect.stringContaining("exists already") })
  }, 120_000)

  it("is refused to everybody but this machine's command line", async () => {
    const { http_url } = readInstance(first)!
    const headers = { "content-type": "application/json", "x-mingmai": "1" }
    const signed_in = await fetch(`${http_url}/api/session`, {
      method: "POST",
      headers,
      body: JSON.stringify({ login: "admin", password: "mingmai-demo" }),
    })
    const cookie = signed_in.headers.getSetCookie()[0]!.split(";")[0]!
    const asked = await fetch(`${http_url}/api/operate/backup`, {
      method: "POST",
      headers: { ...headers, cookie },
      body: "{}",
    })
    expect(asked.status).toBe(403)
  })

  it("answers the same questions when it is restored, and goes on living", async () => {
    const original = cities[0]!
    await original.api.post("/api/clock", { action: "pause" })
    const quiet_file = join(home, "paused.tar")
    const until_ms =
      (
        await until(
          async () => {
            const { numbers } = await original.api.get<{ numbers: Record<string, number> }>("/api/operate")
            return numbers.mingmai_pending_rows === 0 && numbers.mingmai_detector_batches_outstanding === 0 && numbers
          },
          10_000,
          "the city does not settle",
        )
      ).mingmai_city_time_seconds! * 1000
    const wanted = await answers(original.api, until_ms)
    expect((wanted.alarms as Page).total).toBeGreaterThan(0)
    const audit = await auditCount(original.api)
    expect(await command("backup", quiet_file, "--data-dir", first)).toMatchObject({ code: 0 })

    const restored = await command("restore", quiet_file, "--data-dir", second)
    expect(restored).toMatchObject({ code: 0 })
    const city = await demoCity(second)
    await city.api.post("/api/clock", { action: "pause" })
    const found = await answers(city.api, until_ms)
    for (const name of [
      "city",
      "assets",
      "areas",
      "batches",
      "warnings",
      "orders",
      "register",
      "risk",
      "quarantine",
      "curves",
      "past",
    ] as const)
      expect(found[name], name).toEqual(wanted[name])
    const judged = (page: unknown) =>
      (page as { items: Record<string, unknown>[] }).items.map((alarm) => ({ ...alarm, trend: null }))
    expect(judged(found.alarms)).toEqual(judged(wanted.alarms))
    // The pause itself is one line of the trail.
    expect(await auditCount(city.api)).toBe(audit + 1)

    await city.api.post("/api/clock", { action: "resume" })
    await until(async () => (await readings(city.api)) > 0, 30_000, "the restored city does not live")
  }, 180_000)

  it("made while readings came in is restored as whole, and a stopped city can be backed up as well", async () => {
    await stop(cities[1]!)
    const third = join(home, "third")
    expect(await command("restore", file, "--data-dir", third)).toMatchObject({ code: 0 })
    const again = join(home, "again.tar")
    expect(await command("backup", again, "--data-dir", third)).toMatchObject({ code: 0 })
    const counts = (said: string) => /(\d+) readings up to batch (\d+)/.exec(said)?.slice(1)
    const [one, two] = [
      await command("restore", file, "--data-dir", join(home, "x")),
      await command("restore", again, "--data-dir", join(home, "y")),
    ]
    expect(counts(two.said)).toEqual(counts(one.said))
  }, 180_000)

  it("is restored on a server of one's own as well as on the embedded one", async () => {
    const server = await openSql({ folder: join(home, "server") })
    try {
      await server.pool.query("create database outside encoding 'UTF8' template template0")
      const { host, user, port } = server.connection
      const url = `postgresql://${user}@localhost:${port}/outside?host=${encodeURIComponent(String(host))}`
      const outside = ["--data-dir", join(home, "outside"), "--database-url", url]
      const restored = await command("restore", file, ...outside)
      expect(restored).toMatchObject({ code: 0 })
      expect(existsSync(join(home, "outside", "postgres"))).toBe(false)
      const again = await command("backup", join(home, "outside.tar"), ...outside)
      expect(again).toMatchObject({ code: 0 })
      expect(/\d+ readings up to batch \d+/.exec(again.said)?.[0]).toBe(
        /\d+ readings up to batch \d+/.exec(restored.said)?.[0],
      )
      const full = await command("restore", file, "--data-dir", join(home, "other"), "--database-url", url)
      expect(full).toMatchObject({ code: 1, said: expect.stringContaining("database_url is not empty") })
    } finally {
      await server.close()
    }
  }, 120_000)
})

describe("a restore refuses with a sentence", () => {
  const target = join(home, "refused")
  const refused = async (path: string, sentence: string, folder = target) => {
    const { code, said } = await command("restore", path, "--data-dir", folder)
    expect(said).toContain(sentence)
    expect(code).toBe(1)
  }
  const damaged = (change: (path: string) => void) => {
    const path = join(home, "damaged.tar")
    copyFileSync(file, path)
    change(path)
    return path
  }

  it("a file that is not there, is cut off, or has one wrong byte", async () => {
    await refused(join(home, "none.tar"), "there is no such file")
    await refused(
      damaged((path) => truncateSync(path, statSync(path).size >> 1)),
      "cut off or damaged",
    )
    await refused(
      damaged((path) => truncateSync(path, statSync(path).size - 2000)),
      "cannot be used",
    )
    await refused(
      damaged((path) => {
        const bytes = readFileSync(path)
        bytes[300_000] = bytes[300_000]! ^ 1
        writeFileSync(path, bytes)
      }),
      "damaged",
    )
    await refused(
      damaged((path) => writeFileSync(path, "no archive")),
      "cannot be used",
    )
    expect(existsSync(target)).toBe(false)
  }, 60_000)

  it("a folder that is in use or not empty", async () => {
    await refused(file, "is in use by process", first)
    await refused(file, "is not empty", second)
  }, 60_000)
})
