/** Wells of power, telecom, sewage and rain water along the streets, and which of them get a methane monitor. */
import { along, distance, lineLength, nearestOn, offsetLine, type P } from "./geometry.ts"
import type { Land } from "./land.ts"
import type { Random } from "./random.ts"
import type { Plan, StreetClass } from "./streets.ts"

export type WellClass = "power" | "telecom" | "sewage" | "rain"
export type LaidWell = {
  code: string
  name: string
  well_class: WellClass
  at: P
  depth_m: number
  volume_m3: number
  gas_m: number
  owner: string
  street: number
}

const kinds: {
  well_class: WellClass
  prefix: string
  zh: string
  owner: string
  off_m: Partial<Record<StreetClass, number>>
  each_m: Partial<Record<StreetClass, number>>
  depth_m: [number, number]
  ground_m2: number
}[] = [
  {
    well_class: "power",
    prefix: "DL-J",
    zh: "电力井",
    owner: "power",
    off_m: { a: -13.6, b: -8, c: -5 },
    each_m: { a: 62, b: 70, c: 95 },
    depth_m: [1.6, 2.6],
    ground_m2: 2.6,
  },
  {
    well_class: "telecom",
    prefix: "TX-J",
    zh: "通信井",
    owner: "telecom",
    off_m: { a: 14, b: 8.4 },
    each_m: { a: 85, b: 95 },
    depth_m: [1.2, 1.9],
    ground_m2: 1.8,
  },
  {
    well_class: "sewage",
    prefix: "WS-J",
    zh: "污水井",
    owner: "drainage",
    off_m: { a: 3.4, b: 1.8, c: 0.9 },
    each_m: { a: 75, b: 80, c: 95 },
    depth_m: [1.8, 4.2],
    ground_m2: 0.9,
  },
  {
    well_class: "rain",
    prefix: "YS-J",
    zh: "雨水井",
    owner: "drainage",
    off_m: { a: -7.6, b: -3.6 },
    each_m: { a: 80, b: 90 },
    depth_m: [1.4, 2.8],
    ground_m2: 0.9,
  },
]
const monitors = 25
const cell_m = 120

export function layWells(
  random: Random,
  plan: Plan,
  land: Land,
  pipes: readonly P[][],
): { wells: LaidWell[]; monitored: LaidWell[] } {
  const wells: LaidWell[] = []
  const gas = gasIndex(pipes)
  const count = new Map<string, number>()
  for (const road of land.roads) {
    const name = road.street >= 0 ? plan.streets[road.street]!.name : null
    if (!name) continue
    for (const k of kinds) {
      const off = k.off_m[road.class]
      const each = k.each_m[road.class]
      if (off === undefined || each === undefined) continue
      const line = offsetLine(road.line, off)
      const long = lineLength(line)
      for (let s = random.between(12, each); s < long - 10; s += each * random.between(0.85, 1.15)) {
        const at = along(line, s).point
        const gas_m = gas(at)
        // Streets beyond the last gas main are not surveyed.
        if (gas_m > 60) continue
        const n = (count.get(k.prefix) ?? 0) + 1
        count.set(k.prefix, n)
        const depth_m = Math.round(random.between(...k.depth_m) * 10) / 10
        wells.push({
          code: `${k.prefix}-${String(n).padStart(4, "0")}`,
          name: `${name.zh}${k.zh}`,
          well_class: k.well_class,
          at,
          depth_m,
          volume_m3: Math.round(depth_m * k.ground_m2 * 10) / 10,
          gas_m: Math.round(gas_m * 10) / 10,
          owner: k.owner,
          street: road.street,
        })
      }
    }
  }
  return { wells, monitored: chooseMonitored(plan, land, wells) }
}

function gasIndex(pipes: readonly P[][]): (p: P) => number {
  const cells = new Map<number, [P, P][]>()
  const key = (i: number, j: number): number => i * 65536 + j
  for (const line of pipes)
    for (let k = 1; k < line.length; k++) {
      const [a, b] = [line[k - 1]!, line[k]!]
      const steps = Math.max(1, Math.ceil(distance(a, b) / 40))
      const seen = new Set<number>()
      for (let s = 0; s <= steps; s++) {
        const c = key(
          Math.floor((a[0] + ((b[0] - a[0]) * s) / steps) / cell_m),
          Math.floor((a[1] + ((b[1] - a[1]) * s) / steps) / cell_m),
        )
        if (seen.has(c)) continue
        seen.add(c)
        const list = cells.get(c)
        if (list) list.push([a, b])
        else cells.set(c, [[a, b]])
      }
    }
  return (p) => {
    let least = Infinity
    const [i, j] = [Math.floor(p[0] / cell_m), Math.floor(p[1] / cell_m)]
    for (let di = -1; di <= 1; di++)
      for (let dj = -1; dj <= 1; dj++)
        for (const segment of cells.get(key(i + di, j + dj)) ?? [])
          least = Math.min(least, nearestOn(segment, p).distance)
    return least
  }
}

/** First a dense group at the busiest crossing of the old town's east gate, then pairs near places where people gather. */
function chooseMonitored(plan: Plan, land: Land, wells: readonly LaidWell[]): LaidWell[] {
  const chosen: LaidWell[] = []
  const take = (near: P, classes: readonly WellClass[], reach_m: number): void => {
    for (const well_class of classes) {
      const fit = wells.filter(
        (w) => w.well_class === well_class && w.gas_m <= 12 && distance(w.at, near) < reach_m && !chosen.includes(w),
      )
      if (fit.length === 0 || chosen.length >= monitors) continue
      chosen.push(
        fit.reduce((a, b) => (distance(a.at, near) + 6 * a.gas_m < distance(b.at, near) + 6 * b.gas_m ? a : b)),
      )
    }
  }
  const crossing = (a: string, b: string): P | null => {
    const lines = (zh: string): P[][] =>
      land.roads.filter((r) => r.street >= 0 && plan.streets[r.street]!.name?.zh === zh).map((r) => r.line)
    let best: { at: P; d: number } | null = null
    for (const l of lines(a))
      for (const m of lines(b))
        for (const p of m) {
          const d = nearestOn(l, p).distance
          if (!best || d < best.d) best = { at: p, d }
        }
    return best?.at ?? null
  }
  const gate = crossing("人民路", "东门街")
  if (gate) take(gate, ["power", "power", "telecom", "sewage", "rain", "power"], 150)
  for (const [a, b] of [
    ["解放路", "环城路"],
    ["人民路", "文昌路"],
    ["江南大道", "解放路"],
    ["朝阳路", "文昌路"],
    ["建设路", "人民路"],
    ["江南大道", "文昌路"],
  ] as const) {
    const at = crossing(a, b)
    if (at) take(at, ["power", "telecom"], 160)
  }
  for (const l of land.labels) if (l.kind === "poi" && chosen.length < monitors) take(l.at, ["power", "sewage"], 320)
  for (const w of wells)
    if (
      chosen.length < monitors &&
      w.gas_m < 4 &&
      w.well_class === "power" &&
      chosen.every((c) => distance(c.at, w.at) > 250)
    )
      chosen.push(w)
  return chosen
}
