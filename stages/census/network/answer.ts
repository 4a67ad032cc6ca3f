/** What the network questions answer: elements as assets of the census, only those the caller may see. */
import { covers, type Geometry, type Scope } from "../../../model/index.ts"
import { components, deadEnds, isolate, shortestPath, trace } from "../../../science/index.ts"
import type { Census } from "../types.ts"
import type { CityNetwork } from "./build.ts"

/** Features in one answer; more are counted and not drawn: the map has them, and their ids are in the answer. */
export const features_max = 5_000

type Elements = { nodes: Iterable<number>; links: Iterable<number> }

export type NetworkFeature = {
  type: "Feature"
  id: number
  geometry: Geometry
  properties: { id: number; lifeline: string; kind: string; code: string | null; role: string }
}
export type Drawn = { type: "FeatureCollection"; features: NetworkFeature[] }

/** Elements that the caller may see, counted; `hidden` says how many belong to others. */
export type Seen = {
  asset_ids: number[]
  length_m: number
  by_kind: Record<string, number>
  hidden: number
}

export type Looker = ReturnType<typeof looker>

/** Turns elements of a network into assets for one caller. */
export function looker(census: Census, network: CityNetwork, scopes: readonly Scope[]) {
  const features: NetworkFeature[] = []
  const drawn = new Set<number>()
  let more = 0
  const visible = (id: number) => {
    const asset = census.asset(id)
    return asset && covers(scopes, asset) ? asset : undefined
  }
  const seenGroup = Uint8Array.from(network.groups, (group) => (covers(scopes, group) ? 1 : 0))
  return {
    visible,
    /** Adds assets to the drawing; the first role that an asset gets is the one drawn. */
    draw(role: string, ids: Iterable<number>): void {
      for (const id of ids) {
        if (drawn.has(id)) continue
        if (features.length >= features_max) {
          more++
          continue
        }
        const asset = visible(id)
        if (!asset) continue
        drawn.add(id)
        const { lifeline, kind, code, geometry } = asset
        features.push({ type: "Feature", id, geometry, properties: { id, lifeline, kind, code, role } })
      }
    },
    /** A whole city can be reached: arrays only, and no look at single assets but for points that stand at others. */
    see({ nodes, links }: Elements): Seen {
      const { node_asset, node_kind, node_group, link_asset, link_kind, link_group, graph, kinds, attached } = network
      const seen: Seen = { asset_ids: [], length_m: 0, by_kind: {}, hidden: 0 }
      const counts = new Int32Array(kinds.length)
      for (const link of links)
        if (seenGroup[link_group[link]!]) {
          seen.asset_ids.push(link_asset[link]!)
          seen.length_m += graph.length_m[link]!
          counts[link_kind[link]!]!++
        } else seen.hidden++
      for (const node of nodes) {
        if (node_asset[node] === 0) continue
        if (seenGroup[node_group[node]!]) {
          seen.asset_ids.push(node_asset[node]!)
          counts[node_kind[node]!]!++
        } else seen.hidden++
      }
      kinds.forEach((kind, i) => {
        if (counts[i]! > 0) seen.by_kind[kind] = counts[i]!
      })
      if (attached.size > 0)
        for (const node of nodes)
          for (const id of attached.get(node) ?? []) {
            const asset = visible(id)
            if (!asset) seen.hidden++
            else {
              seen.asset_ids.push(id)
              seen.by_kind[asset.kind] = (seen.by_kind[asset.kind] ?? 0) + 1
            }
          }
      seen.length_m = Math.round(seen.length_m * 10) / 10
      return seen
    },
    drawing: () => ({ geojson: { type: "FeatureCollection", features } as Drawn, not_drawn: more }),
  }
}

export function traceAnswer(
  census: Census,
  network: CityNetwork,
  scopes: readonly Scope[],
  asset_id: number,
  direction: "up" | "down" | "both",
) {
  const look = looker(census, network, scopes)
  const way = ({ up: "upstream", down: "downstream", both: "connected" } as const)[direction]
  const seen = look.see(trace(network.graph, [network.elementOf(asset_id)!], way))
  look.draw("start", [asset_id])
  look.draw("reached", seen.asset_ids)
  return { asset_id, lifeline: network.lifeline, direction, directed: network.directed, ...seen, ...look.drawing() }
}

/** Component numbers of a network are worked out once. */
const labels = new WeakMap<CityNetwork, ReturnType<typeof components>>()

export function componentAnswer(census: Census, network: CityNetwork, scopes: readonly Scope[], asset_id: number) {
  const look = looker(census, network, scopes)
  const all = labels.get(network) ?? components(network.graph)
  labels.set(network, all)
  const { kind, index } = network.elementOf(asset_id)!
  const label = all[kind][index]!
  const having = (list: Int32Array) => {
    const found: number[] = []
    for (let i = 0; i < list.length; i++) if (list[i] === label) found.push(i)
    return found
  }
  const seen = look.see({ nodes: having(all.node), links: having(all.link) })
  look.draw("start", [asset_id])
  look.draw("reached", seen.asset_ids)
  return { asset_id, lifeline: network.lifeline, components: all.count, ...seen, ...look.drawing() }
}

/** Links and nodes of the shortest way between two assets, in order; null where there is none. */
export function pathBetween(network: CityNetwork, from: number, to: number) {
  const [a, b] = [network.elementOf(from)!, network.elementOf(to)!]
  const { graph } = network
  const nodeNear = (element: typeof a, other: typeof a): number => {
    if (element.kind === "node") return element.index
    const ends = [graph.from[element.index]!, graph.to[element.index]!].filter((n) => n >= 0)
    const towards = other.kind === "node" ? other.index : Math.max(graph.from[other.index]!, graph.to[other.index]!)
    const far = (n: number) =>
      Math.hypot(
        (network.node_lon[n]! - network.node_lon[towards]!) * 0.8,
        network.node_lat[n]! - network.node_lat[towards]!,
      )
    return ends.sort((m, n) => far(m) - far(n))[0] ?? -1
  }
  const [start, end] = [nodeNear(a, b), nodeNear(b, a)]
  if (start < 0 || end < 0) return null
  const path = shortestPath(graph, start, end)
  if (!path) return null
  const links = [...path.links]
  if (a.kind === "link" && !links.includes(a.index)) links.unshift(a.index)
  if (b.kind === "link" && !links.includes(b.index)) links.push(b.index)
  return { nodes: [...path.nodes], links, length_m: links.reduce((sum, l) => sum + graph.length_m[l]!, 0) }
}

export function pathAnswer(census: Census, network: CityNetwork, scopes: readonly Scope[], from: number, to: number) {
  const look = looker(census, network, scopes)
  const path = pathBetween(network, from, to)
  if (!path) return null
  const seen = look.see(path)
  look.draw("start", [from])
  look.draw("end", [to])
  look.draw("path", seen.asset_ids)
  const { asset_ids, by_kind, hidden } = seen
  const length_m = Math.round(path.length_m * 10) / 10
  return { from, to, lifeline: network.lifeline, length_m, asset_ids, by_kind, hidden, ...look.drawing() }
}

export type ValveView = {
  asset_id: number
  code: string | null
  name: string | null
  kind: string
  owner_id: number | null
  dn_mm: number | null
  lon_lat: [number, number]
}

/**
 * Which valves to close so that an asset can be taken out, and what that costs. `closed` and `failed` are asset ids of
 * valves, added to those that the census has as closed. The second ring is what must be closed if every valve of the
 * first one fails.
 */
export function isolateAnswer(
  census: Census,
  network: CityNetwork,
  scopes: readonly Scope[],
  asset_id: number,
  given: { closed: readonly number[]; failed: readonly number[] },
) {
  const look = looker(census, network, scopes)
  const { segments, valve_closed, valve_asset, sources } = network
  const closed = new Set(given.closed.map((id) => network.valveOf(id)!))
  for (let v = 0; v < valve_closed.length; v++) if (valve_closed[v]) closed.add(v)
  const failed = new Set(given.failed.map((id) => network.valveOf(id)!))
  const element = network.elementOf(asset_id)!
  const first = isolate(segments, element, { closed, failed, sources })
  const second = isolate(segments, element, { closed, failed: [...failed, ...first.close], sources })
  const dead = deadEnds(segments, { sources, closed, closing: first.close, without: first.isolated })

  let hidden_valves = 0
  const valves = (list: Iterable<number>): ValveView[] => {
    const views: ValveView[] = []
    for (const valve of list) {
      const asset = look.visible(valve_asset[valve]!)
      if (!asset) {
        hidden_valves++
        continue
      }
      const { id, code, name, kind, owner_id, dn_mm, lon_lat } = asset
      views.push({ asset_id: id, code, name, kind, owner_id, dn_mm, lon_lat })
    }
    return views
  }
  const inOrder = byDistance(census, asset_id)
  const close = inOrder(valves(first.close))
  const keep_closed = inOrder(valves(first.keep_closed))
  const failed_valves = inOrder(valves(first.failed))
  const second_ring = inOrder(valves(second.close))
  const isolated = look.see(first.isolated)
  const cut_off = look.see(first.cut_off)
  const dead_ends = look.see(dead)
  look.draw("start", [asset_id])
  for (const [role, list] of Object.entries({ close, keep_closed, failed: failed_valves, second_ring }))
    look.draw(
      role,
      list.map((v) => v.asset_id),
    )
  look.draw("isolated", isolated.asset_ids)
  look.draw("cut_off", cut_off.asset_ids)
  look.draw("dead_end", dead_ends.asset_ids)
  return {
    asset_id,
    lifeline: network.lifeline,
    close,
    keep_closed,
    failed: failed_valves,
    second_ring,
    hidden_valves,
    isolated,
    cut_off,
    dead_ends,
    /** Sources inside the part: no valve shuts them, they are stopped themselves. */
    sources_inside: look.see({ nodes: first.sources_inside, links: [] }).asset_ids,
    affected: affected(network, [first.isolated, first.cut_off]),
    ...look.drawing(),
  }
}

/** Customers' meters, hydrants and people without supply: of all owners, as counts that name nobody. */
function affected(network: CityNetwork, parts: readonly { nodes: Int32Array; links: Int32Array }[]) {
  const sum = { customers: 0, hydrants: 0, people: 0 }
  for (const { nodes, links } of parts) {
    for (const node of nodes) {
      sum.customers += network.customers[node]!
      sum.hydrants += network.hydrants[node]!
    }
    for (const link of links) sum.people += network.people[link]!
  }
  return sum
}

/** Nearest first: the crew starts where the water comes out. */
function byDistance(census: Census, asset_id: number) {
  const [lon, lat] = census.asset(asset_id)!.lon_lat
  const far = ({ lon_lat }: ValveView) =>
    Math.hypot((lon_lat[0] - lon) * Math.cos((lat * Math.PI) / 180), lon_lat[1] - lat)
  return (valves: ValveView[]) => valves.sort((a, b) => far(a) - far(b) || a.asset_id - b.asset_id)
}
