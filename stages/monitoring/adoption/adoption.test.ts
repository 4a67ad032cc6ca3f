import { sql as raw } from "kysely"
import { beforeEach, expect } from "vitest"
import type { App } from "../../../platform/app.ts"
import { withSql } from "../../../platform/sql/testing.ts"
import type { UnknownValue } from "../doors/delivery.ts"
import { openAdoption } from "./index.ts"
import { listUnknown, values_kept, valuesOf } from "./store.ts"

const wall = Date.UTC(2026, 10, 24)
const value = (over: Partial<UnknownValue> = {}): UnknownValue => ({
  door: "mqtt",
  client: "gw",
  device: "new-1",
  indicator: "p",
  time: wall,
  sequence: 0,
  value: 1,
  unit: null,
  flags: 0,
  ...over,
})

withSql("adoption", ({ sql, it }) => {
  const app = () => ({ sql: sql(), clock: { wall: () => wall } }) as unknown as App
  beforeEach(async () => {
    await raw`truncate monitoring_unknown`.execute(sql().db)
  })
  it("keeps the first readings whole, counts all, and shows the last", async () => {
    const adoption = await openAdoption(app())
    const many = Array.from({ length: values_kept + 50 }, (_, i) => value({ time: wall + i, value: i }))
    expect(await adoption.keep(many.slice(0, 60))).toEqual([])
    expect(await adoption.keep(many.slice(60))).toEqual([])
    const [row] = (await listUnknown(sql().db, "", 10, 0)).rows
    expect(row).toMatchObject({
      device: "new-1",
      indicators: [{ indicator: "p", count: 150, last_value: 149, client: "gw", first_seen: wall }],
    })
    const kept = (await valuesOf(sql().db, "new-1"))[0]!.readings
    expect(kept.slice(0, 60).map((r) => r.value)).toEqual(Array.from({ length: 60 }, (_, i) => i))
    expect(kept.length).toBeLessThan(2 * values_kept)
  })
  it("names of any letters can be kept, listed and found again", async () => {
    const adoption = await openAdoption(app())
    await adoption.keep([value({ device: "n\0b\ud800", indicator: "\0" }), value({ device: "设备", unit: "kPa" })])
    const { rows, total } = await listUnknown(sql().db, "设", 10, 0)
    expect([total, rows[0]?.indicators[0]?.unit]).toEqual([1, "kPa"])
    // Two names that the database writes alike are one.
    await adoption.keep([
      value({ device: "n\0b\ud801", indicator: "\0" }),
      value({ device: "n\ud800b\0", indicator: "\0" }),
    ])
    expect((await listUnknown(sql().db, "", 10, 0)).total).toBe(2)
  })
})
