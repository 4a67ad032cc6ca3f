import { describe, expect, it } from "vitest"
import { childKills } from "./children.ts"
import { kills } from "./kills.ts"

describe("a city that is killed", () => {
  it("keeps every acknowledged reading and waveform once and raises no alarm twice", async () => {
    const result = await kills({ kills: 3 })
    expect(result).toMatchObject({ kills: 3, missing: 0, doubled: 0, wrong: [] })
    expect(result.acknowledged).toBeGreaterThan(100)
    expect(result.alarms).toBe(result.expected_alarms)
    expect(result.alarms).toBeGreaterThan(10)
  }, 180_000)

  it("comes back when what it has started is killed: its database, a part of it, the maker of reports", async () => {
    const result = await childKills()
    expect(result).toMatchObject({ missing: 0, doubled: 0, wrong: [] })
    expect(result.acknowledged).toBeGreaterThan(500)
  }, 180_000)
})
