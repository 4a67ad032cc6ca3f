import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { readInstance } from "../platform/lock/index.ts"
import { openSql } from "../platform/sql/index.ts"
import { apiOf } from "../scripts/instance.ts"
import {
  freePort,
  type Program,
  type ProgramOptions,
  processesOf,
  root,
  run,
  serving,
  temporaryHome,
  until,
} from "./processes.ts"

const home = temporaryHome("start")
const as_root = process.getuid?.() === 0
const stop_ms_max = 5000
const programs: Program[] = []

const at = (name: string) => join(home, name)
/** A city that replays: nothing is invented, so it starts fast. */
async function wordsOf(folder: string, more: string[] = []) {
  return [
    "--data-dir",
    folder,
    "--mode",
    "replay",
    "--http-port",
    String(await freePort()),
    "--mqtt-port",
    String(await freePort()),
    ...more,
  ]
}
async function start(folder: string, more: string[] = [], options: ProgramOptions = {}) {
  const program = run(await wordsOf(folder, more), options)
  programs.push(program)
  await serving(program, folder)
  return program
}
/** Runs a start that must not succeed; nothing of it may be left running. */
async function refused(words: string[], options: ProgramOptions = {}) {
  const program = run(words, options)
  programs.push(program)
  const code = await program.ended
  const folder = words[words.indexOf("--data-dir") + 1]!
  return { code, said: program.said(), left: folder.startsWith(home) ? await leftOf(folder) : [] }
}
async function leftOf(folder: string) {
  for (let i = 0; i < 50 && processesOf(folder).length > 0; i++) await sleep(20)
  return processesOf(folder)
}
async function stop(program: Program, signal: NodeJS.Signals = "SIGTERM") {
  const began = performance.now()
  program.child.kill(signal)
  return { code: await program.ended, ms: performance.now() - began }
}

afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.child.kill("SIGKILL")
    await program.ended
  }
})
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
// One cluster is made once; tests that need a city of their own copy it.
beforeAll(async () => {
  await stop(await start(at("made")))
  expect(await leftOf(at("made"))).toEqual([])
  for (const program of programs.splice(0)) await program.ended
}, 60_000)
function copied(name: string) {
  // `cp -a` keeps the database's owner.
  execFileSync("cp", ["-a", at("made"), at(name)])
  return at(name)
}

describe("a start", () => {
  it("refuses a data folder in use and names who uses it", async () => {
    const folder = copied("twice")
    const first = await start(folder)
    const second = run(await wordsOf(folder))
    expect(await second.ended).toBe(1)
    expect(second.said()).toContain(`in use by process ${first.pid} (${readInstance(folder)!.http_url})`)
    expect(second.said()).not.toContain("    at ")
    expect((await fetch(`${readInstance(folder)!.http_url}/healthz`)).status).toBe(200)
  }, 60_000)

  it("refuses busy ports with a sentence and leaves nothing running", async () => {
    const taken = createServer()
    const port = await freePort()
    await new Promise<void>((done) => taken.listen(port, "127.0.0.1", done))
    try {
      const folder = copied("busy")
      for (const [flag, name] of [
        ["--http-port", "Port"],
        ["--mqtt-port", "MQTT port"],
      ] as const) {
        const answer = await refused(await wordsOf(folder, [flag, String(port)]))
        expect(answer).toMatchObject({ code: 1, left: [] })
        expect(answer.said).toContain(`${name} ${port} is in use; choose another with ${flag}`)
        expect(answer.said).not.toContain("    at ")
      }
    } finally {
      taken.close()
    }
  }, 60_000)

  it("refuses a data folder that it cannot write to", async () => {
    const folder = at("read-only")
    mkdirSync(folder)
    if (as_root) chownSync(folder, 0, 0)
    chmodSync(folder, 0o555)
    const before = as_root ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    const reachable = !as_root || canRead(before)
    if (!reachable) return console.log("not run: the program's folder is closed to other accounts")
    const answer = await refused(await wordsOf(folder), { before, env: { HOME: home } })
    expect(answer).toMatchObject({ code: 1, left: [] })
    expect(answer.said).toContain(folder)
    expect(answer.said).toMatch(/cannot be written/)
    expect(answer.said).not.toContain("    at ")
  }, 60_000)

  it("refuses a data folder of a newer version, and one whose restore was cut off", async () => {
    const folder = copied("newer")
    const sql = await openSql({ folder })
    const { rows } = await sql.pool.query("select max(number)::int as number from schema_migration")
    const next = rows[0].number + 1
    await sql.pool.query("insert into schema_migration (number, name) values ($1, 'of-the-future')", [next])
    await sql.close()
    const answer = await refused(await wordsOf(folder))
    expect(answer).toMatchObject({ code: 1, left: [] })
    expect(answer.said).toContain(`The database schema is at ${next}`)
    mkdirSync(join(folder, "restore-part"))
    const half = await refused(await wordsOf(folder))
    expect(half).toMatchObject({ code: 1, left: [], said: expect.stringContaining("did not finish") })
  }, 60_000)

  it("names the nearest setting and the allowed values of a wrong one", async () => {
    const folder = at("never-made")
    const cases: [string[], ProgramOptions, RegExp][] = [
      [["--htpp-port", "1"], {}, /--http-port|http_port/],
      [["--http-port", "many"], {}, /http_port|http-port/],
      [["--mode", "dmeo"], {}, /demo/],
      [[], { env: { MINGMAI_HTP_PORT: "1" } }, /MINGMAI_HTTP_PORT/],
    ]
    for (const [words, options, expected] of cases) {
      const answer = await refused(["--data-dir", folder, ...words], options)
      expect(answer).toMatchObject({ code: 2, left: [] })
      expect(answer.said).toMatch(expected)
    }
    expect(existsSync(folder)).toBe(false)
  }, 60_000)
})

describe("a stop", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    it(`by ${signal} takes less than ${stop_ms_max / 1000} s and leaves no process`, async () => {
      const folder = copied(`stop-${signal}`)
      const { code, ms } = await stop(await start(folder), signal)
      expect(code).toBe(0)
      expect(ms).toBeLessThan(stop_ms_max)
      expect(await leftOf(folder)).toEqual([])
      expect(readInstance(folder)).toBeNull()
      expect(existsSync(join(folder, "instance.json"))).toBe(false)
    }, 60_000)

  it("while it starts leaves no process either", async () => {
    const folder = at("early")
    for (const wait_ms of [100, 900, 1500]) {
      const program = run(await wordsOf(folder))
      programs.push(program)
      await sleep(wait_ms)
      const { ms } = await stop(program)
      expect(ms).toBeLessThan(stop_ms_max)
      await until(
        () => processesOf(folder).length === 0,
        stop_ms_max,
        () => `left: ${processesOf(folder).join(", ")}`,
      )
    }
    await stop(await start(folder))
  }, 60_000)
})

describe("an instance", () => {
  it("runs beside another one, from any folder, and says how long a later start takes", async () => {
    const [one, two] = [copied("one"), copied("two")]
    const first = await start(one)
    mkdirSync(at("elsewhere"), { recursive: true })
    const began = performance.now()
    const second = await start(two, [], { cwd: at("elsewhere") })
    console.log(`a later start took ${Math.round(performance.now() - began)} ms`)
    for (const folder of [one, two]) {
      const { http_url, token } = readInstance(folder)!
      expect(await (await fetch(`${http_url}/healthz`)).json()).toMatchObject({ ok: true })
      expect(await apiOf(http_url, token).get("/api/operate")).toMatchObject({ numbers: { mingmai_readings_total: 0 } })
    }
    expect(readInstance(one)!.token).not.toBe(readInstance(two)!.token)
    await stop(first)
    expect((await fetch(`${readInstance(two)!.http_url}/healthz`)).status).toBe(200)
    await stop(second)
  }, 60_000)
})

/** True when another account can run the program at all. */
function canRead(before: string[]): boolean {
  try {
    execFileSync(
      before[0]!,
      [
        ...before.slice(1),
        process.execPath,
        "-e",
        `require("fs").readFileSync(${JSON.stringify(join(root, "main.ts"))})`,
      ],
      { stdio: "ignore" },
    )
    return true
  } catch {
    return false
  }
}
