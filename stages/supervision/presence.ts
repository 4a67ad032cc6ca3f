/** Width of the counts that presence is judged by, ms. */
export const quarter_ms = 900_000
/** A device is silent after this many expected intervals (the same number that the desk uses). */
const silent_intervals = 3

export type PlannedPoint = { id: number; device_id: number; interval_ms: number }
/** Readings of one point in the quarter that starts at `start` (UTC ms). */
export type QuarterCount = { point: number; start: number; count: number }

export type Presence = {
  /** Device-minutes heard and planned. */
  online_min: number
  planned_min: number
  /** Readings kept and due; a point that sends more often than declared counts as complete. */
  received: number
  expected: number
  /** Devices that were never heard in the period, by id. */
  silent_devices: number[]
}

/**
 * How much of [from, to) was measured. A device is online in a quarter of an hour when one of its points was heard in it
 * or less than three expected intervals before. Times are event times, so late data counts where it belongs.
 * Readings before `from` may be given and only tell that a device was still heard.
 */
export function presence(
  points: readonly PlannedPoint[],
  counts: readonly QuarterCount[],
  from: number,
  to: number,
): Presence {
  const first = Math.floor(from / quarter_ms)
  const quarters = Math.max(0, Math.ceil(to / quarter_ms) - first)
  const by_point = new Map<number, QuarterCount[]>()
  for (const c of counts) {
    const list = by_point.get(c.point)
    if (list) list.push(c)
    else by_point.set(c.point, [c])
  }
  const devices = new Map<number, { online: Uint8Array; heard: boolean }>()
  let received = 0
  let expected = 0
  for (const point of points) {
    let device = devices.get(point.device_id)
    if (!device) {
      device = { online: new Uint8Array(quarters), heard: false }
      devices.set(point.device_id, device)
    }
    const span = Math.max(1, Math.ceil((silent_intervals * point.interval_ms) / quarter_ms))
    let got = 0
    for (const c of by_point.get(point.id) ?? []) {
      const q = Math.floor(c.start / quarter_ms) - first
      if (c.count <= 0 || q >= quarters) continue
      if (q >= 0) {
        got += c.count
        device.heard = true
      }
      device.online.fill(1, Math.max(0, q), Math.max(0, Math.min(quarters, q + span)))
    }
    const due = Math.floor((to - from) / point.interval_ms)
    expected += due
    received += Math.min(got, due)
  }
  let online = 0
  const silent_devices: number[] = []
  for (const [id, device] of devices) {
    for (const q of device.online) online += q
    if (!device.heard) silent_devices.push(id)
  }
  const quarter_min = quarter_ms / 60_000
  return {
    online_min: online * quarter_min,
    planned_min: devices.size * quarters * quarter_min,
    received,
    expected,
    silent_devices,
  }
}
