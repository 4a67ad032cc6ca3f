/** Checks an import against what its lifeline declares: pure, before anything is written. */
import type { ImportedCity, Lifeline } from "../../lifelines/contract.ts"
import {
  type AssetKind,
  type AttributeDeclaration,
  type AttributeValue,
  conversion,
  type Problem,
  problem,
  survey_attributes,
} from "../../model/index.ts"
import { positionsOf } from "./geometry.ts"

export type ImportProblem = ImportedCity["problems"][number]
type Say = (field: string, value: unknown, zh: string, en: string, blocks?: boolean) => void

const problems_max = 1_000
const geometryOf = { point: "Point", line: "LineString", area: "Polygon" } as const

/** The file's own problems and ours; those with `blocks` forbid the import. At most 1,000 are kept, blocking ones first. */
export function checkImport(lifeline: Lifeline, city: ImportedCity): ImportProblem[] {
  const problems: ImportProblem[] = []
  const seen = new Set<string>()
  const say: Say = (field, value, zh, en, blocks = true) => {
    problems.push({ line: null, field, value: String(value).slice(0, 80), words: { zh, en }, blocks })
  }
  // An empty file would end everything that its source ever brought.
  if (city.assets.length === 0 && !city.problems.some((p) => p.blocks))
    say("assets", 0, "文件中没有任何设施，请检查文件", "The file holds no assets; check it")
  const kinds = new Map(lifeline.assets.map((kind) => [kind.kind, kind]))
  for (const asset of city.assets) {
    const at = asset.code
    const kind = kinds.get(asset.kind)
    if (!kind) {
      say("kind", asset.kind, `${at}：未知的种类 ${asset.kind}`, `${at}: unknown kind ${asset.kind}`)
      continue
    }
    if (seen.has(`s:${asset.source_id}`) || seen.has(`c:${at}`))
      say("code", at, `编号 ${at} 出现两次，请改正`, `The code ${at} stands twice; correct one`)
    seen.add(`s:${asset.source_id}`)
    seen.add(`c:${at}`)
    if (asset.geometry.type !== geometryOf[kind.geometry])
      say(
        "geometry",
        asset.geometry.type,
        `${at}：几何应为 ${geometryOf[kind.geometry]}`,
        `${at}: geometry must be ${geometryOf[kind.geometry]}`,
      )
    const off = positionsOf(asset.geometry).find(
      ([lon, lat]) => !(lon >= -180 && lon <= 180 && lat >= -85 && lat <= 85),
    )
    if (off || positionsOf(asset.geometry).length === 0)
      say(
        "geometry",
        off,
        `${at}：坐标 ${off} 不在 WGS 84 经纬度范围内`,
        `${at}: ${off} is not within WGS 84 longitude and latitude`,
      )
    for (const declared of kind.attributes) checkAttribute(at, declared, asset.attributes[declared.id] ?? null, say)
  }
  checkUndeclared(city, kinds, say)
  checkDevices(lifeline, city, seen, say)
  return [...city.problems, ...problems].sort((a, b) => Number(b.blocks) - Number(a.blocks)).slice(0, problems_max)
}

/** The first blocking problem as one sentence that says how many more there are, or null. */
export function blockingProblem(problems: readonly ImportProblem[], file_name: string): Problem | null {
  const blocking = problems.filter((p) => p.blocks)
  const first = blocking[0]
  if (!first) return null
  const more = blocking.length - 1
  const at = {
    zh: first.line === null ? "" : `第 ${first.line} 行，`,
    en: first.line === null ? "" : `line ${first.line}, `,
  }
  return problem(
    "import-refused",
    422,
    `${file_name} 未导入：${at.zh}${first.words.zh}${more > 0 ? `（另有 ${more} 个问题）` : ""}`,
    `${file_name} is not imported: ${at.en}${first.words.en}${more > 0 ? ` (and ${more} more)` : ""}`,
    { field: first.field, value: first.value },
  )
}

function checkAttribute(at: string, declared: AttributeDeclaration, value: AttributeValue, say: Say): void {
  const { id, name, type } = declared
  if (value === null) {
    if (declared.required) say(id, "", `${at}：缺少${name.zh}（${id}）`, `${at}: ${name.en} (${id}) is missing`)
    return
  }
  const number = type === "number" || type === "integer"
  const fits = number
    ? typeof value === "number" && Number.isFinite(value) && (type === "number" || Number.isInteger(value))
    : typeof value === (type === "boolean" ? "boolean" : "string")
  if (!fits) {
    say(id, value, `${at}：${name.zh}「${value}」应为 ${type}`, `${at}: ${name.en} "${value}" must be a ${type}`)
    return
  }
  if (typeof value === "number" && (value < (declared.min ?? -Infinity) || value > (declared.max ?? Infinity))) {
    const range = `${declared.min ?? "−∞"} … ${declared.max ?? "∞"}`
    say(
      id,
      value,
      `${at}：${name.zh} ${value} 超出 ${range}，已照录，请核实`,
      `${at}: ${name.en} ${value} is outside ${range}; kept as it is, please check`,
      false,
    )
  }
  if (type === "choice" && !declared.choices?.some((choice) => choice.value === value))
    say(
      id,
      value,
      `${at}：${name.zh}「${value}」不在选项中，已照录`,
      `${at}: ${name.en} "${value}" is none of the choices; kept as it is`,
      false,
    )
}

/** Attributes nobody declared are kept; each is said once, with how often it came. */
function checkUndeclared(city: ImportedCity, kinds: Map<string, AssetKind>, say: Say): void {
  const count = new Map<string, number>()
  for (const asset of city.assets) {
    const declared = new Set(kinds.get(asset.kind)?.attributes.map((a) => a.id))
    for (const id of Object.keys(asset.attributes))
      if (id !== "owner" && !declared.has(id) && !survey_attributes.has(id))
        count.set(`${asset.kind}.${id}`, (count.get(`${asset.kind}.${id}`) ?? 0) + 1)
  }
  for (const [field, n] of count)
    say(
      field,
      n,
      `未声明的属性 ${field}（${n} 处），已照录`,
      `Undeclared attribute ${field} (${n} times), kept as it is`,
      false,
    )
}

function checkDevices(lifeline: Lifeline, city: ImportedCity, seen: Set<string>, say: Say): void {
  const indicators = new Map(lifeline.indicators.map((i) => [i.id, i]))
  for (const device of city.devices) {
    if (device.asset_code !== null && !seen.has(`c:${device.asset_code}`))
      say(
        "asset_code",
        device.asset_code,
        `设备 ${device.code} 所在的 ${device.asset_code} 不存在`,
        `Device ${device.code} stands at ${device.asset_code}, which is not there`,
      )
    for (const point of device.points) {
      const indicator = indicators.get(point.indicator)
      const converted = indicator && conversion(indicator.dimension, point.unit, indicator.unit)
      if (!indicator || !converted?.ok)
        say(
          indicator ? "unit" : "indicator",
          indicator ? point.unit : point.indicator,
          `设备 ${device.code} 的测点 ${point.indicator}（${point.unit}）未声明或单位不能换算`,
          `Point ${point.indicator} (${point.unit}) of device ${device.code} is not declared, or its unit cannot be converted`,
        )
    }
  }
  const devices = new Set(city.devices.map((device) => device.code))
  for (const area of city.areas)
    for (const { device_code } of [...area.meters, ...area.tanks])
      if (!devices.has(device_code))
        say(
          "device_code",
          device_code,
          `计量区 ${area.code} 所用设备 ${device_code} 不存在`,
          `Area ${area.code} uses the device ${device_code}, which is not there`,
        )
}
