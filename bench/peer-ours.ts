/** The city of the comparison: its devices, its past, and instances of it that may be killed. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ImportedCity } from "../lifelines/contract.ts"
import { readingBatch } from "../model/index.ts"
import { type Instance, startInstance } from "./instance.ts"
import lifeline from "./peer-lifeline/index.ts"
import {
  canaries,
  canaryCode,
  canaryGateway,
  killedCode,
  type PastReading,
  pastPointCode,
  scattered,
} from "./peer-plan.ts"
import { treeOf } from "./processes.ts"
import { kindOf, pointCode } from "./senders/peer-values.ts"
import { type GatewayPlan, quietly, registerGateways } from "./world.ts"

export const devices_a_gateway = 100
const arrival_jitter_ms = 100
export const gatewayCode = (g: number): string => `PG${g}`

type Device = ImportedCity["devices"][number]
const device = (code: string, indicator: string): Device => ({
  code,
  name: code,
  kind: "sensor",
  asset_code: null,
  points: [
    {
      indicator,
      unit: lifeline.indicators.find((i) => i.id === indicator)!.unit,
      interval_ms: 1000,
      value_kind: "instant",
    },
  ],
})

/** Makes the city in an empty folder: so many points behind gateways of a hundred, and the few that are watched apart. */
export async function makeOurs(folder: string, points: number, past_points: number): Promise<void> {
  const settings = { lifelines_extra: [join(import.meta.dirname, "peer-lifeline")] }
  writeFileSync(join(folder, "mingmai.json"), JSON.stringify(settings))
  const gateways: GatewayPlan[] = Array.from({ length: points / devices_a_gateway }, (_, g) => ({
    code: gatewayCode(g),
    lifeline: lifeline.id,
    devices: Array.from({ length: devices_a_gateway }, (_, i) => {
      const k = g * devices_a_gateway + i
      return device(pointCode(k), kindOf(k))
    }),
  }))
  const apart = [
    ...Array.from({ length: canaries }, (_, i) => device(canaryCode(i), kindOf(i))),
    ...Array.from({ length: past_points }, (_, i) => device(pastPointCode(i), kindOf(i))),
    device(killedCode, kindOf(0)),
  ]
  gateways.push({ code: canaryGateway, lifeline: lifeline.id, devices: apart })
  await quietly(folder, (running) => registerGateways(running, gateways))
}

/** Writes the past into the store as imports do, and seals it. Returns what it weighs, and point ids by device. */
export async function fillOurs(folder: string, past: Iterable<PastReading[]>) {
  return await quietly(folder, async (running) => {
    const { series } = running.app
    const { points, points_of } = running.stages.monitoring.registry()
    const idOf = (code: string, indicator: string) => points_of.get(code)!.get(indicator)!.id
    let values = 0
    for (const part of past) {
      const batch = readingBatch(part.length)
      batch.n = part.length
      for (const [i, { device, indicator, time, value }] of part.entries()) {
        batch.point[i] = idOf(device, indicator)
        batch.time[i] = time
        batch.value[i] = value
        // Arrival is kept too: VictoriaMetrics has no place for it.
        batch.arrived[i] = time + 200 + scattered(values + i, arrival_jitter_ms)
      }
      await series.commit(batch, [])
      values += part.length
    }
    await series.seal(Number.POSITIVE_INFINITY)
    const { readings_bytes, readings_sealed } = series.stats()
    if (readings_sealed < values) throw new Error(`Only ${readings_sealed} of ${values} values were sealed.`)
    const ids = new Map<string, number>()
    for (const p of points.values()) ids.set(p.device.code, p.id)
    return { bytes: readings_bytes, values: readings_sealed, ids }
  })
}

/** Seals all there is and says what it weighs. */
export const weighOurs = (folder: string) =>
  quietly(folder, async ({ app }) => {
    await app.series.seal(Number.POSITIVE_INFINITY)
    const { readings_bytes, readings_sealed } = app.series.stats()
    return { bytes: readings_bytes, values: readings_sealed }
  })

export const startOurs = (folder: string): Promise<Instance> => startInstance(folder, "real")

/** SIGKILL to the platform with all its processes, the database too, at one instant. `pids` was taken beforehand. */
export async function killTree(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has ended since the list was taken, which is what was wanted.
    }
  }
  const alive = () => pids.some((pid) => treeOf(pid).length > 1 || isRunning(pid))
  for (let i = 0; i < 500 && alive(); i++) await new Promise((go) => setTimeout(go, 10))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // No such process: that is what was asked.
  }
}
