/** Devices and points without a database, for tests of the doors. */
import type { Indicator } from "../../lifelines/contract.ts"
import type { Directory } from "./doors/directory.ts"
import type { PointRecord, Registry } from "./registry.ts"
import type { DeviceRecord } from "./store.ts"

export function testPoint(given: {
  id: number
  device: string
  spec: Indicator
  gateway_id?: number
  interval_ms?: number
}): PointRecord {
  const device: DeviceRecord = {
    id: given.id,
    code: given.device,
    name: given.device,
    lifeline: "water",
    kind: "sensor",
    asset_id: null,
    gateway_id: given.gateway_id ?? null,
    owner_id: null,
    credential_hash: null,
    simulated: false,
    state: "never_heard",
    state_since: null,
    last_time: null,
    area_ids: [],
  }
  return {
    id: given.id,
    device_id: device.id,
    indicator: given.spec.id,
    unit: given.spec.unit,
    interval_ms: given.interval_ms ?? 30_000,
    value_kind: "instant",
    asset_id: null,
    asset_code: null,
    area_code: null,
    lon: null,
    lat: null,
    device,
    spec: given.spec,
  }
}

/** A registry of one gateway, id 1000, and a device with one point for each of the points given. */
export function testRegistry(gateway: string, points: PointRecord[]): Registry {
  const own: DeviceRecord = {
    ...testPoint({ id: 1000, device: gateway, spec: points[0]!.spec }).device,
    kind: "gateway",
  }
  const devices = [own, ...points.map((p) => p.device)]
  return {
    devices: new Map(devices.map((d) => [d.code, d])),
    device_by_id: new Map(devices.map((d) => [d.id, d])),
    points: new Map(points.map((p) => [p.id, p])),
    points_of: new Map([
      [own.code, new Map()],
      ...points.map((p) => [p.device.code, new Map([[p.indicator, p]])] as const),
    ]),
    areas: [],
  }
}

export const testDirectory = (registry: Registry): Directory => ({
  device: (code) => registry.devices.get(code),
  points: (code) => registry.points_of.get(code),
})
