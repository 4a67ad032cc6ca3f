import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { ownFolder, readInstance } from "./index.ts"
import { isAlive, markOf } from "./process.ts"

const root = mkdtempSync(join(tmpdir(), "mingmai-lock-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function own(folder: string) {
  const result = ownFolder(folder)
  if (!result.ok) throw new Error(result.problem.title.en)
  return result.value
}

/** A process that owns the folder and says so. */
async function owner(folder: string) {
  const script = `
    import { ownFolder } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))}
    const own = ownFolder(${JSON.stringify(folder)})
    if (own.ok) own.value.announce("http://127.0.0.1:8123")
    console.log(own.ok)
    setTimeout(() => {}, own.ok ? 20000 : 0)`
  const child = spawn(process.execPath, ["--input-type=module", "-e", script])
  const [said] = await once(child.stdout, "data")
  return { child, owns: String(said).trim() === "true" }
}

describe("the lock of a data folder", () => {
  it("has one owner, and lets the next one in when it is given back", () => {
    const folder = join(root, "a")
    const first = own(folder)
    first.announce("http://127.0.0.1:8080")
    expect(() => own(folder)).toThrow(`in use by process ${process.pid} (http://127.0.0.1:8080): stop it first`)
    expect(readInstance(folder)).toMatchObject({ pid: process.pid, token: first.token })
    expect(statSync(join(folder, "instance.json")).mode & 0o777).toBe(0o600)
    first.release()
    first.release()
    expect(readInstance(folder)).toBeNull()
    own(folder).release()
  })

  it("names a living owner and takes over from a killed one", async () => {
    const folder = join(root, "b")
    const { child, owns } = await owner(folder)
    expect(owns).toBe(true)
    expect(() => own(folder)).toThrow(`in use by process ${child.pid} (http://127.0.0.1:8123)`)
    child.kill("SIGKILL")
    await once(child, "exit")
    expect(existsSync(join(folder, "instance.json"))).toBe(true)
    expect(readInstance(folder)).toBeNull()
    own(folder).release()
  })

  it("has one owner among many that start at once", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => owner(join(root, "c"))))
    expect(all.filter((one) => one.owns)).toHaveLength(1)
    for (const { child } of all) child.kill("SIGKILL")
  })

  it("is not fooled by a number that was given away again", () => {
    const folder = join(root, "d")
    const mine = own(folder)
    const path = join(folder, "instance.json")
    const instance = JSON.parse(readFileSync(path, "utf8"))
    writeFileSync(path, JSON.stringify({ ...instance, start_ticks: instance.start_ticks - 1 }))
    expect(readInstance(folder)).toBeNull()
    mine.release()
    const mark = markOf(process.pid)
    expect(mark && isAlive(mark)).toBe(true)
    expect(markOf(2 ** 22 + 1)).toBeNull()
  })
})
