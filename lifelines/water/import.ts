/** EPANET network file (+ sensors.json) → assets, devices, points and metered areas of the water lifeline. */
import type { Attributes, Geometry, LonLat, NetworkLink, NetworkNode } from "../../model/index.ts"
import type { ImportedCity, LifelineImport } from "../contract.ts"
import { meteredAreas } from "./areas.ts"
import { readCompanion } from "./companion.ts"
import { type InpFile, readInp } from "./inp.ts"
import { writeInp } from "./inp-write.ts"
import { placing } from "./placing.ts"

const hour_s = 3600

/** Instruments by list of the companion: device code prefix, what stands at a node or a link, and the point it makes. */
const instruments = {
  pressure_sensors: {
    prefix: "pressure",
    at: "node",
    kind: "pressure_sensor",
    indicator: "pressure_m",
    unit: "m",
    label: "压力",
  },
  flow_sensors: { prefix: "flow", at: "link", kind: "flow_meter", indicator: "flow_m3h", unit: "m3/h", label: "流量" },
  level_sensors: { prefix: "level", at: "node", kind: "level_sensor", indicator: "level_m", unit: "m", label: "水位" },
  amrs: { prefix: "meter", at: "node", kind: "customer_meter", indicator: "demand_m3h", unit: "m3/h", label: "水表" },
} as const

export const inpImport: LifelineImport = {
  extension: "inp",
  name: { zh: "EPANET 管网文件", en: "EPANET network file" },
  read: (text, options) => readCity(text, options),
  write: (original, assets) => writeInp(original, assets),
}

/**
 * Reads the network in `text`. Local coordinates are metres (feet where [BACKDROP] says so) laid out around `origin`;
 * files in degrees need no origin. Asset codes are the file's ids; where a link has the id of a node its code gets its
 * kind in front. A problem with `blocks` means that the file must be corrected before it can be taken.
 */
export function readCity(text: string, options: { companion: unknown; origin: LonLat | null }): ImportedCity {
  const file = readInp(text)
  const { network, problems } = file
  const companion = readCompanion(options.companion, problems)
  const geographic = file.map_units === "degrees"
  if (!geographic && !options.origin)
    problems.push({
      line: null,
      field: "origin",
      value: "",
      words: {
        zh: "文件坐标是局部坐标，请用 --origin 经度,纬度 指定管网中心在地球上的位置",
        en: "The file has local coordinates; say where the middle of the network lies with --origin lon,lat",
      },
      blocks: true,
    })
  const place = geographic
    ? (x: number, y: number): LonLat => [x, y]
    : placing([...network.nodes.values()], options.origin ?? [0, 0], file.map_units === "feet" ? 0.3048 : 1)

  const linkCode = (link: NetworkLink): string => (network.nodes.has(link.id) ? `${link.kind}-${link.id}` : link.id)
  const assets: ImportedCity["assets"] = []
  for (const node of network.nodes.values()) assets.push(nodeAsset(file, node, place))
  for (const link of network.links.values()) assets.push(linkAsset(file, link, linkCode(link), place))

  const devices: ImportedCity["devices"] = []
  for (const [list, made] of Object.entries(instruments) as [
    keyof typeof instruments,
    (typeof instruments)[keyof typeof instruments],
  ][])
    for (const { id, name, interval_s } of companion[list]) {
      const link = network.links.get(id)
      const known = made.at === "link" ? link !== undefined : network.nodes.has(id)
      if (!known) {
        problems.push({
          line: null,
          field: list,
          value: id,
          words: {
            zh: `仪表清单 ${list} 中的 ${id} 不在管网文件中，请改正编号`,
            en: `${id} in ${list} is not in the network file; correct the id`,
          },
          blocks: true,
        })
        continue
      }
      const customer = list === "amrs"
      devices.push({
        code: `${made.prefix}-${id}`,
        name: name ?? `${made.label} ${id}`,
        kind: made.kind,
        asset_code: made.at === "link" ? linkCode(link!) : id,
        points: [
          {
            indicator: made.indicator,
            unit: made.unit,
            interval_ms: (interval_s || hour_s) * 1000,
            value_kind: customer ? "interval_mean" : "instant",
          },
        ],
      })
    }

  const metered = new Set(companion.flow_sensors.filter((f) => network.links.has(f.id)).map((f) => f.id))
  const levels = new Set(companion.level_sensors.map((l) => l.id))
  const areas = meteredAreas(network, metered, file.controlled).map((area, index): ImportedCity["areas"][number] => ({
    code: `DMA-${index + 1}`,
    name: `计量区 ${index + 1}`,
    meters: area.meters.map(({ link, sign }) => ({ device_code: `flow-${link}`, indicator: "flow_m3h", sign })),
    tanks: area.nodes
      .filter((id) => levels.has(id) && file.tanks.has(id))
      .map((id) => ({
        device_code: `level-${id}`,
        indicator: "level_m",
        area_m2: groundArea(file.tanks.get(id)!.diameter_m),
      })),
    asset_codes: [...area.nodes, ...area.links.map((id) => linkCode(network.links.get(id)!))],
    pipe_length_m: Math.round(area.pipe_length_m * 10) / 10,
  }))
  return { assets, devices, areas, schematic: companion.schematic ?? !geographic, problems }
}

const groundArea = (diameter_m: number): number => Math.round((Math.PI / 4) * diameter_m ** 2 * 100) / 100

function nodeAsset(
  file: InpFile,
  node: NetworkNode,
  place: (x: number, y: number) => LonLat,
): ImportedCity["assets"][number] {
  const tags = file.tags.get(`node:${node.id}`) ?? {}
  const attributes: Attributes = { elevation_m: round(node.elevation_m) }
  if (node.kind === "junction") attributes.base_demand_m3h = round(node.base_demand_m3h)
  if (node.kind === "reservoir") {
    attributes.head_m = round(node.elevation_m)
    delete attributes.elevation_m
  }
  const tank = file.tanks.get(node.id)
  if (tank) {
    const { diameter_m, level_initial_m, level_max_m, level_min_m } = tank
    Object.assign(attributes, {
      level_min_m,
      level_max_m,
      level_initial_m,
      diameter_m,
      area_m2: groundArea(diameter_m),
    })
  }
  return {
    kind: node.kind,
    source_id: node.id,
    code: node.id,
    name: tags.name ?? null,
    geometry: { type: "Point", coordinates: place(node.x, node.y) },
    attributes,
    original: { ...file.lines.get(`node:${node.id}`), coordinates: [node.x, node.y] },
  }
}

function linkAsset(
  file: InpFile,
  link: NetworkLink,
  code: string,
  place: (x: number, y: number) => LonLat,
): ImportedCity["assets"][number] {
  const tags = file.tags.get(`link:${link.id}`) ?? {}
  const from = file.network.nodes.get(link.from)!
  const to = file.network.nodes.get(link.to)!
  const line: [number, number][] = [[from.x, from.y], ...link.vertices, [to.x, to.y]]
  const attributes: Attributes = { from_node: link.from, to_node: link.to, status: link.status }
  if (link.kind !== "pump") attributes.diameter_mm = round(link.diameter_mm)
  if (link.kind === "valve")
    Object.assign(attributes, { valve_type: link.valve_type ?? null, setting: link.setting ?? null })
  if (link.kind === "pipe")
    Object.assign(attributes, {
      length_m: round(link.length_m),
      roughness: round(link.roughness),
      material: tags.material ?? null,
      installed_year: tagNumber(file, link.id, tags, "year"),
      breaks: tagNumber(file, link.id, tags, "breaks"),
      people_served: tagNumber(file, link.id, tags, "people"),
      pressure_m: tagNumber(file, link.id, tags, "pressure"),
    })
  const middle: [number, number] = [(from.x + to.x) / 2, (from.y + to.y) / 2]
  const geometry: Geometry =
    link.kind === "pipe"
      ? { type: "LineString", coordinates: line.map(([x, y]) => place(x, y)) }
      : { type: "Point", coordinates: place(...middle) }
  return {
    kind: link.kind,
    source_id: code,
    code,
    name: tags.name ?? null,
    geometry,
    attributes,
    original: { ...file.lines.get(`link:${link.id}`), coordinates: line },
  }
}

function tagNumber(file: InpFile, id: string, tags: Record<string, string>, key: string): number | null {
  const raw = tags[key]
  if (raw === undefined) return null
  const value = Number(raw)
  if (Number.isFinite(value) && value >= 0) return value
  file.problems.push({
    line: file.lines.get(`link:${id}`)?.line ?? null,
    field: key,
    value: raw.slice(0, 80),
    words: { zh: `${id} 的 ${key} 应为数字，请改正`, en: `${key} of ${id} must be a number of 0 or more; correct it` },
    blocks: true,
  })
  return null
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4
