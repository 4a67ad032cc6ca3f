import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { newId, newToken, seededRandom } from "./index.ts"

const draws = (seed: number | string, n = 5) => {
  const random = seededRandom(seed)
  return Array.from({ length: n }, () => random.next())
}

describe("seeded random", () => {
  it("repeats for a seed and differs for others", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.string()), (seed) => {
        expect(draws(seed)).toEqual(draws(seed))
        expect(draws(seed)).not.toEqual(draws(`${seed}!`))
      }),
    )
    expect(draws(0)).not.toEqual(draws(1))
    expect(draws(7)).toEqual(draws(7))
  })

  it("stays the same from one version to the next", () => {
    expect(draws(7, 3).map((x) => Math.floor(x * 1e6))).toMatchInlineSnapshot(`
      [
        728107,
        541213,
        176836,
      ]
    `)
  })

  it("is even, normal and within its bounds", () => {
    const random = seededRandom(42)
    const bins = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 20_000; i++) bins[random.whole(0, 9)]! += 1
    for (const bin of bins) expect(Math.abs(bin - 2000)).toBeLessThan(200)
    const values = Array.from({ length: 20_000 }, () => random.normal(10, 2))
    const mean = values.reduce((a, b) => a + b) / values.length
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)
    expect(mean).toBeCloseTo(10, 1)
    expect(deviation).toBeCloseTo(2, 1)
  })

  it("shuffles to a permutation, and forks do not depend on what was drawn", () => {
    const items = Array.from({ length: 50 }, (_, i) => i)
    const random = seededRandom(3)
    const fork = random.fork("a").next()
    expect(random.shuffle(items).sort((a, b) => a - b)).toEqual(items)
    expect(random.fork("a").next()).toBe(fork)
    expect(random.fork("b").next()).not.toBe(fork)
    expect(() => random.pick([])).toThrow("empty list")
  })
})

it("makes ids and tokens that differ", () => {
  expect(new Set(Array.from({ length: 100 }, newId)).size).toBe(100)
  expect(newToken()).toMatch(/^[A-Za-z0-9_-]{43}$/)
})
