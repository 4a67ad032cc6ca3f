/** Compares what was acknowledged with what the store of a stopped city holds. */
import { join } from "node:path"
import { openSeries, type Series } from "../../platform/series/index.ts"
import type { Found } from "./result.ts"
import { pressureOf, type Reading, type Second, sample_scale, sampleOf, samples_a_block, timeOf } from "./town.ts"

/** Opens the readings of a stopped city for `work`. */
export async function withSeries<T>(folder: string, work: (series: Series) => Promise<T>): Promise<T> {
  const series = await openSeries({ folder: join(folder, "series") })
  try {
    return await work(series)
  } finally {
    await series.close()
  }
}

export type PointOf = (device: string, indicator: string) => number
const steps_a_query = 10_000

/**
 * Acknowledged readings that are not there with their value, and readings that are there twice. `points` are the
 * numbers of the street's points; `at` is the time of a step.
 */
export async function findReadings(
  series: Series,
  points: readonly number[],
  acknowledged: readonly Reading[],
  at: (step: number) => number = timeOf,
): Promise<Found> {
  const [missing, doubled]: string[][] = [[], []]
  const values = new Map<string, number>()
  const last = acknowledged.reduce((most, { step }) => Math.max(most, step), -1)
  for (let from = 0; from <= last; from += steps_a_query) {
    const to = Math.min(last + 1, from + steps_a_query)
    for (const curve of await series.history(points, at(from), at(to), 200_000))
      for (let i = 0; i < curve.time.length; i++) {
        const key = `${curve.point}@${curve.time[i]}`
        if (values.has(key)) doubled!.push(`reading ${key} is there twice`)
        values.set(key, curve.value[i]!)
      }
  }
  for (const { point, step } of acknowledged) {
    const key = `${points[point]}@${at(step)}`
    const value = pressureOf(point, step)
    if (values.get(key) !== value) missing!.push(`reading ${key}: ${values.get(key)} for ${value}`)
  }
  return { acknowledged: acknowledged.length, missing: missing!, doubled: doubled! }
}

const steps_a_wave = 1000

/** The same for acknowledged seconds of waveform channels, sample by sample. */
export async function findSeconds(
  series: Series,
  points: readonly number[],
  acknowledged: readonly Second[],
): Promise<Found> {
  const [missing, doubled]: string[][] = [[], []]
  const last = acknowledged.reduce((most, { step }) => Math.max(most, step), -1)
  const seen = new Map<string, Float32Array>()
  for (const [channel, point] of points.entries())
    for (let from = 0; from <= last; from += steps_a_wave) {
      const wave = await series.wave(
        point,
        timeOf(from),
        timeOf(from + steps_a_wave),
        steps_a_wave * samples_a_block * 2,
      )
      if (wave.kind !== "samples") {
        missing!.push(`channel ${channel} from step ${from} came as an envelope: more samples than were sent`)
        continue
      }
      for (const run of wave.runs) {
        const key = `${channel}@${run.start}`
        if (seen.has(key)) doubled!.push(`second ${key} is there twice`)
        seen.set(key, run.values)
      }
    }
  for (const second of acknowledged) {
    const key = `${second.channel}@${timeOf(second.step)}`
    const values = seen.get(key)
    const same =
      values?.length === samples_a_block && values.every((v, k) => Math.round(v / sample_scale) === sampleOf(second, k))
    if (!same) missing!.push(`second ${key}: ${values ? `${values.length} samples that differ` : "nothing"}`)
  }
  return { acknowledged: acknowledged.length, missing: missing!, doubled: doubled! }
}
