/** The size of the comparison, and the past that both engines are given. */
import { hundredths, kindOf, pointCode } from "./senders/peer-values.ts"

/** Points that send once a second, in both engines. */
export const points = 20_000
/** An even load lasts so long in each turn, s; each engine has two turns. */
export const even_s = 22
export const even_lines_s = 10
export const flat_out_s = 6
export const turns = 2
/** Times that each engine is killed in each turn. */
export const kills_a_turn = 3
/** Crossings of a limit in each turn; each needs a point of its own. */
export const crossings_a_turn = 15
export const canaries = crossings_a_turn * turns
/** Lines of a body; 4 bodies under way at most. */
export const lines_a_body = 2000
export const flat_out_lines_a_body = 10_000
/** The HTTP door of ours takes bodies of 8 MiB. */
export const clients = 4

export const canaryGateway = "PGC"
export const canaryCode = (i: number): string => `C${i}`
export const pastPointCode = (i: number): string => `H${i}`
export const killedCode = "KILLED"
/** Each query is asked once of each of these, so that no cache answers. */
export const past_points = 7

export type PastReading = { device: string; indicator: string; time: number; value: number }

const day_ms = 86_400_000
const dense_points = 1000
const dense_s = 1200
/** Device clocks and networks are not exact: times differ from the second by up to this, and arrivals follow later. */
const jitter_ms = 20
/** The i-th of numbers without order below `below`: neighbours have nothing in common. */
export const scattered = (i: number, below: number): number =>
  ((Math.imul(i ^ (i >>> 15), 0x2c1b3c6d) ^ (i << 3)) >>> 12) % below

/**
 * The past: twenty minutes of 1,000 points each second, and of seven points a day each second and a year each ten minutes.
 * In parts as they would have arrived. `end` is the instant before which all of it lies.
 */
export function* past(end: number): Generator<PastReading[]> {
  const rows_a_part = 100_000
  let part: PastReading[] = []
  const add = function* (device: string, k: number, r: number, time: number): Generator<PastReading[]> {
    const jitter = scattered(r * 31 + k * 7907, jitter_ms)
    part.push({ device, indicator: kindOf(k), time: time + jitter, value: hundredths(k, r) / 100 })
    if (part.length < rows_a_part) return
    yield part
    part = []
  }
  const year_steps = (365 * day_ms) / 600_000
  for (let s = 0; s < year_steps - 144; s++)
    for (let i = 0; i < past_points; i++) yield* add(pastPointCode(i), i, s, end - 365 * day_ms + s * 600_000)
  for (let s = 0; s < day_ms / 1000; s++)
    for (let i = 0; i < past_points; i++) yield* add(pastPointCode(i), i, s, end - day_ms + s * 1000)
  for (let s = 0; s < dense_s; s++)
    for (let k = 0; k < dense_points; k++) yield* add(pointCode(k), k, s, end - dense_s * 1000 + s * 1000 + (k % 900))
  if (part.length > 0) yield part
}
