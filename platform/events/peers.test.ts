import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type TemporarySql, temporarySql } from "../sql/testing.ts"
import { sleep } from "../timers/index.ts"
import { type Change, createEvents, openPeers, type Stale } from "./index.ts"

const change = (id: number): Change => ({
  kind: "alarm",
  id,
  owner_id: 3,
  lifeline: "gas",
  area_ids: Array.from({ length: 1000 }, (_, i) => i),
  action: "raise",
})

async function eventually(what: string, check: () => boolean): Promise<void> {
  const until = performance.now() + 15_000
  while (!check()) {
    if (performance.now() > until) throw new Error(`did not happen within 15 s: ${what}`)
    await sleep(20)
  }
}

describe("peers", () => {
  let sql: TemporarySql
  beforeAll(async () => {
    sql = await temporarySql()
  })
  afterAll(async () => await sql?.close())

  /** A process: what it told and heard, by number. */
  async function process(owner: string) {
    const failures: unknown[] = []
    const peers = await openPeers(sql.sql, owner, (_, error) => failures.push(error))
    const events = createEvents((error) => failures.push(error), peers.say)
    const heard: [number, string, boolean][] = []
    const stale: Stale[] = []
    const troubles: string[] = []
    events.hear((c, here) => heard.push([c.id, c.action, here]))
    const begin = () =>
      peers.begin({
        heard: events.heard,
        stale: (what) => void stale.push(what),
        troubles: (from, list) => void troubles.push(`${from} ${list.length}`),
      })
    return { peers, events, heard, failures, troubles, stale: () => stale.length, begin }
  }

  it("hear each other's changes once and their own at once, and that registries are stale", async () => {
    const [a, b] = [await process("a"), await process("b")]
    a.begin()
    b.begin()
    for (let id = 1; id <= 3; id++) a.events.tell(change(id))
    expect(a.heard).toEqual([1, 2, 3].map((id) => [id, "raise", true]))
    await eventually("b hears", () => b.heard.length === 3)
    expect(b.heard).toEqual([1, 2, 3].map((id) => [id, "raise", false]))
    a.events.tell({ ...change(4), kind: "trouble" })
    await b.events.stale("credentials")
    await eventually("a hears that it is stale", () => a.stale() === 1)
    expect([a.heard.length, b.heard.length, b.stale(), a.failures, b.failures]).toEqual([4, 3, 0, [], []])
    const trouble = { what: "rule:x", words: { zh: "停".repeat(500), en: "off" }, since: 1 }
    await a.peers.say({ troubles: Array.from({ length: 100 }, () => trouble) })
    await a.peers.say({ troubles: [] })
    await eventually("b hears of troubles", () => b.troubles.length === 2)
    expect(b.troubles).toEqual(["a 4", "a 0"])
    await Promise.all([a.peers.close(), b.peers.close()])
  })

  it("look at everything anew when they were cut off, or begin after something was said", async () => {
    const [a, b] = [await process("c"), await process("d")]
    await a.events.stale("city")
    a.events.tell(change(1))
    await a.events.stale("city")
    await sleep(100)
    b.begin()
    await eventually("b missed something", () => b.stale() === 1)
    expect(b.heard.every(([id, action]) => id === 0 && action === "missed")).toBe(true)
    const before = b.heard.length
    await sql.sql.pool.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'")
    await eventually("b was cut off and is back", () => b.stale() === 2)
    expect(b.heard.length).toBe(2 * before)
    a.events.tell(change(7))
    await eventually("b hears again", () => b.heard.at(-1)![0] === 7)
    await Promise.all([a.peers.close(), b.peers.close()])
  })
})
