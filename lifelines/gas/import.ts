/** A GeoJSON FeatureCollection (+ companion with devices) → assets, devices and points of the gas lifeline. */
import type { Attributes, Geometry, LonLat } from "../../model/index.ts"
import type { ImportedCity, LifelineImport } from "../contract.ts"
import { assets as kinds } from "./assets.ts"
import { readDevices } from "./companion.ts"

type Say = (feature: number | null, field: string, value: unknown, zh: string, en: string) => void
type Json = Record<string, unknown>

const features_max = 200_000
const problems_max = 1_000
const vertices_max = 10_000
const known_crs = /CRS:?84|4326|4490/
const geometryOf = { point: "Point", line: "LineString", area: "Polygon" } as const

export const geojsonImport: LifelineImport = {
  extension: "geojson",
  name: { zh: "燃气管网 GeoJSON", en: "Gas network as GeoJSON" },
  read: (text, options) => readCity(text, options.companion),
}

/**
 * Each feature has the properties `kind`, `code`, `name` and `attributes` (an object; without it every other plain
 * property counts as an attribute). Coordinates are WGS 84 degrees, longitude first. Problems carry the feature's number
 * (counted from 1) in `line`; those with `blocks` must be corrected before the file can be taken.
 */
export function readCity(text: string, companion: unknown): ImportedCity {
  const city: ImportedCity = { assets: [], devices: [], areas: [], schematic: false, problems: [] }
  const say: Say = (line, field, value, zh, en) => {
    if (city.problems.length >= problems_max) return
    city.problems.push({ line, field, value: shown(value), words: { zh, en }, blocks: true })
  }
  const features = featuresOf(text, say)
  const codes = new Map<string, number>()
  features.forEach((feature, index) => {
    const asset = readFeature(feature, index + 1, say)
    if (!asset) return
    const first = codes.get(asset.code)
    if (first !== undefined) {
      const n = index + 1
      say(
        n,
        "code",
        asset.code,
        `第 ${n} 个要素的编号 ${asset.code} 与第 ${first} 个重复，请改正`,
        `Feature ${n} has the code ${asset.code} of feature ${first}; give each its own`,
      )
      return
    }
    codes.set(asset.code, index + 1)
    city.assets.push(asset)
  })
  city.devices = readDevices(companion, codes, (field, value, zh, en) => say(null, field, value, zh, en))
  return city
}

function featuresOf(text: string, say: Say): unknown[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    say(null, "file", text.slice(0, 40), `文件不是有效的 JSON：${why}`, `The file is not JSON: ${why}`)
    return []
  }
  if (!isRecord(parsed) || parsed.type !== "FeatureCollection" || !Array.isArray(parsed.features)) {
    const type = isRecord(parsed) ? parsed.type : typeof parsed
    say(
      null,
      "type",
      type,
      "文件应为 GeoJSON FeatureCollection，含 features 列表",
      "The file must be a GeoJSON FeatureCollection with a list of features",
    )
    return []
  }
  const crs = isRecord(parsed.crs) && isRecord(parsed.crs.properties) ? parsed.crs.properties.name : undefined
  if (crs !== undefined && !known_crs.test(String(crs))) {
    say(
      null,
      "crs",
      crs,
      `坐标系 ${shown(crs)} 不是 WGS 84 或 CGCS2000 经纬度，请先转换`,
      `The coordinate system ${shown(crs)} is not WGS 84 or CGCS2000 in degrees; convert the file first`,
    )
    return []
  }
  if (parsed.features.length > features_max) {
    say(
      null,
      "features",
      parsed.features.length,
      `要素多于 ${features_max} 个，请分成几个文件`,
      `More than ${features_max} features; split the file`,
    )
    return []
  }
  if (parsed.features.length === 0)
    say(null, "features", "[]", "文件中没有要素，请检查导出", "The file has no features; check its export")
  return parsed.features
}

function readFeature(feature: unknown, n: number, say: Say): ImportedCity["assets"][number] | null {
  if (!isRecord(feature) || feature.type !== "Feature" || !isRecord(feature.properties)) {
    say(n, "type", feature, `第 ${n} 项不是带 properties 的 Feature`, `Item ${n} is not a Feature with properties`)
    return null
  }
  const { kind, code, name } = feature.properties
  const known = kinds.find((k) => k.kind === kind)
  if (!known) {
    const names = kinds.map((k) => k.kind).join(", ")
    say(
      n,
      "kind",
      kind,
      `第 ${n} 个要素的 kind「${shown(kind)}」未知，可用：${names}`,
      `Feature ${n} has the unknown kind "${shown(kind)}"; use one of ${names}`,
    )
    return null
  }
  const id = typeof code === "number" ? String(code) : code
  if (typeof id !== "string" || id.trim() === "" || id.length > 100) {
    say(
      n,
      "code",
      code,
      `第 ${n} 个要素缺少编号 code（至多 100 个字符）`,
      `Feature ${n} has no code (at most 100 characters)`,
    )
    return null
  }
  const geometry = readGeometry(feature.geometry, geometryOf[known.geometry], n, say)
  if (!geometry) return null
  return {
    kind: known.kind,
    source_id: id.trim(),
    code: id.trim(),
    name: typeof name === "string" && name.trim() !== "" ? name.trim() : null,
    geometry,
    attributes: readAttributes(feature.properties, n, say),
    original: { feature: n, ...(feature.id === undefined ? {} : { id: feature.id }) },
  }
}

function readAttributes(properties: Json, n: number, say: Say): Attributes {
  const { kind: _kind, code: _code, name: _name, attributes, ...others } = properties
  if (attributes !== undefined && !isRecord(attributes)) {
    say(
      n,
      "attributes",
      attributes,
      `第 ${n} 个要素的 attributes 应为对象`,
      `attributes of feature ${n} must be an object`,
    )
    return {}
  }
  const read: Attributes = {}
  for (const [key, value] of Object.entries(attributes ?? others)) {
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) read[key] = value as string
    else
      say(
        n,
        `attributes.${key}`,
        value,
        `第 ${n} 个要素的 ${key} 应为文本、数字或真假`,
        `${key} of feature ${n} must be a text, a number, true or false`,
      )
  }
  return read
}

function readGeometry(raw: unknown, wanted: Geometry["type"], n: number, say: Say): Geometry | null {
  const given = isRecord(raw) ? raw : {}
  // A multi-part geometry with one part is that part; many exporters write lines so.
  const parts = given.type === `Multi${wanted}` && Array.isArray(given.coordinates) ? given.coordinates : null
  const type = parts?.length === 1 ? wanted : given.type
  const coordinates: unknown = parts?.length === 1 ? parts[0] : given.coordinates
  if (type !== wanted) {
    say(
      n,
      "geometry.type",
      given.type,
      `第 ${n} 个要素应为 ${wanted}，实为 ${shown(given.type ?? null)}`,
      `Feature ${n} must be a ${wanted}, it is ${shown(given.type ?? null)}`,
    )
    return null
  }
  const rings: unknown = wanted === "Point" ? [[coordinates]] : wanted === "LineString" ? [coordinates] : coordinates
  const shortest = { Point: 1, LineString: 2, Polygon: 4 }[wanted]
  const fits = (ring: unknown): ring is unknown[] =>
    Array.isArray(ring) && ring.length >= shortest && ring.length <= vertices_max
  if (!Array.isArray(rings) || rings.length === 0 || !rings.every(fits)) {
    say(
      n,
      "geometry.coordinates",
      coordinates,
      `第 ${n} 个要素的坐标应有 ${shortest} 至 ${vertices_max} 个点`,
      `Feature ${n} needs ${shortest} to ${vertices_max} positions`,
    )
    return null
  }
  const wrong = rings.flat().find((position) => !isPosition(position))
  if (wrong !== undefined || rings.flat().includes(undefined)) {
    say(
      n,
      "geometry.coordinates",
      wrong,
      `第 ${n} 个要素的坐标 ${shown(wrong)} 不是 WGS 84 经度、纬度（度），请检查坐标系和先后次序`,
      `Position ${shown(wrong)} of feature ${n} is not longitude, latitude in WGS 84 degrees; check the system and the order`,
    )
    return null
  }
  const lines = rings.map((ring: unknown[]) => ring.map((p) => [(p as LonLat)[0], (p as LonLat)[1]] as LonLat))
  if (wanted === "Point") return { type: "Point", coordinates: lines[0]![0]! }
  return wanted === "LineString" ? { type: wanted, coordinates: lines[0]! } : { type: "Polygon", coordinates: lines }
}

const isPosition = (p: unknown): boolean =>
  Array.isArray(p) &&
  Number.isFinite(p[0]) &&
  Number.isFinite(p[1]) &&
  Math.abs(p[0] as number) <= 180 &&
  Math.abs(p[1] as number) <= 85
const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)
const shown = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))).slice(0, 80)
