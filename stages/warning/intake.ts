import { type Finding, type LonLat, type Place, type Severity, verdict_ms, type Words } from "../../model/index.ts"
import type { Tx } from "../../platform/sql/index.ts"
import type { Census } from "../census/index.ts"
import * as store from "./store.ts"

/** Alarms of the same area or within reach, raised within this window, are one group. */
export const group_window_ms = 30 * 60_000
const reach_degrees = 0.0018 // about 200 m

export type AlarmChange = {
  id: number
  action: "raise" | "update" | "clear"
  owner_id: number | null
  lifeline: string
  area_ids: number[]
}

/**
 * Turns one new finding into the alarm it means: raised once per (rule, subject, cause), updated, or cleared.
 * Returns the alarm it belongs to and what changed; null for a clear without a standing alarm.
 */
export async function applyFinding(
  tx: Tx,
  finding: Finding,
  wall: number,
  city: Pick<Census, "placeWords" | "area">,
): Promise<AlarmChange | null> {
  const f = finding
  const changed = async (id: number, action: AlarmChange["action"], detail: unknown): Promise<AlarmChange> => {
    await store.insertAlarmHistory(tx, id, f.time, wall, "system", action, detail)
    const a = await store.alarmById(tx, id)
    return { id, action, owner_id: a?.owner_id ?? null, lifeline: f.lifeline, area_ids: a?.area_ids ?? [] }
  }
  const due = f.time + verdict_ms[f.severity as Severity]
  if (f.phase === "raise") {
    const at = await store.locate(tx, f.lifeline, f.place, f.because.readings[0]?.point ?? null)
    const head = await store.groupHead(tx, at, f.time - group_window_ms, reach_degrees)
    const place = placeOf(f.place, at, city)
    const id = await store.insertAlarm(tx, f, place, at, due, head)
    if (id !== null) return changed(id, "raise", { severity: f.severity, value: f.value })
  }
  const standing = await store.standingAlarm(tx, f)
  if (!standing) return null
  if (f.phase === "clear") {
    await store.clearAlarm(tx, standing.id, f.time)
    return changed(standing.id, "clear", { value: f.value })
  }
  // A raise that found the alarm standing tells nothing new but its value.
  await store.updateAlarm(tx, standing.id, f, due)
  if (standing.severity === f.severity)
    return { id: standing.id, action: "update", owner_id: standing.owner_id, lifeline: f.lifeline, area_ids: [] }
  return changed(standing.id, "update", { from: standing.severity, severity: f.severity, value: f.value })
}

/**
 * A place in words: an asset by its streets; an area by its name, and by the streets of the spot where one is pointed at;
 * anything else as the finding calls it.
 */
function placeOf(place: Place, at: store.Located, city: Pick<Census, "placeWords" | "area">): Words {
  const spot: LonLat | null = at.lon === null || at.lat === null ? null : [at.lon, at.lat]
  if (at.asset_id !== null && spot) return city.placeWords(spot)
  const area = at.area_id === null ? undefined : city.area(at.area_id)
  if (!area) return place.name
  if (!place.lon_lat) return { zh: area.name, en: area.code }
  const near = city.placeWords(place.lon_lat)
  return { zh: `${area.name}，${near.zh}`, en: `${area.code}, ${near.en}` }
}
