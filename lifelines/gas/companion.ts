/** Reads the companion of a gas network: which instruments stand where, and how often they say a value. */
import type { ImportedCity } from "../contract.ts"
import { indicators } from "./indicators.ts"

type Device = ImportedCity["devices"][number]
type Point = Device["points"][number]
type Say = (field: string, value: unknown, zh: string, en: string) => void
const value_kinds = ["instant", "interval_mean", "interval_total"] as const
const devices_max = 100_000
const points_max = 50
const interval_ms_max = 86_400_000

/**
 * Accepts `{ devices: [{ code, name, kind, asset_code, points: [{ indicator, unit, interval_ms, value_kind }] }] }`.
 * `codes` are the asset codes of the network; asset_code may be null for a device that stands at no asset.
 */
export function readDevices(companion: unknown, codes: ReadonlyMap<string, number>, say: Say): Device[] {
  if (companion === null || companion === undefined) return []
  const list = isRecord(companion) ? companion.devices : undefined
  if (!Array.isArray(list) || list.length > devices_max) {
    say(
      "companion.devices",
      list,
      `仪表清单应为 {"devices": […]}，至多 ${devices_max} 台`,
      `The companion must be {"devices": […]} with at most ${devices_max} devices`,
    )
    return []
  }
  const devices: Device[] = []
  const seen = new Set<string>()
  list.forEach((raw: unknown, index) => {
    const at = `devices[${index}]`
    const device = readDevice(raw, at, codes, say)
    if (!device) return
    if (seen.has(device.code)) {
      say(
        `${at}.code`,
        device.code,
        `设备编号 ${device.code} 出现两次，请改正`,
        `The device code ${device.code} stands twice; correct one`,
      )
      return
    }
    seen.add(device.code)
    devices.push(device)
  })
  return devices
}

function readDevice(raw: unknown, at: string, codes: ReadonlyMap<string, number>, say: Say): Device | null {
  if (!isRecord(raw) || typeof raw.code !== "string" || !/^[^\s/+#]{1,100}$/.test(raw.code)) {
    const code = isRecord(raw) ? raw.code : raw
    say(`${at}.code`, code, `${at} 缺少编号 code（不含空格、/、+、#）`, `${at} needs a code without spaces, /, + or #`)
    return null
  }
  const { code, name, kind, asset_code, points } = raw
  if (asset_code !== null && asset_code !== undefined && !codes.has(String(asset_code))) {
    say(
      `${at}.asset_code`,
      asset_code,
      `设备 ${code} 所在的 ${String(asset_code)} 不在管网文件中，请改正`,
      `Device ${code} stands at ${String(asset_code)}, which is not in the network file; correct it`,
    )
    return null
  }
  if (!Array.isArray(points) || points.length === 0 || points.length > points_max) {
    say(
      `${at}.points`,
      points,
      `设备 ${code} 应有 1 至 ${points_max} 个测点 points`,
      `Device ${code} needs 1 to ${points_max} points`,
    )
    return null
  }
  const read = points.map((point, i) => readPoint(point, `${at}.points[${i}]`, say))
  if (read.some((point) => point === null)) return null
  return {
    code,
    name: typeof name === "string" && name !== "" ? name : code,
    kind: typeof kind === "string" && kind !== "" ? kind : "gas_detector",
    asset_code: asset_code === null || asset_code === undefined ? null : String(asset_code),
    points: read as Point[],
  }
}

function readPoint(raw: unknown, at: string, say: Say): Point | null {
  const point = isRecord(raw) ? raw : {}
  const indicator = indicators.find((i) => i.id === point.indicator)
  if (!indicator) {
    const names = indicators.map((i) => i.id).join(", ")
    say(
      `${at}.indicator`,
      point.indicator,
      `${at} 的指标未知，可用：${names}`,
      `${at} names an unknown indicator; use one of ${names}`,
    )
    return null
  }
  const interval_ms = Number(point.interval_ms)
  if (!(interval_ms >= 1 && interval_ms <= interval_ms_max)) {
    say(
      `${at}.interval_ms`,
      point.interval_ms,
      `${at} 的间隔应为 1 至 ${interval_ms_max} 毫秒`,
      `interval_ms of ${at} must be 1 to ${interval_ms_max}`,
    )
    return null
  }
  const value_kind = value_kinds.find((k) => k === (point.value_kind ?? "instant"))
  if (!value_kind) {
    say(
      `${at}.value_kind`,
      point.value_kind,
      `${at} 的 value_kind 应为 ${value_kinds.join("、")}`,
      `value_kind of ${at} must be one of ${value_kinds.join(", ")}`,
    )
    return null
  }
  const unit = typeof point.unit === "string" ? point.unit : indicator.unit
  return { indicator: indicator.id, unit, interval_ms: Math.round(interval_ms), value_kind }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
