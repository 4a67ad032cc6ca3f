import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cityClock, clockLooksWrong } from "./index.ts"

describe("the city's clock", () => {
  it("moves only forwards, whatever the ticks", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 })), (ticks) => {
        const clock = cityClock({ mode: "demo", start: 500 })
        for (const tick of ticks) {
          const before = clock.now()
          expect(clock.advance(tick)).toBe(tick > before)
          expect(clock.now()).toBe(Math.max(before, tick))
        }
      }),
    )
  })

  it("takes ticks while paused, and tells its listeners of every change", () => {
    const clock = cityClock({ mode: "replay", start: 0 })
    let told = 0
    const end = clock.subscribe(() => told++)
    clock.setPaused(true)
    clock.setPaused(true)
    expect(clock.advance(10)).toBe(true)
    clock.advance(5)
    clock.setSpeed(60)
    expect([clock.now(), clock.paused(), clock.speed(), told]).toEqual([10, true, 60, 3])
    end()
    clock.advance(20)
    expect(told).toBe(3)
    expect(() => clock.setSpeed(0)).toThrow("a speed is above 0")
    expect(() => clock.advance(1.5)).toThrow("whole milliseconds")
  })

  it("follows the machine in real mode, not a small step back, and takes no ticks", () => {
    let machine = 1_000_000
    const clock = cityClock({ mode: "real", start: 0, wall: () => machine })
    expect(clock.now()).toBe(1_000_000)
    machine -= 1000
    expect(clock.now()).toBe(1_000_000)
    machine -= 600_000
    expect(clock.now()).toBe(399_000)
    expect(() => clock.advance(1)).toThrow("only a simulated clock")
    expect(() => clock.setPaused(true)).toThrow("only a simulated clock")
  })
})

it("doubts a machine clock that cannot be right", () => {
  const now = Date.UTC(2026, 10, 24)
  expect(clockLooksWrong(now, null)).toBeNull()
  expect(clockLooksWrong(now, now - 1000)).toBeNull()
  expect(clockLooksWrong(now, now + 1000)).toBeNull()
  expect(clockLooksWrong(0, null)?.en).toContain("1970-01-01T00:00:00.000Z, which cannot be")
  expect(clockLooksWrong(now, now + 3_600_000)?.en).toContain("is before")
  expect(clockLooksWrong(now + 500 * 86_400_000, now)?.zh).toContain("晚一年多")
})
