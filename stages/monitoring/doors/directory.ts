import type { Indicator } from "../../../lifelines/contract.ts"
import { type ByIndicator, FewPoints } from "../by-indicator.ts"

/** What a door must know of a point: its number, unit, limits and by which gateway it speaks. A registry's record fits. */
export type DoorPoint = {
  id: number
  unit: string
  device: { gateway_id: number | null }
  spec: Pick<Indicator, "dimension" | "min" | "max" | "waveform">
}
export type DoorDevice = { id: number; code: string; gateway_id: number | null; credential_hash: string | null }

/** Devices and points by their codes, as a door looks them up for every value. */
export type Directory = {
  device(code: string): DoorDevice | undefined
  /** Points of a device by indicator; undefined for an unknown device. */
  points(code: string): ByIndicator<DoorPoint> | undefined
}

/** A directory as plain columns, to be sent to a door in another thread. */
export type DirectoryData = {
  devices: DoorDevice[]
  specs: DoorPoint["spec"][]
  /** One row per point: the index of its device and of its spec. */
  point: Int32Array
  device: Int32Array
  spec: Int32Array
  indicator: string[]
  unit: string[]
}

/** Lays out devices and points for the way to another thread. */
export function directoryData(
  devices: Iterable<DoorDevice>,
  points_of: { get(code: string): ByIndicator<DoorPoint & { indicator: string }> | undefined },
): DirectoryData {
  const data = { devices: [] as DoorDevice[], specs: [] as DoorPoint["spec"][] }
  const rows: { point: number; device: number; spec: number; indicator: string; unit: string }[] = []
  const spec_at = new Map<DoorPoint["spec"], number>()
  for (const { id, code, gateway_id, credential_hash } of devices) {
    const device = data.devices.push({ id, code, gateway_id, credential_hash }) - 1
    for (const p of points_of.get(code)?.values() ?? []) {
      let spec = spec_at.get(p.spec)
      if (spec === undefined) {
        const { dimension, min, max, waveform } = p.spec
        spec = data.specs.push({ dimension, min, max, ...(waveform && { waveform }) }) - 1
        spec_at.set(p.spec, spec)
      }
      rows.push({ point: p.id, device, spec, indicator: p.indicator, unit: p.unit })
    }
  }
  return {
    ...data,
    point: Int32Array.from(rows, (r) => r.point),
    device: Int32Array.from(rows, (r) => r.device),
    spec: Int32Array.from(rows, (r) => r.spec),
    indicator: rows.map((r) => r.indicator),
    unit: rows.map((r) => r.unit),
  }
}

/** The directory at the other end. */
export function directoryOf(data: DirectoryData): Directory {
  const devices = new Map(data.devices.map((d) => [d.code, d]))
  const points_of = new Map<string, FewPoints<DoorPoint & { indicator: string }>>()
  for (const d of data.devices) points_of.set(d.code, new FewPoints())
  // Words that hundreds of thousands of points share are kept once.
  const words = new Map<string, string>()
  const once = (word: string): string => {
    const known = words.get(word)
    if (known === undefined) words.set(word, word)
    return known ?? word
  }
  for (let i = 0; i < data.point.length; i++) {
    const device = data.devices[data.device[i]!]!
    points_of.get(device.code)!.list.push({
      id: data.point[i]!,
      indicator: once(data.indicator[i]!),
      unit: once(data.unit[i]!),
      device,
      spec: data.specs[data.spec[i]!]!,
    })
  }
  return { device: (code) => devices.get(code), points: (code) => points_of.get(code) }
}
