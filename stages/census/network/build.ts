/** The graph of one lifeline from rows of the census: points become nodes, lines become links between them. */
import {
  type Element,
  type NetworkGraph,
  networkGraph,
  type ValveSegments,
  valveSegments,
} from "../../../science/index.ts"
import { flowDirection } from "./direction.ts"
import type { NetworkRole } from "./roles.ts"

/** A current asset as the network needs it; ends in degrees, null where the row has none. */
export type NetworkRow = {
  id: number
  kind: string
  code: string | null
  line: boolean
  /** Place of a point, or start of a line. */
  lon: number
  lat: number
  end_lon: number
  end_lat: number
  from_node: string | null
  to_node: string | null
  /** A point that stands at another one names it here. */
  node: string | null
  length_m: number | null
  status: string | null
  flow_direction: string | null
  from_elevation_m: number | null
  to_elevation_m: number | null
  people_served: number | null
  /** Who may see it. */
  owner_id: number | null
  area_ids: readonly number[]
}

export type CityNetwork = {
  lifeline: string
  /** Gravity networks have a direction; pressure networks none. */
  directed: boolean
  graph: NetworkGraph
  segments: ValveSegments
  /** Asset of each node, 0 where only line ends meet; and of each link. */
  node_asset: Int32Array
  link_asset: Int32Array
  /** Kinds of assets, numbered, and the kind of each node's and link's asset. */
  kinds: readonly string[]
  node_kind: Uint16Array
  link_kind: Uint16Array
  /** Assets that the same people may see: owner and areas, numbered, and the group of each node's and link's asset. */
  groups: readonly SeenBy[]
  node_group: Uint32Array
  link_group: Uint32Array
  /** Where each node lies, degrees. */
  node_lon: Float64Array
  node_lat: Float64Array
  /** Asset of each valve of `segments.valves`; closed pipes stand among them with their own asset. */
  valve_asset: Int32Array
  /** Valves that are closed as the census has it. */
  valve_closed: Uint8Array
  sources: Int32Array
  /** How many of them stand at each node. */
  customers: Int32Array
  hydrants: Int32Array
  people: Float64Array
  /** Points that stand at a node of another asset, by that node. */
  attached: ReadonlyMap<number, readonly number[]>
  elementOf(asset_id: number): Element | undefined
  valveOf(asset_id: number): number | undefined
  /** Points that no line reaches. */
  loose: number
}

/** What decides who may see an asset. */
export type SeenBy = { lifeline: string; owner_id: number | null; area_ids: readonly number[] }

export type LineAt = (lon: number, lat: number) => number | undefined

/** Named ends are believed up to here where several points have the name, m. */
const same_name_m = 1
/** Ends nearer than this are one place, m. */
export const snap_m = 0.01
const degree_m = 111_195.08

/** Takes rows one by one (all points before the first line) and makes the network of them. */
export function networkBuilder(lifeline: string, directed: boolean, roles: ReadonlyMap<string, NetworkRole>) {
  const node_asset: number[] = []
  const node_lon: number[] = []
  const node_lat: number[] = []
  /** Nodes of one name as a chain. */
  const by_name = new Map<string, number>()
  const next_named: number[] = []
  const cells = new Map<number, number>()
  const elements = new Map<number, number>()
  const at_node: { id: number; node: string }[] = []
  const node_role: NetworkRole[] = []
  const node_closed: boolean[] = []
  const from: number[] = []
  const to: number[] = []
  const length: number[] = []
  const direction: number[] = []
  const link_asset: number[] = []
  const link_people: number[] = []
  const shut_links: { link: number; closed: boolean }[] = []
  const waiting: NetworkRow[] = []
  const kinds = numbering<string>()
  const groups = numbering<SeenBy>()
  const node_kind: number[] = []
  const node_group: number[] = []
  const link_kind: number[] = []
  const link_group: number[] = []
  const kindOf = (row: NetworkRow) => kinds.of(row.kind, () => row.kind)
  const groupOf = ({ owner_id, area_ids }: NetworkRow) =>
    groups.of(`${owner_id} ${area_ids.join()}`, () => ({ lifeline, owner_id, area_ids }))
  let kx = 0
  let [origin_lon, origin_lat] = [0, 0]

  /** Cells of the snap width counted from the first point, so that a city's numbers stay exact. */
  const cellOf = (lon: number, lat: number, dx: number, dy: number) => {
    if (kx === 0) {
      ;[origin_lon, origin_lat] = [lon, lat]
      kx = degree_m * Math.max(0.01, Math.cos((lat * Math.PI) / 180))
    }
    const column = Math.floor(((lon - origin_lon) * kx) / snap_m) + dx
    return column * 2 ** 26 + Math.floor(((lat - origin_lat) * degree_m) / snap_m) + dy
  }
  const farM = (node: number, lon: number, lat: number) =>
    Math.hypot((node_lon[node]! - lon) * kx, (node_lat[node]! - lat) * degree_m)
  const nodeAtPlace = (lon: number, lat: number): number => {
    for (let dx = -1; dx <= 1; dx++)
      for (let dy = -1; dy <= 1; dy++) {
        const node = cells.get(cellOf(lon, lat, dx, dy))
        if (node !== undefined && farM(node, lon, lat) <= snap_m) return node
      }
    return -1
  }
  const addNode = (row: NetworkRow | null, name: string | null, lon: number, lat: number): number => {
    const node = node_asset.length
    node_asset.push(row?.id ?? 0)
    node_kind.push(row ? kindOf(row) : 0)
    node_group.push(row ? groupOf(row) : 0)
    node_lon.push(lon)
    node_lat.push(lat)
    node_role.push((row && roles.get(row.kind)) ?? "none")
    node_closed.push(false)
    next_named.push(-1)
    if (name !== null) {
      next_named[node] = by_name.get(name) ?? -1
      by_name.set(name, node)
    }
    const cell = cellOf(lon, lat, 0, 0)
    if (!cells.has(cell)) cells.set(cell, node)
    return node
  }
  const nodeNamed = (name: string | null, lon: number, lat: number): number => {
    if (name === null) return -1
    const first = by_name.get(name)
    if (first === undefined) return -1
    if (next_named[first] === -1) return first
    let nearest = first
    for (let n = next_named[first]!; n !== -1; n = next_named[n]!)
      if (farM(n, lon, lat) < farM(nearest, lon, lat)) nearest = n
    return farM(nearest, lon, lat) <= same_name_m ? nearest : -1
  }
  const endNode = (name: string | null, lon: number, lat: number): number => {
    const named = nodeNamed(name, lon, lat)
    if (named >= 0) return named
    const placed = nodeAtPlace(lon, lat)
    return placed >= 0 ? placed : addNode(null, name, lon, lat)
  }
  const addLink = (row: NetworkRow, a: number, b: number) => {
    const link = from.length
    from.push(a)
    to.push(b)
    // A pump or valve that stands as a point is as good as no way at all.
    length.push(row.line ? (row.length_m ?? farM(a, node_lon[b]!, node_lat[b]!)) : 0)
    direction.push(directed ? flowDirection(row.from_elevation_m, row.to_elevation_m, row.flow_direction) : 0)
    link_asset.push(row.id)
    link_people.push(row.people_served ?? 0)
    link_kind.push(kindOf(row))
    link_group.push(groupOf(row))
    elements.set(row.id, -1 - link)
    const closed = row.status === "closed"
    if (closed || roles.get(row.kind) === "valve") shut_links.push({ link, closed })
  }

  const addPoint = (row: NetworkRow) => {
    const node = addNode(row, row.code, row.lon, row.lat)
    node_closed[node] = row.status === "closed"
    elements.set(row.id, node)
    if (row.node !== null) at_node.push({ id: row.id, node: row.node })
  }
  /** Pumps and valves of network files: points on the map that join two nodes, once all nodes are known. */
  const addWaiting = () => {
    for (const row of waiting.splice(0)) {
      const [a, b] = [nodeNamed(row.from_node, row.lon, row.lat), nodeNamed(row.to_node, row.lon, row.lat)]
      if (a >= 0 && b >= 0) addLink(row, a, b)
      else addPoint(row)
    }
  }

  return {
    add(row: NetworkRow): void {
      if (row.line) {
        addWaiting()
        addLink(row, endNode(row.from_node, row.lon, row.lat), endNode(row.to_node, row.end_lon, row.end_lat))
      } else if (row.from_node !== null && row.to_node !== null) waiting.push(row)
      else addPoint(row)
    },
    /** `lineAt` names the line asset that runs through a place: points with a part to play stand on lines too. */
    finish(lineAt: LineAt = () => undefined): CityNetwork {
      addWaiting()
      return finished(lineAt)
    },
  }

  function finished(lineAt: LineAt): CityNetwork {
    const nodes = node_asset.length
    const graph = networkGraph({
      nodes,
      from: Int32Array.from(from),
      to: Int32Array.from(to),
      length_m: Float64Array.from(length),
      direction: Int8Array.from(direction),
    })
    const attached = new Map<number, number[]>()
    let loose = 0
    const joined = (n: number) => graph.start[n + 1]! > graph.start[n]!
    const standsAt = new Map<number, number>()
    for (const { id, node } of at_node) {
      const at = by_name.get(node)
      if (at !== undefined) standsAt.set(id, at)
    }
    // A point that no line names may stand at the place of a node that one does.
    const place = new Map<number, number>()
    for (let n = 0; n < nodes; n++) if (joined(n)) place.set(cellOf(node_lon[n]!, node_lat[n]!, 0, 0), n)
    const nearJoined = (n: number): number => {
      for (let dx = -1; dx <= 1; dx++)
        for (let dy = -1; dy <= 1; dy++) {
          const other = place.get(cellOf(node_lon[n]!, node_lat[n]!, dx, dy))
          if (other !== undefined && farM(other, node_lon[n]!, node_lat[n]!) <= snap_m) return other
        }
      return -1
    }
    /** The link that a point stands on, and its end nearer to the point: what lies between counts as nothing. */
    const onLink = (n: number): { link: number; node: number } | undefined => {
      const at = elements.get(lineAt(node_lon[n]!, node_lat[n]!) ?? 0)
      if (at === undefined || at >= 0) return undefined
      const link = -1 - at
      const [a, b] = [from[link]!, to[link]!]
      const nearer = farM(a, node_lon[n]!, node_lat[n]!) <= farM(b, node_lon[n]!, node_lat[n]!) ? a : b
      return { link, node: nearer }
    }
    const standing = new Map<number, number>()
    const host = new Int32Array(nodes)
    for (let n = 0; n < nodes; n++) {
      host[n] = n
      const asset = node_asset[n]!
      if (joined(n) || asset === 0) continue
      let other = standsAt.get(asset) ?? nearJoined(n)
      elements.set(asset, other >= 0 ? other : n)
      if (other < 0 && node_role[n] !== "none") {
        const on = onLink(n)
        if (on) {
          standing.set(n, on.link)
          elements.set(asset, -1 - on.link)
          other = on.node
        }
      }
      if (other < 0 || other === n) {
        loose++
        continue
      }
      host[n] = other
      const list = attached.get(other)
      if (list) list.push(asset)
      else attached.set(other, [asset])
    }
    const valve_link: number[] = []
    const valve_node: number[] = []
    const valve_asset: number[] = []
    const valve_closed: number[] = []
    const valves = new Map<number, number>()
    const addValve = (asset: number, link: number, node: number, closed: boolean) => {
      valves.set(asset, valve_asset.length)
      valve_link.push(link)
      valve_node.push(node)
      valve_asset.push(asset)
      valve_closed.push(closed ? 1 : 0)
    }
    for (const { link, closed } of shut_links) addValve(link_asset[link]!, link, -1, closed)
    const sources: number[] = []
    const [customers, hydrants] = [new Int32Array(nodes), new Int32Array(nodes)]
    for (let n = 0; n < nodes; n++) {
      const at = host[n]!
      const role = node_role[n]!
      if (role === "valve") addValve(node_asset[n]!, standing.get(n) ?? -1, at, node_closed[n]!)
      if (role === "source" && !directed) sources.push(at)
      if (role === "consumer") customers[at]!++
      if (role === "hydrant") hydrants[at]!++
    }
    return {
      lifeline,
      directed,
      graph,
      segments: valveSegments(graph, { link: Int32Array.from(valve_link), node: Int32Array.from(valve_node) }),
      node_asset: Int32Array.from(node_asset),
      link_asset: Int32Array.from(link_asset),
      kinds: kinds.values,
      node_kind: Uint16Array.from(node_kind),
      link_kind: Uint16Array.from(link_kind),
      groups: groups.values,
      node_group: Uint32Array.from(node_group),
      link_group: Uint32Array.from(link_group),
      node_lon: Float64Array.from(node_lon),
      node_lat: Float64Array.from(node_lat),
      valve_asset: Int32Array.from(valve_asset),
      valve_closed: Uint8Array.from(valve_closed),
      sources: Int32Array.from(new Set(sources)),
      customers,
      hydrants,
      people: Float64Array.from(link_people),
      attached,
      elementOf(asset_id) {
        const at = elements.get(asset_id)
        if (at === undefined) return undefined
        return at >= 0 ? { kind: "node", index: at } : { kind: "link", index: -1 - at }
      },
      valveOf: (asset_id) => valves.get(asset_id),
      loose,
    }
  }
}

/** Numbers from 0 for values by key. */
function numbering<T>() {
  const numbers = new Map<string, number>()
  const values: T[] = []
  return {
    values: values as readonly T[],
    of(key: string, make: () => T): number {
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, values.length)
      return values.push(make()) - 1
    },
  }
}
