/** Seeded chance: the same seed gives the same sequence on every machine. */

export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  between(low: number, high: number): number
  whole(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: readonly T[]): T[]
  /** Own sequence for a subject, so that a change in one part leaves the others alone. */
  fork(label: string): Random
}

/** Mixes a whole number into 32 well-spread bits (murmur3 finaliser). */
export function mix(h: number): number {
  let x = h | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** 32 bits of a text (FNV-1a). */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** Uniform in [0, 1) from three whole numbers; the same for the same numbers. */
export const hash01 = (a: number, b: number, c = 0): number =>
  mix(mix(mix(a) ^ Math.imul(b, 0x9e3779b1)) ^ Math.imul(c, 0x85ebca77)) / 4294967296

/** mulberry32. */
export function random(seed: number): Random {
  let state = mix(seed ^ 0x5bd1e995)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const self: Random = {
    next,
    between: (low, high) => low + (high - low) * next(),
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (list) => list[Math.floor(next() * list.length)]!,
    shuffle: (list) => {
      const out = [...list]
      for (let i = out.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1))
        ;[out[i], out[j]] = [out[j]!, out[i]!]
      }
      return out
    },
    fork: (label) => random(mix(seed) ^ hashText(label)),
  }
  return self
}

/** Smooth value noise in [−1, 1] with features of size 1. */
export function valueNoise(seed: number, x: number, y: number): number {
  const i = Math.floor(x)
  const j = Math.floor(y)
  const fx = x - i
  const fy = y - j
  const sx = fx * fx * fx * (fx * (fx * 6 - 15) + 10)
  const sy = fy * fy * fy * (fy * (fy * 6 - 15) + 10)
  const a = hash01(seed, i, j)
  const b = hash01(seed, i + 1, j)
  const c = hash01(seed, i, j + 1)
  const d = hash01(seed, i + 1, j + 1)
  return 2 * (a + (b - a) * sx + (c - a) * sy + (a - b - c + d) * sx * sy) - 1
}
