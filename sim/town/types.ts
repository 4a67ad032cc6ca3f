/** What an invented town is: base map, streets, water and gas networks, organisations, people, devices. */
import type { AttributeValue, Geometry, LonLat, Role, Words } from "../../model/index.ts"

/** GeoJSON feature in WGS 84. Words appear only in `name` of labels. */
export type TownFeature = {
  type: "Feature"
  geometry: Geometry
  properties: Record<string, AttributeValue | Words>
}
export type TownLayer = { type: "FeatureCollection"; features: TownFeature[] }

/** Layers of the base map, from the ground up. */
export const basemapLayers = [
  "land",
  "landuse",
  "furrow",
  "water",
  "road",
  "rail",
  "building",
  "tree",
  "label",
] as const
export type BasemapLayer = (typeof basemapLayers)[number]

export type RoadClass = "a" | "b" | "c" | "lane" | "alley"

/** A named street with the centre lines of its parts. */
export type TownStreet = { id: number; name: Words; class: RoadClass; lines: LonLat[][] }
/** A crossing of two named streets. */
export type TownCrossing = { lon_lat: LonLat; streets: [number, number] }
export type TownDistrict = { code: string; name: Words; polygon: LonLat[] }

type Instrument = { id: string; name: string }
/** Companion of the INP: which nodes and links carry instruments. */
export type WaterCompanion = {
  schematic: false
  pressure_sensors: Instrument[]
  flow_sensors: Instrument[]
  level_sensors: Instrument[]
  amrs: Instrument[]
  interval_s: { pressure_sensors: number; flow_sensors: number; level_sensors: number; amrs: number }
}

/** A metered area as laid out; cutting the network at its meters gives the same nodes. */
export type WaterArea = {
  key: string
  name: Words
  nodes: string[]
  meters: { link: string; sign: 1 | -1 }[]
  tanks: string[]
}

export type TownWater = {
  /** EPANET 2.2 text: CMH, H-W, 24 h of patterns; coordinates in metres around the town's origin. */
  inp: string
  companion: WaterCompanion
  areas: WaterArea[]
  /** Demand over the 24 hours of a local day by kind of user, mean about 1; the same as in the INP. */
  patterns: Record<"RES" | "COM" | "IND", number[]>
  /** Where each node and link lies. */
  places: Map<string, LonLat>
}

export type MethaneWell = {
  code: string
  name: string
  well_class: "power" | "telecom" | "sewage" | "rain"
  lon_lat: LonLat
  /** Distance to the nearest gas main, m. */
  gas_m: number
}

export type TownGas = {
  /** A GeoJSON FeatureCollection: pipes, valves, regulators, the gate station and wells of adjacent spaces. */
  geojson: string
  /** Wells that carry a methane monitor. */
  monitored: MethaneWell[]
}

export type TownDevice = {
  code: string
  name: string
  lifeline: string
  kind: string
  asset_code: string
  points: { indicator: string; unit: string; interval_ms: number; value_kind: "instant" }[]
}

export type TownOrganisation = { code: string; name: Words; kind: "centre" | "owner" | "regulator" | "maintainer" }
export type TownPerson = {
  login: string
  /** A role's name, never a person's. */
  name: string
  role: Role
  organisation: string
  lifelines: "all" | string[]
}

export type Town = {
  seed: number
  name: Words
  river: Words
  /** Longitude and latitude of local (0, 0), which is also the middle of the box around the water network's nodes. */
  origin: LonLat
  /** West, south, east, north in degrees. */
  bounds: [number, number, number, number]
  /** The built-up core, for the first view. */
  core: [number, number, number, number]
  basemap: Record<BasemapLayer, TownLayer>
  streets: TownStreet[]
  crossings: TownCrossing[]
  districts: TownDistrict[]
  water: TownWater
  gas: TownGas
  organisations: TownOrganisation[]
  people: TownPerson[]
  devices: TownDevice[]
}
