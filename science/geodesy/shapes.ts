/** What two numbers look like by their size: the first look of a proposal, row by row. */
import { zones } from "./codes.ts"

/** `zone` is the number in front of an easting, 0 where there is none. `swapped`: the first number points east. */
export type Shape = {
  kind: "degrees" | "zone" | "plane" | "mercator" | "small" | "other"
  swapped: boolean
  zone: number
}

/** China with its seas, degrees and metres; the north of planes starts where no easting without zone number lies. */
const china = { lon: [73, 136], lat: [3, 54], north: [1_000_000, 6_000_000], east: [150_000, 850_000] } as const
const within = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high

const hasZone = (zone: number): boolean =>
  (zone >= zones[3].first && zone <= zones[3].last) || (zone >= zones[6].first && zone <= zones[6].last)

/** Zone number in front of an easting such as 39512345.678, or 0. */
export function zoneOf(east: number): number {
  const zone = Math.floor(east / 1e6)
  return hasZone(zone) && within(east - zone * 1e6, china.east) ? zone : 0
}

/** How north and east would read in this order, as a packed number; 0 where they do not fit. */
function fits(north: number, east: number): number {
  if (within(north, china.lat) && within(east, china.lon)) return 1
  if (within(north, china.north)) {
    const zone = zoneOf(east)
    if (zone > 0) return 10 + zone
    if (within(east, china.east)) return 2
  }
  // Web Mercator of China: 8.1–15.2 million east; 0.3–7.2 million north.
  if (within(north, [330_000, 7_200_000]) && within(east, [8_100_000, 15_200_000])) return 3
  return 0
}

/** −1 where a number is missing; else a packed shape for `shapeOf`. */
export function pack(x: number, y: number): number {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return -1
  const straight = fits(x, y)
  if (straight > 0) return straight * 2
  const turned = fits(y, x)
  if (turned > 0) return turned * 2 + 1
  return Math.abs(x) < 1e6 && Math.abs(y) < 1e6 ? 8 : 10
}

export function shapeOf(packed: number): Shape {
  const code = packed >> 1
  const swapped = (packed & 1) === 1
  if (code > 10) return { kind: "zone", swapped, zone: code - 10 }
  const kind = code === 1 ? "degrees" : code === 2 ? "plane" : code === 3 ? "mercator" : code === 4 ? "small" : "other"
  return { kind, swapped, zone: 0 }
}
