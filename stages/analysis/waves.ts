/**
 * What waveform channels say each minute of event time: the largest absolute sample, the RMS about the mean and the
 * frequency of the highest peak of the spectrum, as ordinary readings of the same device. Pure; columns by channel, no
 * object per channel. A minute is not saved: it is made anew from its batches.
 */
import type { CityView, Indicator } from "../../lifelines/contract.ts"
import { appendReading, type ReadingBatch, readingBatch } from "../../model/index.ts"
import { createPeriodogram, peakFrequency } from "../../science/index.ts"
import { ownsPoint, type Shard } from "./deal.ts"
import type { Saved, SavedWaves } from "./saved.ts"

const minute_ms = 60_000
const segment = 512
const bins = segment / 2 + 1
/** Channels of one worker with a spectrum (3 KiB each); those beyond have peak and RMS only. */
export const spectra_max = 200_000
/** A channel that fell silent within a minute closes it when the city clock is this far past its end. */
export const silence_ms = 120_000
const check_ms = 10_000
/** Below this rate a minute has too few samples to leave some out at its start. */
const stagger_rate_hz_min = 25
const slack_ms = 1e-6

/** What waveform indicators derive, by `lifeline|indicator`. */
export type Derives = ReadonlyMap<string, NonNullable<Indicator["waveform"]>["derives"]>

export type Waves = {
  channels: number
  watches(point: number): boolean
  /** Takes a block's samples (values in the canonical unit); those that the channel has had are skipped. */
  take(
    point: number,
    start: number,
    rate_hz: number,
    samples: Float32Array,
    n: number,
    flags: number,
    arrived: number,
    batch: number,
    replayed: boolean,
  ): void
  advance(watermark: number): void
  /** The readings made since the last call, or null. */
  derived(): ReadingBatch | null
  oldestBatch(): number
  save(): SavedWaves
  stats(): { channels: number; minutes: number; late: number; skipped: number; without_spectrum: number }
}

export function createWaves(derives: Derives, city: CityView, saved: Saved | undefined, shard: Shard): Waves {
  const { points, peak_point, rms_point, frequency_point } = channelsOf(derives, city, shard)
  const n_channels = points.length
  const id_max = points.reduce((most, id) => Math.max(most, id), -1)
  /** Channel + 1 by point id; 0 for none. */
  const channel_of = new Int32Array(id_max + 1)
  points.forEach((id, c) => {
    channel_of[id] = c + 1
  })
  // Rows of segments and powers go only to channels with a frequency to say.
  const row = new Int32Array(n_channels).fill(-1)
  let rows = 0
  let without_spectrum = 0
  frequency_point.forEach((id, c) => {
    if (id < 0) return
    if (rows < spectra_max) row[c] = rows++
    else without_spectrum++
  })
  const segments = new Float32Array(rows * segment)
  const power = new Float32Array(rows * bins)
  const place = new Float64Array(n_channels).fill(Number.NaN)
  const minute = new Float64Array(n_channels).fill(Number.NaN)
  const closed = new Float64Array(n_channels).fill(Number.NEGATIVE_INFINITY)
  const rate = new Float64Array(n_channels)
  const count = new Uint32Array(n_channels)
  /** First sample of the minute, and the sums of what samples differ from it by, and of its square. */
  const base = new Float64Array(n_channels)
  const sum = new Float64Array(n_channels)
  const sum_of_squares = new Float64Array(n_channels)
  const peak = new Float32Array(n_channels)
  const quality = new Uint8Array(n_channels)
  const arrived_last = new Float64Array(n_channels)
  const first_batch = new Float64Array(n_channels).fill(Number.POSITIVE_INFINITY)
  const filled = new Uint16Array(n_channels)
  const left_out = new Uint16Array(n_channels)
  const averaged = new Uint16Array(n_channels)
  const periodogram = createPeriodogram(segment)
  let out: ReadingBatch | null = null
  let checked = Number.NEGATIVE_INFINITY
  let minutes = 0
  let late = 0
  let skipped = 0

  for (const w of saved?.waves ?? []) {
    let id = 0
    for (let i = 0; i < w.point.length; i++) {
      id += w.point[i]!
      const c = (channel_of[id] ?? 0) - 1
      if (c >= 0) closed[c] = w.closed_minute[i]! * minute_ms
    }
  }

  function open(c: number, m: number, rate_hz: number, batch: number) {
    minute[c] = m
    rate[c] = rate_hz
    count[c] = 0
    sum[c] = 0
    sum_of_squares[c] = 0
    peak[c] = 0
    quality[c] = 0
    first_batch[c] = batch
    // Channels begin their segments apart, so that a whole city's transforms do not fall into the same second.
    left_out[c] = rate_hz >= stagger_rate_hz_min ? points[c]! % (segment / 2) : 0
    clearSpectrum(c)
  }

  function clearSpectrum(c: number) {
    filled[c] = 0
    averaged[c] = 0
    const r = row[c]!
    if (r >= 0) power.fill(0, r * bins, (r + 1) * bins)
  }

  function close(c: number) {
    const end = minute[c]! + minute_ms
    const n = count[c]!
    if (n > 0) {
      minutes++
      say(peak_point[c]!, end, peak[c]!, c)
      if (n > 1) say(rms_point[c]!, end, Math.sqrt(Math.max(0, sum_of_squares[c]! - sum[c]! ** 2 / n) / n), c)
      if (averaged[c]! > 0 && n * 2 >= (rate[c]! * minute_ms) / 1000) {
        const hz = peakFrequency(power, rate[c]!, segment, row[c]! * bins, bins)
        if (hz !== null) say(frequency_point[c]!, end, hz, c)
      }
    }
    closed[c] = end
    minute[c] = Number.NaN
    first_batch[c] = Number.POSITIVE_INFINITY
  }

  function say(point: number, time: number, value: number, c: number) {
    if (point < 0) return
    out = appendReading(out ?? readingBatch(256), point, time, 0, value, quality[c]!, arrived_last[c]!)
  }

  /**
   * One sample after another, so that the sums are the same to the last bit however the samples came in blocks. Taken
   * from the first sample, a large offset costs no digits.
   */
  function add(c: number, samples: Float32Array, from: number, to: number) {
    if (count[c] === 0) base[c] = samples[from]!
    const first = base[c]!
    let most = peak[c]!
    let s1 = sum[c]!
    let s2 = sum_of_squares[c]!
    for (let i = from; i < to; i++) {
      const v = samples[i]!
      const size = v < 0 ? -v : v
      if (size > most) most = size
      const off = v - first
      s1 += off
      s2 += off * off
    }
    peak[c] = most
    sum[c] = s1
    sum_of_squares[c] = s2
    count[c]! += to - from
    if (row[c]! >= 0) fill(c, samples, from, to)
  }

  /** Gathers segments that overlap by half (Welch 1967) and adds up their powers. */
  function fill(c: number, samples: Float32Array, from: number, to: number) {
    const begin = row[c]! * segment
    let i = from
    const out_now = Math.min(left_out[c]!, to - i)
    left_out[c]! -= out_now
    i += out_now
    let at = filled[c]!
    while (i < to) {
      const n = Math.min(segment - at, to - i)
      for (let k = 0; k < n; k++) segments[begin + at + k] = samples[i + k]!
      at += n
      i += n
      if (at < segment) break
      periodogram.add(segments, begin, power, row[c]! * bins)
      averaged[c]!++
      segments.copyWithin(begin, begin + segment / 2, begin + segment)
      at = segment / 2
    }
    filled[c] = at
  }

  return {
    channels: n_channels,
    watches: (point) => point >= 0 && point <= id_max && channel_of[point] !== 0,
    take(point, start, rate_hz, samples, n, flags, arrived, batch, replayed) {
      const c = channel_of[point]! - 1
      const step_ms = 1000 / rate_hz
      const ahead = (start - place[c]!) / step_ms
      let from = 0
      if (ahead < -0.5) from = Math.round(-ahead)
      if (from >= n) {
        if (!replayed) skipped++
        return
      }
      if (ahead > 0.5) filled[c] = 0 // A segment has no gap in it.
      place[c] = start + n * step_ms
      while (from < n) {
        const m = Math.floor((start + from * step_ms + slack_ms) / minute_ms) * minute_ms
        const to = Math.max(from + 1, Math.min(n, Math.ceil((m + minute_ms - start - slack_ms) / step_ms)))
        if (m !== minute[c]) {
          if (minute[c]! < m) close(c)
          if (m >= closed[c]!) open(c, m, rate_hz, batch)
        }
        if (m < closed[c]!) {
          if (!replayed) late += to - from
        } else {
          if (rate[c] !== rate_hz) {
            rate[c] = rate_hz
            clearSpectrum(c)
          }
          quality[c]! |= flags
          arrived_last[c] = arrived
          add(c, samples, from, to)
        }
        from = to
      }
    },
    advance(watermark) {
      const check = Math.floor(watermark / check_ms)
      if (check <= checked) return
      checked = check
      const before = check * check_ms - silence_ms - minute_ms
      for (let c = 0; c < n_channels; c++) if (minute[c]! <= before) close(c)
    },
    derived() {
      const made = out
      out = null
      return made
    },
    oldestBatch() {
      let oldest = Number.POSITIVE_INFINITY
      for (let c = 0; c < n_channels; c++) if (first_batch[c]! < oldest) oldest = first_batch[c]!
      return oldest
    },
    save() {
      const known = Array.from({ length: n_channels }, (_, c) => c).filter((c) => Number.isFinite(closed[c]))
      let before = 0
      const point = Int32Array.from(known, (c) => {
        const more = points[c]! - before
        before = points[c]!
        return more
      })
      return { point, closed_minute: Int32Array.from(known, (c) => closed[c]! / minute_ms) }
    },
    stats: () => ({ channels: n_channels, minutes, late, skipped, without_spectrum }),
  }
}

/** The channels of this worker and the points that each derives, -1 for none. Keeps nothing of the city. */
function channelsOf(derives: Derives, city: CityView, shard: Shard) {
  const mine = city.points.filter((p) => derives.has(`${p.lifeline}|${p.indicator}`) && ownsPoint(shard, p.id))
  const names = mine.map((p) => derives.get(`${p.lifeline}|${p.indicator}`)!)
  const ids = idsOf(city, mine, names)
  const idOf = (i: number, indicator: string | undefined) =>
    indicator === undefined ? -1 : (ids.get(`${mine[i]!.device_code}|${indicator}`) ?? -1)
  return {
    points: Int32Array.from(mine, (p) => p.id),
    peak_point: Int32Array.from(names, (d, i) => idOf(i, d.peak)),
    rms_point: Int32Array.from(names, (d, i) => idOf(i, d.rms)),
    frequency_point: Int32Array.from(names, (d, i) => idOf(i, d.frequency)),
  }
}

/** Ids of the points that channels derive, by device and indicator. */
function idsOf(city: CityView, mine: CityView["points"], names: { peak?: string; rms?: string; frequency?: string }[]) {
  const wanted = new Set<string>()
  mine.forEach((p, i) => {
    const d = names[i]!
    for (const indicator of [d.peak, d.rms, d.frequency])
      if (indicator !== undefined) wanted.add(`${p.device_code}|${indicator}`)
  })
  const ids = new Map<string, number>()
  if (wanted.size === 0) return ids
  const indicators = new Set(names.flatMap((d) => [d.peak, d.rms, d.frequency]))
  for (const p of city.points) {
    if (!indicators.has(p.indicator)) continue
    const key = `${p.device_code}|${p.indicator}`
    if (wanted.has(key)) ids.set(key, p.id)
  }
  return ids
}
