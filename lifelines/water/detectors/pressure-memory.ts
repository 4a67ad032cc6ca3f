/** What each pressure sensor of an area usually shows at an hour of the day, to say where a leak pulls the hardest. */
import type { LonLat } from "../../../model/index.ts"

export type PressureSensor = { point: number; name: string; lon_lat: LonLat | null }
/** Per sensor and hour of the day: slow mean in m and days seen; plus the deviations of the last hours, newest last. */
export type PressureMemory = { usual: Record<string, [number, number][]>; recent: Record<string, number[]> }

/** Weight of the newest day in the slow mean: about the last week counts. */
const day_weight = 0.2
const recent_hours = 6
const days_min = 3

export const pressureStart = (): PressureMemory => ({ usual: {}, recent: {} })

/** Enters the hourly mean of one sensor; `learn` is false while a change is being judged. */
export function enterPressure(
  memory: PressureMemory,
  point: number,
  hour_of_day: number,
  mean_m: number,
  learn: boolean,
): void {
  const key = String(point)
  memory.usual[key] ??= Array.from({ length: 24 }, () => [0, 0])
  const cell = memory.usual[key][hour_of_day]!
  if (cell[1] >= days_min) {
    memory.recent[key] ??= []
    memory.recent[key].push(mean_m - cell[0])
    if (memory.recent[key].length > recent_hours) memory.recent[key].shift()
  }
  if (!learn && cell[1] >= days_min) return
  cell[1]++
  cell[0] += Math.max(day_weight, 1 / cell[1]) * (mean_m - cell[0])
}

/** Sensors by how far they fell over the last `hours` beyond the middle of the area, hardest first. Drops in m. */
export function rankPressures(
  memory: PressureMemory,
  sensors: readonly PressureSensor[],
  hours: number,
): { sensor: PressureSensor; drop_m: number }[] {
  return sensors
    .flatMap((sensor) => {
      const last = (memory.recent[String(sensor.point)] ?? []).slice(-Math.max(1, hours))
      if (last.length === 0) return []
      return [{ sensor, drop_m: -last.reduce((sum, v) => sum + v, 0) / last.length }]
    })
    .sort((a, b) => b.drop_m - a.drop_m)
}
