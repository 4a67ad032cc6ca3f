import { describe, expect, it } from "vitest"
import { isolate } from "../../../science/index.ts"
import { flowDirection } from "./direction.ts"
import { type NetworkRole, type NetworkRow, networkBuilder, roleOf } from "./index.ts"

const roles = new Map<string, NetworkRole>([
  ["valve", "valve"],
  ["tank", "source"],
  ["meter", "consumer"],
])
const none = {
  code: null,
  line: false,
  end_lon: 0,
  end_lat: 0,
  from_node: null,
  to_node: null,
  node: null,
  length_m: null,
  status: null,
  flow_direction: null,
  from_elevation_m: null,
  to_elevation_m: null,
  people_served: null,
  owner_id: null,
  area_ids: [],
}
const deg = 1e-5
const point = (id: number, kind: string, x: number, more: Partial<NetworkRow> = {}): NetworkRow => ({
  ...none,
  id,
  kind,
  code: `P${id}`,
  lon: x * deg,
  lat: 0,
  ...more,
})
const line = (id: number, from: number, to: number, more: Partial<NetworkRow> = {}): NetworkRow => ({
  ...none,
  id,
  kind: "pipe",
  code: `L${id}`,
  line: true,
  lon: from * deg,
  lat: 0,
  end_lon: to * deg,
  end_lat: 0,
  ...more,
})
const built = (rows: NetworkRow[], directed = false) => {
  const builder = networkBuilder("any", directed, roles)
  for (const row of rows) builder.add(row)
  return builder.finish()
}

describe("network of a lifeline", () => {
  it("joins lines by the names of their ends, and by place within a centimetre where there are none", () => {
    const snap = 0.5e-7 // About half a centimetre.
    const network = built([
      point(1, "tank", 0),
      point(2, "node", 10),
      line(11, 0, 10.3, { from_node: "P1", to_node: "P2" }),
      line(12, 10, 20),
      { ...line(13, 20, 30), lon: 20 * deg + snap },
      { ...line(14, 30, 40), lon: 30 * deg + 4 * snap },
    ])
    expect([...network.graph.from]).toEqual([0, 1, 2, 4])
    expect([...network.graph.to]).toEqual([1, 2, 3, 5])
    expect(network.elementOf(12)).toEqual({ kind: "link", index: 1 })
    expect(network.loose).toBe(0)
  })
  it("takes the nearest of several points of one name", () => {
    const network = built([
      point(1, "node", 0, { code: "A" }),
      point(2, "node", 500, { code: "A" }),
      point(3, "node", 510),
      line(11, 500, 510, { from_node: "A", to_node: "P3" }),
    ])
    expect(network.graph.from[0]).toBe(1)
  })
  it("takes points that join two nodes as links, wherever they stand in the file", () => {
    const network = built([
      point(9, "valve", 5, { from_node: "P1", to_node: "P2", status: "closed" }),
      point(1, "tank", 0),
      point(2, "node", 10),
    ])
    expect(network.elementOf(9)).toEqual({ kind: "link", index: 0 })
    expect([network.graph.from[0], network.graph.to[0]]).toEqual([0, 1])
    expect([...network.valve_closed]).toEqual([1])
  })
  it("hangs points that no line names on the node at their place, or on the node they name", () => {
    const network = built([
      point(1, "node", 0),
      point(2, "node", 10),
      point(3, "valve", 10),
      point(4, "meter", 77, { node: "P1" }),
      point(5, "meter", 99),
      line(11, 0, 10, { from_node: "P1", to_node: "P2" }),
    ])
    expect(network.attached).toEqual(
      new Map([
        [1, [3]],
        [0, [4]],
      ]),
    )
    expect(network.valveOf(3)).toBe(0)
    // The loose meter counts at its own node, which nothing reaches.
    expect([...network.customers]).toEqual([1, 0, 0, 0, 1])
    expect(network.loose).toBe(1)
  })
  it("places a valve that stands on a line at its nearer end", () => {
    const builder = networkBuilder("any", false, roles)
    const rows = [point(1, "tank", 0), point(2, "node", 100), point(3, "valve", 91), point(4, "node", 50)]
    for (const row of [...rows, line(11, 0, 100), line(12, 100, 200)]) builder.add(row)
    const network = builder.finish((lon) => (lon > 0 && lon < 100 * deg ? 11 : undefined))
    expect(network.elementOf(3)).toEqual({ kind: "link", index: 0 })
    expect(network.loose).toBe(1)
    const isolated = isolate(network.segments, network.elementOf(12)!, { sources: network.sources })
    expect([...isolated.close].map((v) => network.valve_asset[v])).toEqual([3])
    expect([...isolated.isolated.links].map((l) => network.link_asset[l])).toEqual([12])
  })
  it("isolates a pipe between valves, past one that fails", () => {
    // tank 1 - valve 2 - pipe - valve 3 - pipe - valve 4 - pipe - end 5
    const network = built([
      point(1, "tank", 0),
      point(2, "valve", 10),
      point(3, "valve", 20),
      point(4, "valve", 30),
      point(5, "node", 40),
      ...[0, 10, 20, 30].map((x, i) => line(11 + i, x, x + 10)),
    ])
    const valves = (list: Int32Array) => [...list].map((v) => network.valve_asset[v])
    const sources = network.sources
    const first = isolate(network.segments, network.elementOf(13)!, { sources })
    expect(valves(first.close)).toEqual([3, 4])
    expect([...first.cut_off.links].map((l) => network.link_asset[l])).toEqual([14])
    const next = isolate(network.segments, network.elementOf(13)!, { sources, failed: [network.valveOf(3)!] })
    expect(valves(next.close)).toEqual([2, 4])
  })
})

describe("direction of flow", () => {
  it("follows measured inverts, then the word of the survey", () => {
    expect(flowDirection(10, 9.9, "1")).toBe(1)
    expect(flowDirection(9.9, 10, null)).toBe(-1)
    expect(flowDirection(10, 10, "-")).toBe(-1)
    expect(flowDirection(null, 10, "0")).toBe(1)
    expect(flowDirection(null, 10, "?")).toBe(0)
  })
})

it("reads the role of a kind off its symbol", () => {
  const role = (symbol: string) => roleOf({ symbol })
  expect(
    ["water-valve", "valve", "gas-gate-station", "water-source", "tank", "water-meter", "water-hydrant"].map(role),
  ).toEqual(["valve", "valve", "source", "source", "source", "consumer", "hydrant"])
  expect(role("water-pipe")).toBe("none")
})
