/** The weeks before the demo begins: readings of every point as if they had come in, with faults that are over. */
import { quality, type ReadingBatch, readingBatch } from "../model/index.ts"
import { type Demand, makeDemand } from "./demand.ts"
import { type Fault, isSilent } from "./faults.ts"
import { type HydraulicState, type Hydraulics, leaksAt, sampleNoise, wellMethane } from "./physics.ts"
import { type Town, toMetres } from "./town/index.ts"

const step_ms = 900_000
const hour_ms = 3_600_000
const day_ms = 86_400_000
/** The tank forgets a wrong level with an e-fold of about two days (pump curve against ground area), so a week settles it. */
const settle_ms = 7 * day_ms
const history_ms_max = 400 * day_ms
const close_up_ms = 60_000

/** Standard uncertainty of instruments, as half range of even noise. */
export const instrumentNoise = {
  pressure_m: 0.06,
  flow_share: 0.006,
  level_m: 0.002,
  demand_share: 0.01,
  methane: 0.008,
}

/** Devices sample each 10 s (methane), 30 s (water) or hour (customer meters) of city time. */
export const sample_ms = { methane: 10_000, pressure: 30_000, flow: 30_000, level: 30_000, meter: 3_600_000 } as const

export type SimPoint = {
  device: string
  indicator: string
  kind: "pressure" | "flow" | "level" | "meter" | "methane"
  at: string
}

/** Every point of the town, in the order in which history numbers them: device codes as the imports make them. */
export function simPoints(town: Town): SimPoint[] {
  const c = town.water.companion
  return [
    ...c.pressure_sensors.map(
      (s): SimPoint => ({ device: `pressure-${s.id}`, indicator: "pressure_m", kind: "pressure", at: s.id }),
    ),
    ...c.flow_sensors.map((s): SimPoint => ({ device: `flow-${s.id}`, indicator: "flow_m3h", kind: "flow", at: s.id })),
    ...c.level_sensors.map(
      (s): SimPoint => ({ device: `level-${s.id}`, indicator: "level_m", kind: "level", at: s.id }),
    ),
    ...c.amrs.map((s): SimPoint => ({ device: `meter-${s.id}`, indicator: "demand_m3h", kind: "meter", at: s.id })),
    ...town.devices.flatMap((d) =>
      d.points.map((p): SimPoint => ({ device: d.code, indicator: p.indicator, kind: "methane", at: d.asset_code })),
    ),
  ]
}

/** Faults of the past weeks, all mended before `to_ms`; the same town and end give the same list. */
export function pastFaults(town: Town, to_ms: number): Fault[] {
  const hourOf = (days: number, hour: number): number => Math.floor(to_ms / day_ms - days) * day_ms + hour * hour_ms
  const faults: Fault[] = []
  const pipe = pipeIn(town, "west")
  if (pipe)
    faults.push({
      id: "past-leak",
      lifeline: "water",
      kind: "pipe_leak",
      place: pipe,
      lon_lat: town.water.places.get(pipe)!,
      starts_ms: hourOf(12, 14.5),
      ends_ms: hourOf(10, 9),
      size: 16,
    })
  const well = town.gas.monitored.at(-3)
  if (well)
    faults.push({
      id: "past-methane",
      lifeline: "gas",
      kind: "methane_leak",
      place: well.code,
      lon_lat: well.lon_lat,
      starts_ms: hourOf(7, 6.2),
      ends_ms: hourOf(7, 7.4),
      size: 2.8,
    })
  const silent = town.water.companion.pressure_sensors.at(-2)
  if (silent)
    faults.push({
      id: "past-silent",
      lifeline: "water",
      kind: "sensor_silent",
      place: `pressure-${silent.id}`,
      lon_lat: town.water.places.get(silent.id)!,
      starts_ms: hourOf(3, 1),
      ends_ms: hourOf(3, 6.5),
      size: 0,
    })
  return faults
}

/** The longest pipe of an area's streets in a middle size: where leaks are common and visible. */
function pipeIn(town: Town, key: string): string | null {
  const nodes = new Set(town.water.areas.find((a) => a.key === key)?.nodes)
  let best: { id: string; length: number } | null = null
  for (const p of pipesOf(town))
    if (
      nodes.has(p.from) &&
      nodes.has(p.to) &&
      p.diameter_mm >= 150 &&
      p.diameter_mm <= 300 &&
      p.length_m > (best?.length ?? 0)
    )
      best = { id: p.id, length: p.length_m }
  return best?.id ?? null
}

export type SimPipe = { id: string; from: string; to: string; length_m: number; diameter_mm: number }
/** Pipes as they stand in the town's INP. */
export function pipesOf(town: Town): SimPipe[] {
  const text = town.water.inp
  const start = text.indexOf("[PIPES]")
  const rows = text
    .slice(start, text.indexOf("[", start + 7))
    .split("\n")
    .slice(2)
  return rows.flatMap((row) => {
    const [id, from, to, length, diameter] = row.trim().split(/\s+/)
    return id && from && to ? [{ id, from, to, length_m: Number(length), diameter_mm: Number(diameter) }] : []
  })
}

/** At which node a pipe's leak is felt: the end where it comes first in the file. */
export function leakNodes(town: Town): (pipe: string) => string {
  const ends = new Map(pipesOf(town).map((p) => [p.id, p.from]))
  return (pipe) => {
    const node = ends.get(pipe)
    if (node === undefined) throw new Error(`pipe "${pipe}" is not in the town's network`)
    return node
  }
}

/** Solves the town's network at a time with its demand and with the leaks that then exist. */
export function solver(
  town: Town,
  hydraulics: Hydraulics,
  demand: Demand,
): (time_ms: number, faults: readonly Fault[]) => HydraulicState {
  const nodeOf = leakNodes(town)
  const groups = [...new Set([...hydraulics.demands.values()].map((d) => d.group))]
  return (time_ms, faults) => {
    const factors = new Map(groups.map((g) => [g, demand.factor(g, time_ms)]))
    return hydraulics.solve({ time_ms, factor: (g) => factors.get(g) ?? 1, leaks: leaksAt(faults, time_ms, nodeOf) })
  }
}

/** Runs the week before `until_ms` in quarter hours, so that the tank stands where that week leaves it (about 0.3 s). */
export function settle(solve: (time_ms: number) => unknown, until_ms: number): void {
  const end = Math.ceil(until_ms / step_ms) * step_ms
  for (let t = end - settle_ms; t < end; t += step_ms) solve(t)
}

export type History = { points: SimPoint[]; faults: Fault[]; batches: Generator<ReadingBatch, void, undefined> }

/**
 * Readings of all points with from_ms ≤ time ≤ to_ms at quarter hours (customer meters hourly, stamped at the hour's end;
 * methane each minute around its fault), one batch a day in order of time. `pointId` gives the platform's number of a point
 * or null to leave it out. Leaves `hydraulics` at `to_ms`, so that live solving goes on from there. About 1 ms a step.
 * Throws where the span is empty or longer than 400 days.
 */
export function makeHistory(
  town: Town,
  hydraulics: Hydraulics,
  options: {
    from_ms: number
    to_ms: number
    seed: number
    faults?: Fault[]
    /** From here on every instrument is heard at its own rhythm, as it is live; before it at quarter hours. */
    dense_from_ms?: number
    pointId?(point: SimPoint): number | null
  },
): History {
  const { from_ms, to_ms, seed } = options
  if (!(to_ms > from_ms) || to_ms - from_ms > history_ms_max)
    throw new Error(`history must run from before ${to_ms} for at most ${history_ms_max} ms, got from_ms ${from_ms}`)
  const points = simPoints(town)
  const faults = options.faults ?? pastFaults(town, to_ms)
  const ids = points.map((p, i) => (options.pointId ? options.pointId(p) : i))
  return {
    points,
    faults,
    batches: days(town, hydraulics, makeDemand(town, seed), {
      from_ms,
      to_ms,
      seed,
      faults,
      points,
      ids,
      dense_from_ms: options.dense_from_ms ?? Number.POSITIVE_INFINITY,
    }),
  }
}

type Run = {
  from_ms: number
  to_ms: number
  seed: number
  faults: Fault[]
  points: SimPoint[]
  ids: (number | null)[]
  dense_from_ms: number
}

function* days(town: Town, hydraulics: Hydraulics, demand: Demand, run: Run): Generator<ReadingBatch, void, undefined> {
  const at = solver(town, hydraulics, demand)
  const solve = (time_ms: number): HydraulicState => at(time_ms, run.faults)
  const first = Math.ceil(run.from_ms / step_ms) * step_ms
  settle(solve, first)
  const read = reader(town, hydraulics, demand, run)
  const width = run.points.length
  const closeUps = run.faults.filter((f) => f.kind === "methane_leak")
  for (let day = first; day <= run.to_ms; day += day_ms) {
    const end = Math.min(run.to_ms, day + day_ms - 1)
    const extra = closeUps.reduce(
      (n, f) =>
        n +
        Math.max(0, Math.min(end, (f.ends_ms ?? end) + hour_ms) - Math.max(day, f.starts_ms - hour_ms)) / close_up_ms,
      0,
    )
    const dense_steps = Math.max(0, Math.ceil((end - Math.max(day, run.dense_from_ms)) / sample_ms.pressure) + 1)
    const batch = readingBatch((96 + Math.ceil(extra) * 2 + 2 + dense_steps * 3) * width)
    const put = (i: number, time_ms: number, value: number): void => {
      const id = run.ids[i]
      if (id === null || id === undefined || isSilent(run.faults, run.points[i]!.device, time_ms)) return
      const n = batch.n++
      batch.point[n] = id
      batch.time[n] = time_ms
      batch.value[n] = value
      batch.quality[n] = quality.simulated
      batch.arrived[n] = time_ms
    }
    const sayDense = (t: number): void => {
      const state = solve(t)
      run.points.forEach((p, i) => {
        if (p.kind !== "meter" || t % hour_ms === 0) put(i, t, read(p, t, state))
      })
      for (let m = t + sample_ms.methane; m < t + sample_ms.pressure && m <= end; m += sample_ms.methane)
        run.points.forEach((p, i) => {
          if (p.kind === "methane") put(i, m, read(p, m, state))
        })
    }
    for (let t = day; t <= end; t += t >= run.dense_from_ms ? sample_ms.pressure : step_ms) {
      if (t >= run.dense_from_ms) {
        sayDense(t)
        continue
      }
      const state = solve(t)
      run.points.forEach((p, i) => {
        if (p.kind !== "meter" || t % hour_ms === 0) put(i, t, read(p, t, state))
      })
      for (const f of closeUps)
        for (let m = t + close_up_ms; m < t + step_ms && m <= end; m += close_up_ms)
          if (m > f.starts_ms - hour_ms / 2 && m < (f.ends_ms ?? m) + hour_ms)
            run.points.forEach((p, i) => {
              if (p.kind === "methane" && near(town, p.at, f)) put(i, m, read(p, m, state))
            })
    }
    yield batch
  }
  solve(run.to_ms)
}

const near = (town: Town, well: string, fault: Fault): boolean => {
  const at = town.gas.monitored.find((w) => w.code === well)
  return at !== undefined && Math.hypot(...toMetres(fault.lon_lat, at.lon_lat)) < 150
}

/** The value that a point's instrument shows at a time, from the state of the network; rounded as instruments do. */
export function reader(
  town: Town,
  hydraulics: Hydraulics,
  demand: Demand,
  run: { seed: number; faults: readonly Fault[] },
) {
  const wells = new Map(town.gas.monitored.map((w) => [w.code, w]))
  const round = (v: number, k: number): number => Math.round(v * k) / k
  return (p: SimPoint, time_ms: number, state: HydraulicState): number => {
    const noise = sampleNoise(run.seed, p.device, time_ms)
    switch (p.kind) {
      case "pressure":
        return round(state.pressure_m[hydraulics.nodes.get(p.at)!]! + noise * instrumentNoise.pressure_m, 100)
      case "flow":
        return round(state.flow_m3h[hydraulics.links.get(p.at)!]! * (1 + noise * instrumentNoise.flow_share), 100)
      case "level":
        return round((state.level_m.get(p.at) ?? 0) + noise * instrumentNoise.level_m, 1000)
      case "meter": {
        const d = hydraulics.demands.get(p.at)
        return d
          ? round(d.base_m3h * demand.hourMean(d.group, time_ms) * (1 + noise * instrumentNoise.demand_share), 1000)
          : 0
      }
      case "methane":
        return round(
          Math.max(0, wellMethane(run.seed, wells.get(p.at)!, time_ms, run.faults) + noise * instrumentNoise.methane),
          100,
        )
    }
  }
}
