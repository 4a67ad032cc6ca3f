/** Seeded chance of the invented deliveries: the same seed gives the same numbers on every machine. */
export type Chance = {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole number from low to high, both included. */
  whole(low: number, high: number): number
  shuffle<T extends number[] | Int32Array>(list: T): T
}

/** mulberry32 on a mixed seed. */
export function chance(seed: number): Chance {
  let state = mix(seed ^ 0x2545f491)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    shuffle: (list) => {
      for (let i = list.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1))
        const kept = list[i]!
        list[i] = list[j]!
        list[j] = kept
      }
      return list
    },
  }
}

/** Mixes a whole number into 32 well-spread bits (murmur3 finaliser). */
export function mix(h: number): number {
  let x = h | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** Uniform in [0, 1) from three whole numbers. */
export const hash01 = (a: number, b: number, c = 0): number =>
  mix(mix(mix(a) ^ Math.imul(b, 0x9e3779b1)) ^ Math.imul(c, 0x85ebca77)) / 4294967296
