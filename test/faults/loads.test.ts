import { describe, expect, it } from "vitest"
import { badInput } from "./bad-input.ts"
import { overload } from "./overload.ts"

const nothing_lost = { missing: 0, doubled: 0, wrong: [] }

describe("a city that is sent too much, or what is no good", () => {
  it("gives everything wrong its stated end while a gateway beside it goes on", async () => {
    const result = await badInput()
    expect(result).toMatchObject(nothing_lost)
    expect(result.acknowledged).toBeGreaterThan(100)
  }, 180_000)

  it("stays within its memory, loses nothing, and raises an alarm while all devices come back", async () => {
    const result = await overload({ devices: 500, seconds: 4 })
    expect(result).toMatchObject(nothing_lost)
    expect(result.acknowledged).toBeGreaterThan(5000)
  }, 180_000)
})
