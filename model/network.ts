/** A hydraulic network as EPANET names its parts; ids are those of the file. Lengths m, diameters mm, flows m3/h. */
export type NetworkNode = {
  id: string
  kind: "junction" | "reservoir" | "tank"
  elevation_m: number
  base_demand_m3h: number
  x: number
  y: number
}
export type NetworkLink = {
  id: string
  kind: "pipe" | "pump" | "valve"
  from: string
  to: string
  length_m: number
  diameter_mm: number
  roughness: number
  /** Setting of a valve, its EPANET type in `valve_type`. */
  valve_type?: string
  setting?: number
  status: "open" | "closed" | "cv"
  vertices: [number, number][]
}
export type Network = { nodes: Map<string, NetworkNode>; links: Map<string, NetworkLink>; title: string }
