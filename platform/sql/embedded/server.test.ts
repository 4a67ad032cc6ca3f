import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, describe, expect, it } from "vitest"
import { openSql, type Sql } from "../index.ts"
import { servesCluster } from "./account.ts"

const folder = mkdtempSync(join(tmpdir(), "mingmai-server-"))
const cluster = join(folder, "postgres", "cluster")
const said: string[] = []
const open = (at = folder) => openSql({ folder: at, say: (sentence) => said.push(sentence) })
const postmaster = () => Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[0])
const count = async (sql: Sql) => (await sql.pool.query("select count(*) as n from kept")).rows[0].n

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the embedded server", () => {
  it("keeps data from one start to the next and stops within three seconds", async () => {
    const first = await open()
    await first.pool.query("create table kept (x int); insert into kept values (1)")
    const held = await first.pool.connect() // A connection that nobody gives back must not hold up the end.
    held.on("error", () => {})
    const began = performance.now()
    await first.close()
    expect(performance.now() - began).toBeLessThan(3000)
    const second = await open()
    expect(await count(second)).toBe(1)
    expect(second.times_ms.initdb).toBeLessThan(100)
    await second.close()
  })

  it("comes back by itself after a crash, with what was committed", async () => {
    const sql = await open()
    await sql.pool.query("insert into kept values (2)")
    process.kill(postmaster(), "SIGKILL")
    const again = () => said.some((sentence) => sentence.includes("started again"))
    for (let i = 0; i < 200 && !again(); i++) await sleep(20)
    let n = 0
    for (let i = 0; i < 200 && n === 0; i++) n = await count(sql).catch(() => sleep(50).then(() => 0))
    expect([again(), n]).toEqual([true, 2])
    await sql.close()
  }, 20_000)

  it("ends with a process that is killed, or is stopped by the next start", async () => {
    const script = `
      import { openSql } from ${JSON.stringify(join(import.meta.dirname, "../index.ts"))}
      const sql = await openSql({ folder: ${JSON.stringify(folder)} })
      await sql.pool.query("insert into kept values (3)")
      process.kill(process.pid, "SIGKILL")`
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" })
    expect((await once(child, "exit"))[1]).toBe("SIGKILL")
    const sql = await open()
    expect(await count(sql)).toBe(3)
    await sql.close()
  })

  it("stops a server that an earlier run left behind", async () => {
    const home = join(folder, "postgres")
    const engine = readdirSync(home).find((name) => name.startsWith("engine-")) ?? ""
    const { uid, gid } = statSync(cluster)
    const words = ["-D", cluster, "-c", "listen_addresses=", "-k", join(home, "socket")]
    const left = spawn(join(home, engine, "bin", "postgres"), words, { uid, gid, cwd: "/", stdio: "ignore" })
    const ended = once(left, "exit")
    for (let i = 0; i < 200 && !existsSync(join(cluster, "postmaster.pid")); i++) await sleep(20)
    const sql = await open()
    await ended
    expect(said.at(-1)).toContain(`process ${left.pid}`)
    expect(await count(sql)).toBe(3)
    await sql.close()
  })

  it("is not fooled by a postmaster.pid whose number belongs to another program", async () => {
    const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 20000)"])
    writeFileSync(join(cluster, "postmaster.pid"), `${other.pid}\n${cluster}\n1\n5432\n\n\n1 1\nready\n`)
    expect(servesCluster(other.pid ?? 0, cluster)).toBe(false)
    const sql = await open()
    expect(await count(sql)).toBe(3)
    await sql.close()
    expect(other.exitCode).toBeNull()
    other.kill()
  })

  it("refuses a cluster of another PostgreSQL with a sentence", async () => {
    const version = join(cluster, "PG_VERSION")
    writeFileSync(version, "14\n")
    await expect(open()).rejects.toThrow("made by PostgreSQL 14")
    writeFileSync(version, "15\n")
  })

  it("puts the socket elsewhere when the data folder's path is long, and cleans it up", async () => {
    const at = join(folder, "数据".repeat(15), "a-folder-with-a-long-name")
    const sockets = () => readdirSync(tmpdir()).filter((name) => /^mingmai-[A-Za-z0-9]{6}$/.test(name))
    const before = sockets().length
    const sql = await open(at)
    expect((await sql.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }])
    await sql.close()
    expect(sockets().length).toBe(before)
  })
})
