/** When something happens in the living city: the first within seconds, then one after another, from the seed. */
import { activeFaults, type Fault } from "./faults.ts"
import { pipesOf } from "./history.ts"
import { hash01, type Town } from "./town/index.ts"

const first_ms = 5_000
const second_ms = 5 * 60_000
const silence_ms = 12 * 60_000
/** Later faults come this far apart, and never more than two at once. */
const apart_ms = 45 * 60_000
const at_once_max = 2

/** The fault that begins now, if any. `born_ms` is when the living city began; ids tell what has already happened. */
export function nextFault(
  town: Town,
  seed: number,
  born_ms: number,
  faults: readonly Fault[],
  now: number,
): Fault | null {
  const age = now - born_ms
  const happened = (id: string) => faults.some((f) => f.id === id)
  if (age >= first_ms && !happened("live-1")) return methane(town, seed, "live-1", now)
  if (age >= second_ms && !happened("live-2")) return burst(town, seed, "live-2", now)
  if (age >= silence_ms && !happened("live-3")) return silence(town, seed, "live-3", now)
  const n = Math.floor(age / apart_ms)
  const id = `live-${n + 3}`
  if (n < 1 || happened(id) || activeFaults(faults, now, ["methane_leak", "pipe_burst"]).length >= at_once_max)
    return null
  return hash01(seed, n) < 0.5 ? methane(town, seed + n, id, now) : burst(town, seed + n, id, now)
}

const pick = <T>(list: readonly T[], seed: number, salt: number): T | undefined =>
  list[Math.floor(hash01(seed, salt) * list.length)]

/** A gas main leaks into a well: first where several wells are watched, later into a duct close to a main. */
function methane(town: Town, seed: number, id: string, starts_ms: number): Fault | null {
  const ducts = town.gas.monitored
    .filter((w) => w.well_class === "power" || w.well_class === "telecom")
    .sort((a, b) => a.gas_m - b.gas_m)
    .slice(0, 8)
  const well = id === "live-1" ? town.gas.monitored[0] : (pick(ducts, seed, 11) ?? town.gas.monitored[0])
  if (!well) return null
  const { code: place, lon_lat } = well
  return { id, lifeline: "gas", kind: "methane_leak", place, lon_lat, starts_ms, ends_ms: null, size: 3.4 }
}

/** A distribution pipe of a metered area bursts. */
function burst(town: Town, seed: number, id: string, starts_ms: number): Fault | null {
  const metered = new Set(town.water.areas.filter((a) => a.meters.length > 0).flatMap((a) => a.nodes))
  const pipes = pipesOf(town).filter(
    (p) => metered.has(p.from) && metered.has(p.to) && p.diameter_mm >= 150 && p.diameter_mm <= 300,
  )
  const pipe = pick(pipes, seed, 23)
  const lon_lat = pipe && town.water.places.get(pipe.id)
  return pipe && lon_lat
    ? { id, lifeline: "water", kind: "pipe_burst", place: pipe.id, lon_lat, starts_ms, ends_ms: null, size: 90 }
    : null
}

/** A sensor stops talking for an hour: a device state, not an alarm. */
function silence(town: Town, seed: number, id: string, starts_ms: number): Fault | null {
  const sensor = pick(town.water.companion.pressure_sensors, seed, 31)
  const lon_lat = sensor && town.water.places.get(sensor.id)
  return sensor && lon_lat
    ? {
        id,
        lifeline: "water",
        kind: "sensor_silent",
        place: `pressure-${sensor.id}`,
        lon_lat,
        starts_ms,
        ends_ms: starts_ms + 3_600_000,
        size: 0,
      }
    : null
}
