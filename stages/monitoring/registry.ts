import type { CityView, Indicator, Lifeline, PointView } from "../../lifelines/contract.ts"
import type { Db } from "../../platform/sql/index.ts"
import { type ByIndicator, FewPoints } from "./by-indicator.ts"
import {
  type AreaRecord,
  type DeviceRecord,
  loadAreas,
  loadDevices,
  loadPoints,
  lonLat,
  type PointRow,
} from "./store.ts"

export type PointRecord = PointRow & { device: DeviceRecord; spec: Indicator }

/** Devices and points in memory, as the doors need them: looked up by code for every reading. */
export type Registry = {
  devices: Map<string, DeviceRecord>
  device_by_id: Map<number, DeviceRecord>
  points: Map<number, PointRecord>
  /** Points of a device by indicator. */
  points_of: { get(code: string): ByIndicator<PointRecord> | undefined }
  areas: AreaRecord[]
}

const no_areas: number[] = []
const none: PointRecord[] = []

/** Reads the registry from the database; points of an indicator that no lifeline declares any more are left out. */
export async function loadRegistry(db: Db, lifelines: readonly Lifeline[]): Promise<Registry> {
  const specs = new Map(lifelines.flatMap((l) => l.indicators.map((i) => [`${l.id}/${i.id}`, i] as const)))
  // Words that hundreds of thousands of rows share are kept once.
  const words = new Map<string, string>()
  const once = <T extends string | null>(word: T): T => {
    if (word === null) return word
    const known = words.get(word)
    if (known === undefined) words.set(word, word)
    return (known ?? word) as T
  }
  const lists = new Map<string, PointRecord[]>()
  const registry: Registry = {
    devices: new Map(),
    device_by_id: new Map(),
    points: new Map(),
    points_of: new Map(),
    areas: await loadAreas(db),
  }
  for await (const page of loadDevices(db))
    for (const d of page) {
      d.lifeline = once(d.lifeline)
      d.kind = once(d.kind)
      d.state = once(d.state)
      d.credential_hash = once(d.credential_hash)
      if (d.area_ids.length === 0) d.area_ids = no_areas
      registry.devices.set(d.code, d)
      registry.device_by_id.set(d.id, d)
    }
  for await (const page of loadPoints(db))
    for (const row of page) {
      // A device that was registered between the two reads comes with the next reload.
      const device = registry.device_by_id.get(row.device_id)
      const spec = device && specs.get(`${device.lifeline}/${row.indicator}`)
      if (!spec) continue
      const { indicator, unit, value_kind, asset_code, area_code } = row
      const point: PointRecord = {
        ...row,
        indicator: once(indicator),
        unit: once(unit),
        value_kind: once(value_kind),
        asset_code: once(asset_code),
        area_code: once(area_code),
        device,
        spec,
      }
      registry.points.set(row.id, point)
      // A list of one is made as one: a list that was pushed to keeps room for sixteen more.
      const list = lists.get(device.code)
      if (list) list.push(point)
      else lists.set(device.code, [point])
    }
  const points_of = new Map<string, FewPoints<PointRecord>>()
  for (const code of registry.devices.keys()) points_of.set(code, new FewPoints((lists.get(code) ?? none).slice()))
  registry.points_of = points_of
  return registry
}

/** The city as detectors know it. */
export function cityView(registry: Registry, clock_mode: CityView["clock_mode"]): CityView {
  const points = [...registry.points.values()].map(pointView)
  const in_area = (code: string, pick: (p: PointRecord) => boolean) =>
    [...registry.points.values()].filter((p) => p.area_code === code && pick(p)).map((p) => p.id)
  return {
    clock_mode,
    points,
    areas: registry.areas.map((a) => {
      const own = new Set(a.meters.map((m) => m.point_id))
      return {
        code: a.code,
        name: a.name,
        lifeline: a.lifeline,
        meters: a.meters.filter((m) => m.role === "meter").map((m) => ({ point: m.point_id, sign: m.sign })),
        tanks: a.meters
          .filter((m) => m.role === "tank")
          .map((m) => ({ point: m.point_id, area_m2: m.ground_area_m2 ?? 0 })),
        customers: in_area(a.code, (p) => p.spec.dimension === "flow" && p.value_kind !== "instant" && !own.has(p.id)),
        pressures: in_area(a.code, (p) => p.spec.dimension === "pressure"),
        pipe_length_m: a.pipe_length_m,
      }
    }),
  }
}

export const pointView = (p: PointRecord): PointView => ({
  id: p.id,
  device_code: p.device.code,
  name: p.device.name,
  lifeline: p.device.lifeline,
  indicator: p.indicator,
  unit: p.unit,
  interval_ms: p.interval_ms,
  value_kind: p.value_kind,
  asset_code: p.asset_code,
  area_code: p.area_code,
  lon_lat: lonLat(p),
})
