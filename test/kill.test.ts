import { describe, expect, it } from "vitest"
import { killTest } from "./kill-run.ts"

describe("a city that is killed", () => {
  it("keeps every acknowledged reading once and raises no alarm twice", async () => {
    const result = await killTest({ kills: 3 })
    expect(result).toMatchObject({ kills: 3, missing: 0, doubled: 0, wrong: [] })
    expect(result.acknowledged).toBeGreaterThan(100)
    expect(result.alarms).toBe(result.expected_alarms)
    expect(result.alarms).toBeGreaterThan(10)
  }, 180_000)
})
