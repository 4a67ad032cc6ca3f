/** What goes wrong in the simulated city, and when. Faults are data: the same list gives the same day. */
import type { LonLat } from "../model/index.ts"

export const faultKinds = ["pipe_burst", "pipe_leak", "methane_leak", "sensor_silent"] as const
export type FaultKind = (typeof faultKinds)[number]

export type Fault = {
  id: string
  lifeline: string
  kind: FaultKind
  /** Code of what is broken: a pipe (water), a well (methane), a device (silent). */
  place: string
  lon_lat: LonLat
  starts_ms: number
  /** Null while nobody has mended it. */
  ends_ms: number | null
  /** Pipes: m³/h lost at 30 m of pressure. Methane: %VOL at which the well saturates. Sensors: 0. */
  size: number
}

/** Faults of the given kinds that exist at a time. */
export const activeFaults = (faults: readonly Fault[], time_ms: number, kinds: readonly FaultKind[]): Fault[] =>
  faults.filter((f) => kinds.includes(f.kind) && f.starts_ms <= time_ms && (f.ends_ms === null || time_ms < f.ends_ms))

/** Ends a fault at a time; the list is returned anew. Unknown ids change nothing. */
export const mend = (faults: readonly Fault[], id: string, ends_ms: number): Fault[] =>
  faults.map((f) => (f.id === id && f.ends_ms === null ? { ...f, ends_ms: Math.max(f.starts_ms, ends_ms) } : f))

/** True where a device says nothing at a time. */
export const isSilent = (faults: readonly Fault[], device: string, time_ms: number): boolean =>
  activeFaults(faults, time_ms, ["sensor_silent"]).some((f) => f.place === device)
