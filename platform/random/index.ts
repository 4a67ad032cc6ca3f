import { randomBytes, randomUUID } from "node:crypto"

/** Chance that repeats: the same seed gives the same numbers on every machine. Never for secrets. */
export type Random = {
  /** 0 ≤ x < 1, 32 bits fine. */
  next(): number
  /** A whole number with from ≤ n ≤ to. */
  whole(from: number, to: number): number
  /** A number with from ≤ x < to. */
  between(from: number, to: number): number
  /** Normally distributed (Box–Muller). */
  normal(mean?: number, deviation?: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent stream, so that one part's draws do not move another's. */
  fork(name: string): Random
}

/** xoshiro128** of Blackman and Vigna, its state filled by splitmix32 from the seed. */
export function seededRandom(seed: number | string): Random {
  const fill = splitmix(typeof seed === "number" ? mix(seed) : hash(seed))
  let [a, b, c, d] = [fill(), fill(), fill(), fill()]
  const bits = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9)
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 11)
    return result >>> 0
  }
  const next = () => bits() / 2 ** 32
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    whole,
    between: (from, to) => from + next() * (to - from),
    normal: (mean = 0, deviation = 1) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    chance: (probability) => next() < probability,
    pick: (items) => {
      if (items.length === 0) throw new Error("Nothing can be picked from an empty list.")
      return items[whole(0, items.length - 1)]!
    },
    shuffle: (items) => {
      const copy = [...items]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = whole(0, i)
        ;[copy[i], copy[j]] = [copy[j]!, copy[i]!]
      }
      return copy
    },
    fork: (name) => seededRandom(`${seed}/${name}`),
  }
}

const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by))
const mix = (seed: number) => (Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32)) | 0

function splitmix(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}

/** An id that nobody can guess and nothing else has (UUID version 4). */
export const newId = (): string => randomUUID()

/** A secret for links, sessions and API tokens: 32 bytes of the system's chance, in letters that a URL can carry. */
export const newToken = (bytes = 32): string => randomBytes(bytes).toString("base64url")
