import type { BlockBatch, ReadingBatch } from "../../model/index.ts"
import { blockEnd } from "../../model/index.ts"
import type { Latest } from "../../platform/series/index.ts"
import type { Registry } from "./registry.ts"
import { deviceState, silent_after_ms } from "./silence.ts"
import type { StateChange } from "./store.ts"

/** When each device was last heard, by event time: columns by point number and by device number. */
export type Hearing = { device_of: Int32Array; heard: Float64Array }

/** Starts from the latest reading of each point. */
export function hearing(registry: Registry, latest: readonly Latest[]): Hearing {
  const most = (ids: Iterable<number>) => {
    let max = 0
    for (const id of ids) if (id > max) max = id
    return max
  }
  const h: Hearing = {
    device_of: new Int32Array(most(registry.points.keys()) + 1),
    heard: new Float64Array(most(registry.device_by_id.keys()) + 1),
  }
  for (const p of registry.points.values()) h.device_of[p.id] = p.device_id
  for (const l of latest) hear(h, l.point, l.time)
  return h
}

function hear(h: Hearing, point: number, time: number): void {
  const device = h.device_of[point]
  if (device && time > h.heard[device]!) h.heard[device] = time
}

/** Notes what a commit brought. */
export function hearAll(h: Hearing, readings: ReadingBatch, blocks: BlockBatch): void {
  for (let i = 0; i < readings.n; i++) hear(h, readings.point[i]!, readings.time[i]!)
  for (let i = 0; i < blocks.n; i++) hear(h, blocks.point[i]!, blockEnd(blocks, i))
}

/** Devices that fell silent or came back by city time `now`. */
export function stateChanges(h: Hearing, registry: Registry, now: number, wall: number): StateChange[] {
  const changes: StateChange[] = []
  for (const [id, { interval_ms, last }] of rhythmsOf(registry, h)) {
    const d = registry.device_by_id.get(id)
    const next = d && deviceState(d.state, last, interval_ms, now)
    if (!next) continue
    // Silence began when the reading that did not come was due, not when somebody looked.
    const at = next === "silent" && last !== null ? last + silent_after_ms(interval_ms) : now
    changes.push({ id, state: next, at, last_time: last, wall })
  }
  return changes
}

/** How often each device should speak and when it last did; a gateway speaks whenever one of its devices does. */
function rhythmsOf(registry: Registry, h: Hearing) {
  const rhythms = new Map<number, { interval_ms: number; last: number | null }>()
  const note = (id: number, interval_ms: number, last: number | null) => {
    const known = rhythms.get(id)
    rhythms.set(id, {
      interval_ms: Math.min(known?.interval_ms ?? Number.POSITIVE_INFINITY, interval_ms),
      last: known?.last == null ? last : last === null ? known.last : Math.max(known.last, last),
    })
  }
  for (const point of registry.points.values()) {
    const last = h.heard[point.device_id] || null
    note(point.device_id, point.interval_ms, last)
    if (point.device.gateway_id !== null) note(point.device.gateway_id, point.interval_ms, last)
  }
  return rhythms
}
