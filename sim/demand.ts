/**
 * How much water is drawn at a time: a factor on the base demand, the same for the same seed, group and time.
 * Groups are "pattern/area" for street nodes and "pattern/area/node" for large users with a meter of their own.
 */
import { hash01, hashText, type Town } from "./town/index.ts"

const hour_ms = 3_600_000
const day_ms = 24 * hour_ms
/** China has one time zone and no summer time. */
export const utc_offset_ms = 8 * hour_ms
const noise_bucket_ms = 900_000

export type Pattern = "RES" | "COM" | "IND"
export type Demand = {
  group(node: string, pattern: string): string
  /** Factor on base demand for a group at a time. */
  factor(group: string, time_ms: number): number
  /** Mean of the factor over the hour that ends at `end_ms`, from its four quarters. */
  hourMean(group: string, end_ms: number): number
}

/** Smooth noise in [−1, 1] of a (seed, key) pair over time, with a new value every `bucket_ms`. */
export function timeNoise(seed: number, key: number, time_ms: number, bucket_ms: number): number {
  const b = Math.floor(time_ms / bucket_ms)
  const t = time_ms / bucket_ms - b
  // Bucket numbers pass 2³¹; fold them so that the hash keeps all their bits.
  const at = (n: number): number => 2 * hash01(seed ^ key, n % 0x40000000, Math.floor(n / 0x40000000)) - 1
  return at(b) + (at(b + 1) - at(b)) * t
}

/** A curve of 24 hourly values, joined by straight lines, at a local hour (0 ≤ hour < 24; wraps). */
function onCurve(curve: readonly number[], hour: number): number {
  const h = ((hour % 24) + 24) % 24
  const i = Math.floor(h)
  return curve[i]! + (curve[(i + 1) % 24]! - curve[i]!) * (h - i)
}

/** Weekend days start later; shops are fuller, works emptier. Editable shape, not measured. */
const weekend: Record<Pattern, { later_h: number; level: number }> = {
  RES: { later_h: 1.1, level: 1.06 },
  COM: { later_h: 0.3, level: 1.08 },
  IND: { later_h: 0, level: 0.72 },
}

export function makeDemand(town: Town, seed: number): Demand {
  const areaOf = new Map(town.water.areas.flatMap((a) => a.nodes.map((n) => [n, a.key] as const)))
  const own = new Set(town.water.companion.amrs.map((a) => a.id))
  const keys = new Map<string, { pattern: Pattern; noise: number; spread: number }>()
  const facts = (group: string): { pattern: Pattern; noise: number; spread: number } => {
    const known = keys.get(group)
    if (known) return known
    const [pattern, , node] = group.split("/")
    const kind: Pattern = pattern === "COM" || pattern === "IND" ? pattern : "RES"
    const made = {
      pattern: kind,
      noise: hashText(group),
      spread: node === undefined ? 0.025 : 0.12,
    }
    keys.set(group, made)
    return made
  }
  const factor = (group: string, time_ms: number): number => {
    const { pattern, noise, spread } = facts(group)
    const local = time_ms + utc_offset_ms
    const hour = (local % day_ms) / hour_ms
    // 1970-01-01 was a Thursday.
    const weekday = (Math.floor(local / day_ms) + 4) % 7
    const free = weekday === 0 || weekday === 6
    const { later_h, level } = free ? weekend[pattern] : { later_h: 0, level: 1 }
    const shape = onCurve(town.water.patterns[pattern], hour - later_h) * level
    // A whole day is a little wetter or drier than the next, over it lies the quarter hour's chance.
    const day = 1 + 0.02 * timeNoise(seed, 7, local, day_ms)
    return Math.max(0.02, shape * day * (1 + spread * timeNoise(seed, noise, time_ms, noise_bucket_ms)))
  }
  return {
    group: (node, pattern) =>
      own.has(node) ? `${pattern}/${areaOf.get(node) ?? ""}/${node}` : `${pattern}/${areaOf.get(node) ?? ""}`,
    factor,
    hourMean: (group, end_ms) => {
      let sum = 0
      for (let k = 0; k < 4; k++) sum += factor(group, end_ms - (k + 0.5) * noise_bucket_ms)
      return sum / 4
    },
  }
}
