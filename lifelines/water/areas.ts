/** Cuts a network at its flow meters and closed pipes into metered areas. */
import type { Network } from "../../model/index.ts"

export type NetworkArea = {
  nodes: string[]
  links: string[]
  /** Metered links at the edge: +1 where the meter counts water into the area. */
  meters: { link: string; sign: 1 | -1 }[]
  pipe_length_m: number
}

/**
 * Components of the network without its metered links and without its closed pipes (unless a control moves them).
 * A component without a pipe and without demand (a bare source) is no area. Meters inside a component cut nothing and
 * count nothing. The longest area comes first.
 */
export function meteredAreas(
  network: Network,
  metered: ReadonlySet<string>,
  controlled: ReadonlySet<string>,
): NetworkArea[] {
  const component = new Map<string, number>()
  const neighbours = new Map<string, string[]>()
  const cut = (id: string): boolean => {
    const link = network.links.get(id)!
    return metered.has(id) || (link.kind === "pipe" && link.status === "closed" && !controlled.has(id))
  }
  for (const node of network.nodes.keys()) neighbours.set(node, [])
  for (const link of network.links.values())
    if (!cut(link.id)) {
      neighbours.get(link.from)!.push(link.to)
      neighbours.get(link.to)!.push(link.from)
    }
  const areas: NetworkArea[] = []
  for (const start of network.nodes.keys()) {
    if (component.has(start)) continue
    const index = areas.length
    const nodes = [start]
    component.set(start, index)
    for (let i = 0; i < nodes.length; i++)
      for (const next of neighbours.get(nodes[i]!)!)
        if (!component.has(next)) {
          component.set(next, index)
          nodes.push(next)
        }
    areas.push({ nodes, links: [], meters: [], pipe_length_m: 0 })
  }
  for (const link of network.links.values()) {
    const from = component.get(link.from)!
    const to = component.get(link.to)!
    if (metered.has(link.id) && from !== to) {
      areas[from]!.meters.push({ link: link.id, sign: -1 })
      areas[to]!.meters.push({ link: link.id, sign: 1 })
    }
    // A link between two areas belongs to the one it feeds; its meter stands at its head.
    areas[to]!.links.push(link.id)
    if (link.kind === "pipe") areas[to]!.pipe_length_m += link.length_m
  }
  const demands = (area: NetworkArea): boolean => area.nodes.some((id) => network.nodes.get(id)!.base_demand_m3h > 0)
  return areas
    .filter((area) => area.links.length > 0 && (area.nodes.length > 1 || demands(area)))
    .sort((a, b) => b.pipe_length_m - a.pipe_length_m)
}
