import type { Element } from "../../../science/index.ts"
import type { CityNetwork } from "../network/index.ts"
import { run_pipes_max } from "./long.ts"

/**
 * Links from an element along the direction of flow, one after the other: where it divides, the larger pipe, then the
 * longer one. Ends where nothing is known to lead on, or where the way comes back to itself.
 */
export function downstreamRun(network: CityNetwork, start: Element, dnOf: (link: number) => number): number[] {
  const { graph } = network
  const links: number[] = []
  const seen = new Set<number>()
  const headOf = (link: number) => {
    const way = graph.direction[link]!
    return way > 0 ? graph.to[link]! : way < 0 ? graph.from[link]! : -1
  }
  let node = start.kind === "node" ? start.index : headOf(start.index)
  if (start.kind === "link") {
    links.push(start.index)
    seen.add(start.index)
  }
  while (node >= 0 && links.length <= run_pipes_max) {
    let best = -1
    for (let k = graph.start[node]!; k < graph.start[node + 1]!; k++) {
      const end = graph.ends[k]!
      const link = end >> 1
      const leaves = graph.direction[link]! * ((end & 1) === 0 ? 1 : -1) > 0
      if (!leaves || seen.has(link)) continue
      const larger = best < 0 || dnOf(link) - dnOf(best) || graph.length_m[link]! - graph.length_m[best]!
      if (larger === true || (typeof larger === "number" && larger > 0)) best = link
    }
    if (best < 0) break
    links.push(best)
    seen.add(best)
    node = headOf(best)
  }
  return links
}
