import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { openLog } from "./index.ts"
import { rotatingFile } from "./rotating.ts"

const folder = mkdtempSync(join(tmpdir(), "mingmai-log-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the log", () => {
  it("writes JSON to the file and plain lines to the screen, from its level on", () => {
    const lines: string[] = []
    const { log, close } = openLog({ folder, level: "info", screen: { write: (line) => lines.push(line) } })
    log.debug("hidden")
    log.warn({ door: "mqtt", queue: 7 }, "queue is filling")
    log.child({ stage: "census" }).error({ err: new Error("broken file") })
    close()
    log.info("after the end only the screen has it")
    const path = join(folder, "log", "mingmai.log")
    const written = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(written).toHaveLength(2)
    expect(written[0]).toMatchObject({ level: "warn", door: "mqtt", queue: 7, msg: "queue is filling" })
    expect(written[1]).toMatchObject({ stage: "census", err: { message: "broken file" } })
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}queue is filling door=mqtt queue=7\n$/)
    expect(lines[1]).toContain("log.test.ts")
    expect(lines).toHaveLength(3)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it("never writes secrets", () => {
    const lines: string[] = []
    const at = join(folder, "secrets")
    const { log, close } = openLog({ folder: at, level: "info", screen: { write: (line) => lines.push(line) } })
    log.info({ password: "hush1", deep: [{ api_key: "hush2", session_token: "hush3" }], province_key: "hush4" })
    log.info({ url: "postgresql://mm:hush5@db:5432/x", headers: { authorization: "Bearer hush6hush6" } })
    log.info("could not reach mqtt://user:hush7@broker")
    log.error({ err: new Error("GET with Bearer hush8hush8hush8 failed") })
    log.info({ database_url: "postgresql://hush9" })
    close()
    const all = lines.join("") + readFileSync(join(at, "log", "mingmai.log"), "utf8")
    expect(all).not.toContain("hush")
    expect(all).toContain("postgresql://mm:***@db:5432/x")
  })

  it("keeps so many files of so many bytes", () => {
    const path = join(folder, "small.log")
    const file = rotatingFile(path, 100, 3)
    for (let i = 0; i < 50; i++) file.write(`line ${String(i).padStart(4, "0")}\n`)
    file.close()
    const kept = readdirSync(folder).filter((name) => name.startsWith("small.log"))
    expect(kept.sort()).toEqual(["small.log", "small.log.1", "small.log.2"])
    for (const name of kept) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100)
    expect(readFileSync(path, "utf8")).toContain("line 0049")
    expect(readFileSync(`${path}.1`, "utf8").endsWith("line 0039\n")).toBe(true)
  })
})
