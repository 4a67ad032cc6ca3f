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

/**
 * A directory as plain columns, to be sent to a door in another thread: texts that many share stand once in `words`, as
 * every text of a message is made anew at its other end.
 */
export type DirectoryData = {
  /** Device codes, joined by NUL, which no text of the database has. */
  codes: string
  device_id: Int32Array
  /** -1 where a device speaks for itself. */
  gateway_id: Int32Array
  /** Index into `words`, -1 where it has none. */
  credential: Int32Array
  /** Index of each device's first point, and one more for the end. */
  first_point: Int32Array
  specs: DoorPoint["spec"][]
  words: string[]
  point_id: Int32Array
  spec: Int32Array
  indicator: Int32Array
  unit: Int32Array
}

/** Lays out devices and points for the way to another thread. */
export function directoryData(
  given: Iterable<DoorDevice>,
  points_of: { get(code: string): ByIndicator<DoorPoint & { indicator: string }> | undefined },
): DirectoryData {
  const devices = [...given]
  const lists = devices.map((d) => points_of.get(d.code))
  const count = lists.reduce((n, list) => n + (list?.size ?? 0), 0)
  const words = new Map<string, number>()
  const specs = new Map<DoorPoint["spec"], number>()
  const numberOf = <K>(known: Map<K, number>, key: K): number => {
    let at = known.get(key)
    if (at === undefined) {
      at = known.size
      known.set(key, at)
    }
    return at
  }
  const column = () => new Int32Array(count)
  const [point_id, spec, indicator, unit] = [column(), column(), column(), column()]
  const first_point = new Int32Array(devices.length + 1)
  let at = 0
  lists.forEach((list, i) => {
    for (const p of list?.values() ?? []) {
      point_id[at] = p.id
      spec[at] = numberOf(specs, p.spec)
      indicator[at] = numberOf(words, p.indicator)
      unit[at] = numberOf(words, p.unit)
      at++
    }
    first_point[i + 1] = at
  })
  const credential = Int32Array.from(devices, (d) =>
    d.credential_hash === null ? -1 : numberOf(words, d.credential_hash),
  )
  return {
    codes: devices.map((d) => d.code).join("\0"),
    device_id: Int32Array.from(devices, (d) => d.id),
    gateway_id: Int32Array.from(devices, (d) => d.gateway_id ?? -1),
    credential,
    first_point,
    specs: [...specs.keys()].map(({ dimension, min, max, waveform }) => ({
      dimension,
      min,
      max,
      ...(waveform && { waveform }),
    })),
    words: [...words.keys()],
    point_id,
    spec,
    indicator,
    unit,
  }
}

/** The directory at the other end. */
export function directoryOf(data: DirectoryData): Directory {
  const { words, specs } = data
  const known = new Map<string, { device: DoorDevice; points: FewPoints<DoorPoint & { indicator: string }> }>()
  const codes = data.device_id.length === 0 ? [] : data.codes.split("\0")
  codes.forEach((code, i) => {
    const [id, gateway, hash] = [data.device_id[i]!, data.gateway_id[i]!, data.credential[i]!]
    const device = { id, code, gateway_id: gateway < 0 ? null : gateway, credential_hash: words[hash] ?? null }
    const first = data.first_point[i]!
    // The list is made at its length: one that was pushed to keeps room for sixteen more.
    const points = Array.from({ length: data.first_point[i + 1]! - first }, (_, k) => ({
      id: data.point_id[first + k]!,
      indicator: words[data.indicator[first + k]!]!,
      unit: words[data.unit[first + k]!]!,
      device,
      spec: specs[data.spec[first + k]!]!,
    }))
    known.set(code, { device, points: new FewPoints(points) })
  })
  return { device: (code) => known.get(code)?.device, points: (code) => known.get(code)?.points }
}
