/** A street of junctions with a pressure sensor each, whose readings break the limit again and again, and a bridge. */
import { encodeBlocks } from "../../platform/blocks/index.ts"

export const street_points = 12
export const minute_ms = 60_000
const from_ms = Date.UTC(2026, 0, 5)

const name = (i: number) => `K${String(i).padStart(2, "0")}`
const rows = <T>(make: (i: number) => T) => Array.from({ length: street_points }, (_, i) => make(i))

export const street = {
  file_name: "street.inp",
  text: `[TITLE]
A street
[JUNCTIONS]
${rows((i) => `${name(i)} 10 1`).join("\n")}
[RESERVOIRS]
R 60
[PIPES]
${rows((i) => `P${i} ${i === 0 ? "R" : name(i - 1)} ${name(i)} 400 200 120 0 Open`).join("\n")}
[OPTIONS]
Units CMH
[COORDINATES]
R -400 0
${rows((i) => `${name(i)} ${i * 400} 0`).join("\n")}
[END]
`,
  companion: { pressure_sensors: { ids: rows(name), interval_s: 60 } },
  origin: [117.23, 31.82] as [number, number],
}

export const deviceOf = (point: number) => `pressure-${name(point)}`
export const timeOf = (step: number) => from_ms + step * minute_ms

/**
 * Pressure in m of a point at a step: half an hour's cycle of which a half is under the limit, each second time far
 * under it. The thousandths number the reading, so that one cannot stand for another.
 */
export function pressureOf(point: number, step: number): number {
  const at = step + 5 * point
  const low = Math.floor(at / 30) % 2 === 0 ? 9 : 4
  return (at % 30 < 15 ? low : 30) + ((step * street_points + point) % 1000) / 1000
}

/** A reading of a gateway: which point, which step. */
export type Reading = { point: number; step: number }

/** The message of one reading. */
export const readingOf = (gateway: string, { point, step }: Reading, time = timeOf(step)) => ({
  topic: `v1/gateways/${gateway}/readings`,
  payload: JSON.stringify({ time, readings: { [deviceOf(point)]: { pressure_m: pressureOf(point, step) } } }),
})

export const bridge_gateway = "bridge-1"
/** A slow device behind the bridge's gateway. */
export const thermometer = `${bridge_gateway}-t`
export const bridge_channels = 4
export const channelOf = (channel: number) => `${bridge_gateway}-a${channel}`
export const rate_hz = 50
export const samples_a_block = 50
/** A count is a micrometre a second squared: no limit of a bridge is in reach. */
export const sample_scale = 1e-6

/** A second of a channel: the channel and the minute at whose beginning it stands. */
export type Second = { channel: number; step: number }

/** Sample `k` of a second; the first two number the block, so that one cannot stand for another. */
export function sampleOf({ channel, step }: Second, k: number): number {
  if (k === 0) return step % 30_000
  if (k === 1) return Math.floor(step / 30_000) * 100 + channel
  return ((channel * 7919 + step * 104_729 + k * 2_654_435) % 4001) - 2000
}

/** A second of all channels of a bridge that is shaken: 2 m/s² to and fro. */
export function shakingBlocks(start: number): Buffer {
  const samples = Int16Array.from({ length: samples_a_block }, (_, k) => (k % 2 === 0 ? 20_000 : -20_000))
  const data = new Uint8Array(samples.buffer)
  const rest = { indicator: "acceleration", unit: "m/s2", sequence: 0, rate_hz, count: samples_a_block, encoding: 0 }
  return encodeBlocks(
    Array.from({ length: bridge_channels }, (_, channel) => ({
      ...rest,
      device: channelOf(channel),
      start,
      scale: 1e-4,
      offset: 0,
      flags: 0,
      data,
    })),
  )
}

/** The message of one second of the bridge: a block of each channel. */
export function blocksOf(step: number, start = timeOf(step), channels = bridge_channels) {
  const blocks = Array.from({ length: channels }, (_, channel) => {
    const samples = Int16Array.from({ length: samples_a_block }, (_, k) => sampleOf({ channel, step }, k))
    return {
      device: channelOf(channel),
      indicator: "acceleration",
      unit: "m/s2",
      start,
      sequence: 0,
      rate_hz,
      count: samples_a_block,
      encoding: 0,
      scale: sample_scale,
      offset: 0,
      flags: 0,
      data: new Uint8Array(samples.buffer),
    }
  })
  return { topic: `v1/gateways/${bridge_gateway}/blocks`, payload: encodeBlocks(blocks, step % 2 === 0) }
}
