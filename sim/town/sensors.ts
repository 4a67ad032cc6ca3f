/** Where the water network is measured: pressure spread over each area, flow at its edges, the tank, large users. */
import { distance, type P } from "./geometry.ts"
import type { WaterCompanion } from "./types.ts"
import { type WaterNet, waterAreas } from "./water-net.ts"

const pressure_by_area: Record<string, number> = { trunk: 2, west: 8, east: 7, south: 8 }

export function makeSensors(net: WaterNet, nameOf: (p: P) => string): WaterCompanion {
  const pressure: WaterCompanion["pressure_sensors"] = []
  const names = new Map<string, number>()
  const unique = (name: string): string => {
    const n = (names.get(name) ?? 0) + 1
    names.set(name, n)
    return n === 1 ? name : `${name} ${n}`
  }
  for (const { key } of waterAreas)
    for (const node of spread(net, key, pressure_by_area[key] ?? 0))
      pressure.push({ id: net.nodes[node]!.id, name: unique(`压力 ${nameOf(net.nodes[node]!.at)}`) })
  return {
    schematic: false,
    pressure_sensors: pressure,
    flow_sensors: net.meters.map((m) => ({ id: net.links[m.link]!.id, name: `流量 ${m.name.zh}` })),
    level_sensors: net.nodes.flatMap((n) =>
      n.kind === "tank" ? [{ id: n.id, name: `水位 ${n.name?.zh ?? n.id}` }] : [],
    ),
    amrs: net.customers.map((c) => ({
      id: net.nodes[c]!.id,
      name: `水表 ${net.nodes[c]!.name?.zh ?? net.nodes[c]!.id}`,
    })),
    interval_s: { pressure_sensors: 30, flow_sensors: 30, level_sensors: 30, amrs: 3600 },
  }
}

/** Farthest-point sampling among tees of at least three pipes; starts at the area's first inlet. */
function spread(net: WaterNet, area: string, count: number): number[] {
  const degree = new Map<number, number>()
  for (const l of net.links) for (const n of [l.from, l.to]) degree.set(n, (degree.get(n) ?? 0) + 1)
  const open = net.nodes.flatMap((n, i) =>
    n.area === area && n.kind === "junction" && (degree.get(i) ?? 0) >= (area === "trunk" ? 2 : 3) ? [i] : [],
  )
  const inlet = net.meters.find((m) => m.into === area)
  if (!inlet || open.length === 0) return []
  const chosen: number[] = []
  const far = new Map(open.map((i) => [i, distance(net.nodes[i]!.at, net.nodes[net.links[inlet.link]!.to]!.at)]))
  while (chosen.length < Math.min(count, open.length)) {
    const next = open.reduce((a, b) => (far.get(b)! > far.get(a)! ? b : a))
    chosen.push(next)
    for (const i of open) far.set(i, Math.min(far.get(i)!, distance(net.nodes[i]!.at, net.nodes[next]!.at)))
  }
  return chosen
}
