/**
 * A district's streets: a grid of unequal blocks, bent by piecewise straight shears, on ground that falls towards the
 * middle street and to the south. Grid coordinates are s (north) and t (east) in metres before the bending.
 */
import { chance, hash01 } from "./chance.ts"

export type Layout = {
  /** North coordinates of east–west streets, from south to north. */
  s: number[]
  /** East coordinates of north–south streets, from west to east. */
  t: number[]
  /** Where streets bend: between every two streets, and beyond the outer ones. */
  s_knots: number[]
  t_knots: number[]
  /** North–south street along which sewers run to the outfall. */
  trunk: number
  /** Metres north and east of the plane, rounded to millimetres, never on a whole metre. */
  plane(s: number, t: number): [north_m: number, east_m: number]
  /** Ground height, whole centimetres. */
  ground(s: number, t: number): number
  streetName(along: "ew" | "ns", index: number): string
  /** Ring round everything, `margin_m` beyond the outer streets, in the plane; open (first point not repeated). */
  ring(margin: { south: number; north: number; west: number; east: number }): [number, number][]
}

/** Fall of the ground towards the trunk and the south; waves take less than this away. Metres per metre. */
const tilt = 0.0017

/** Makes a layout of `rows` east–west and `columns` north–south streets with its south-west corner at the origin. */
export function makeLayout(
  seed: number,
  rows: number,
  columns: number,
  origin: { north_m: number; east_m: number; ground_m: number; streets_from: number },
): Layout {
  const random = chance(seed)
  const axis = (count: number) => {
    const at = [0]
    for (let i = 1; i < count; i++) at.push(at[i - 1]! + random.whole(228, 276))
    return at
  }
  const [s, t] = [axis(rows), axis(columns)]
  const knots = (at: number[]) => [
    at[0]! - 220,
    ...at.slice(1).map((v, i) => (v + at[i]!) / 2),
    at[at.length - 1]! + 220,
  ]
  const [s_knots, t_knots] = [knots(s), knots(t)]
  const bends = (at: number[]) => at.map(() => (random.next() - 0.5) * 20)
  const [north_shift, east_shift] = [bends(t_knots), bends(s_knots)]
  const trunk = Math.floor(columns / 2)
  const trunk_t = t[trunk]!
  const [phase_s, phase_t] = [random.next() * 6.28, random.next() * 6.28]
  const mm = (v: number) => {
    const whole = Math.round(v * 1000)
    return (whole % 1000 === 0 ? whole + 1 : whole) / 1000
  }
  const plane = (ps: number, pt: number): [number, number] => [
    mm(origin.north_m + ps + bent(t_knots, north_shift, pt)),
    mm(origin.east_m + pt + bent(s_knots, east_shift, ps)),
  ]
  return {
    s,
    t,
    s_knots,
    t_knots,
    trunk,
    plane,
    ground: (ps, pt) =>
      Math.round(
        100 *
          (origin.ground_m +
            tilt * (ps + Math.abs(pt - trunk_t)) +
            0.12 * Math.sin(ps / 480 + phase_s) +
            0.12 * Math.sin(pt / 430 + phase_t)),
      ),
    streetName: (along, index) => streetName(along, origin.streets_from + index),
    ring: ({ south, north, west, east }) => {
      const [s0, s1] = [s[0]! - south, s[s.length - 1]! + north]
      const [t0, t1] = [t[0]! - west, t[t.length - 1]! + east]
      const inner = (at: number[], low: number, high: number) => at.filter((v) => v > low && v < high)
      const ts = [t0, ...inner(t_knots, t0, t1), t1]
      const ss = inner(s_knots, s0, s1)
      return [
        ...ts.map((v) => plane(s0, v)),
        ...ss.map((v) => plane(v, t1)),
        ...[...ts].reverse().map((v) => plane(s1, v)),
        ...[...ss].reverse().map((v) => plane(v, t0)),
      ]
    },
  }
}

/** Value at `at` of the line through (knots, values); beyond the ends it stays. */
function bent(knots: number[], values: number[], at: number): number {
  let [low, high] = [0, knots.length - 1]
  if (at <= knots[low]!) return values[low]!
  if (at >= knots[high]!) return values[high]!
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (knots[middle]! <= at) low = middle
    else high = middle
  }
  const share = (at - knots[low]!) / (knots[high]! - knots[low]!)
  return values[low]! + share * (values[high]! - values[low]!)
}

const first = [..."长淮黄望潜合金徽马铜芜繁怀习祁龙翠云松紫锦丹锡青临包明玉文祥"]
const second = [..."江河山湖泉源寨州鞍陵城华宁友门川微谷柏蓬绣霞安阳泉兴德康景和"]

/** Name of a street: names come back after some hundreds with a number before them. */
export function streetName(along: "ew" | "ns", index: number): string {
  const a = Math.floor(hash01(index, 11) * first.length)
  const name = `${first[(index + a) % first.length]}${second[(index * 7 + a) % second.length]}`
  const round = Math.floor(index / first.length)
  return `${name}${round > 0 ? `${"一二三四五六七八九十"[(round - 1) % 10]}` : ""}${along === "ew" ? "路" : "大道"}`
}
