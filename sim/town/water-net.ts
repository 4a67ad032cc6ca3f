/** What a water network is made of while it is designed. */
import type { Words } from "../../model/index.ts"
import { lineLength, type P } from "./geometry.ts"
import type { LaidPipe } from "./layout.ts"
import type { Plan, StreetClass } from "./streets.ts"

export type WaterNode = {
  id: string
  kind: "junction" | "tank" | "reservoir"
  at: P
  elevation_m: number
  demand_m3h: number
  pattern: "RES" | "COM" | "IND"
  area: string
  people: number
  name: Words | null
  /** Place in the street graph, −1 for nodes off it. */
  graph: number
}
export type WaterLink = {
  id: string
  kind: "pipe" | "pump"
  from: number
  to: number
  line: P[]
  length_m: number
  diameter_mm: number
  roughness: number
  material: string
  year: number
  breaks: number
  people: number
  name: string
  class: StreetClass | "trunk" | "service"
}
export type WaterNet = {
  nodes: WaterNode[]
  links: WaterLink[]
  /** Links with a flow meter, each with the area behind it; +1 counts into that area. */
  meters: { link: number; into: string; from: string; name: Words }[]
  customers: number[]
  pump_design: { flow_m3h: number; head_m: number }
}

export const waterAreas: { key: string; name: Words }[] = [
  { key: "trunk", name: { zh: "输水干管", en: "Trunk mains" } },
  { key: "west", name: { zh: "老城计量区", en: "Old Town area" } },
  { key: "east", name: { zh: "新城计量区", en: "New Town area" } },
  { key: "south", name: { zh: "江南计量区", en: "Jiangnan area" } },
]

export const mean_demand_m3h = 900
/** Adds a junction at a place of the ground (and of the chart) to an area; returns its index. */
export type AddNode = (at: P, chart: P, area: string, graph: number) => number

/** A pipe of the network from a laid one; size, material and age come later. */
export function pipeOf(plan: Plan, p: LaidPipe, from: number, to: number, cls: WaterLink["class"]): WaterLink {
  const name = plan.streets[p.street]?.name?.zh ?? "支巷"
  return {
    id: "",
    kind: "pipe",
    from,
    to,
    line: p.line,
    length_m: p.length_m,
    diameter_mm: 100,
    roughness: 130,
    material: "DI",
    year: 2005,
    breaks: 0,
    people: 0,
    name,
    class: cls,
  }
}

/** A straight pipe between two nodes. */
export function straight(net: WaterNet, from: number, to: number, name: string, cls: WaterLink["class"]): WaterLink {
  const line = [net.nodes[from]!.at, net.nodes[to]!.at]
  return {
    id: "",
    kind: "pipe",
    from,
    to,
    line,
    length_m: Math.max(4, lineLength(line)),
    diameter_mm: 200,
    roughness: 130,
    material: "DI",
    year: 2008,
    breaks: 0,
    people: 0,
    name,
    class: cls,
  }
}
