import { describe, expect, it } from "vitest"
import { brokerRestarts, mosquittoPath } from "./broker.ts"
import { clockJumps } from "./clock.ts"
import { damagedFiles } from "./damage.ts"
import { diskFull, noSmallDisk } from "./disk-full.ts"
import { upgrade } from "./upgrade.ts"

const nothing_lost = { missing: 0, doubled: 0, wrong: [] }

describe("a city to whose folder something happens", () => {
  it.skipIf(noSmallDisk())(
    "acknowledges nothing while its disk is full, and goes on when there is room",
    async () => {
      const result = await diskFull()
      expect(result).toMatchObject(nothing_lost)
      expect(result.acknowledged).toBeGreaterThan(300)
    },
    180_000,
  )

  it("names the files that it finds damaged, and serves the rest", async () => {
    const result = await damagedFiles({ case_count: 1 })
    expect(result).toMatchObject(nothing_lost)
    expect(result.said).toContain("named and set aside")
    expect(result.acknowledged).toBeGreaterThan(100)
  }, 180_000)

  it("goes on with the folder of the version before", async () => {
    const result = await upgrade()
    expect(result).toMatchObject(nothing_lost)
    expect(result.acknowledged).toBeGreaterThan(7000)
  }, 120_000)
})

describe("a city whose surroundings are unsteady", () => {
  it("refuses and marks what comes from wrong clocks, and never goes back", async () => {
    const result = await clockJumps()
    expect(result).toMatchObject(nothing_lost)
    expect(result.acknowledged).toBeGreaterThan(100)
  }, 120_000)

  it.skipIf(mosquittoPath() === null)(
    "has everything once that an outside broker kept over restarts",
    async () => {
      const result = await brokerRestarts({ restarts: 1 })
      expect(result).toMatchObject(nothing_lost)
      expect(result.acknowledged).toBeGreaterThan(500)
    },
    180_000,
  )
})
