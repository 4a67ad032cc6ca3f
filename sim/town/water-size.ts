/** How wide the pipes are, of what, since when, and how often they have broken. */
import { ways } from "./layout.ts"
import type { Random } from "./random.ts"
import type { Plan, StreetClass } from "./streets.ts"
import type { WaterNet } from "./water-net.ts"

const diameters = [100, 150, 200, 250, 300, 400, 500, 600, 800, 1000]
const least_mm: Partial<Record<StreetClass, number>> = { a: 250, b: 200, c: 150, lane: 100 }

/** Diameters by the flow that a shortest-way tree from the source would carry at the peak hour, at about 0.8 m/s. */
export function size(net: WaterNet): void {
  const source = net.nodes.findIndex((n) => n.kind === "reservoir")
  const { via, order } = ways(
    net.nodes.length,
    net.links.map((l) => ({
      from: l.from,
      to: l.to,
      cost: l.length_m * (l.class === "a" || l.class === "trunk" ? 0.7 : l.class === "b" ? 0.85 : 1),
    })),
    [source],
  )
  const flow = new Float64Array(net.links.length)
  const carried = net.nodes.map((n) => n.demand_m3h * 1.7)
  for (const n of [...order].reverse()) {
    const l = via[n]!
    if (l < 0) continue
    flow[l] = carried[n]!
    const parent = net.links[l]!.from === n ? net.links[l]!.to : net.links[l]!.from
    carried[parent]! += carried[n]!
  }
  net.links.forEach((l, i) => {
    const speed = l.class === "trunk" ? 1.1 : 1.0
    const bore = Math.sqrt(flow[i]! / 3600 / speed / (Math.PI / 4)) * 1000
    const least = l.class === "trunk" ? 400 : l.class === "service" ? 100 : (least_mm[l.class] ?? 100)
    l.diameter_mm = diameters.find((d) => d >= Math.max(bore, least) - 1) ?? 1000
  })
  for (const m of net.meters)
    if (net.links[m.link]!.kind === "pipe")
      net.links[m.link]!.diameter_mm = Math.max(400, net.links[m.link]!.diameter_mm)
}

const roughness: Record<string, number> = { PE: 140, PVC: 140, DI: 130, CI: 100, ST: 120, PCCP: 125, GS: 105 }

/** Material, year and past breaks by size, place and the fashion of the decade. */
export function age(random: Random, plan: Plan, net: WaterNet): void {
  const byStreet = new Map<string, { material: string; year: number }>()
  const degreeOf = new Map<number, number>()
  for (const l of net.links) for (const n of [l.from, l.to]) degreeOf.set(n, (degreeOf.get(n) ?? 0) + 1)
  for (const l of net.links) {
    const a = net.nodes[l.from]!
    const b = net.nodes[l.to]!
    const key = `${l.name}/${l.class}/${a.area}`
    let made = byStreet.get(key)
    if (!made) {
      const west =
        a.area === "west" &&
        a.graph >= 0 &&
        Math.abs(plan.graph.nodes[a.graph]![0] + 640) < 420 &&
        Math.abs(plan.graph.nodes[a.graph]![1] - 580) < 380
      if (l.class === "trunk")
        made = random.chance(0.5)
          ? { material: "PCCP", year: random.whole(2004, 2012) }
          : { material: "ST", year: random.whole(1998, 2010) }
      else if (west)
        made = random.chance(0.55)
          ? { material: "CI", year: random.whole(1976, 1992) }
          : l.class === "lane" && random.chance(0.4)
            ? { material: "GS", year: random.whole(1985, 1998) }
            : { material: "PE", year: random.whole(2008, 2021) }
      else if (l.class === "lane" || l.class === "service")
        made = random.chance(0.62)
          ? { material: "PE", year: random.whole(2003, 2022) }
          : random.chance(0.6)
            ? { material: "PVC", year: random.whole(1994, 2006) }
            : { material: "CI", year: random.whole(1984, 1998) }
      else
        made = random.chance(0.66)
          ? { material: "DI", year: random.whole(1999, 2019) }
          : random.chance(0.6)
            ? { material: "CI", year: random.whole(1982, 1999) }
            : { material: "PVC", year: random.whole(1995, 2007) }
      byStreet.set(key, made)
    }
    l.material = made.material === "PE" && l.diameter_mm > 400 ? "DI" : made.material
    l.year = made.year
    l.roughness = roughness[l.material]! - (l.material === "CI" ? Math.max(0, Math.round((1995 - l.year) / 2)) : 0)
    const rate =
      (l.material === "CI" || l.material === "GS" ? 2.2 : l.material === "PVC" ? 1 : 0.35) *
      ((2026 - l.year) / 30) *
      (l.length_m / 260)
    for (let k = 0; k < 4; k++) if (random.chance(Math.min(0.6, rate / 4))) l.breaks++
    l.people = Math.round(a.people / (degreeOf.get(l.from) ?? 1) + b.people / (degreeOf.get(l.to) ?? 1))
  }
}
