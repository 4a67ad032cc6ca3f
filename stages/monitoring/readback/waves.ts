import { ProblemError, problem } from "../../../model/index.ts"
import { blockLimits, encodeBlocks, type WireBlock } from "../../../platform/blocks/index.ts"
import type { Series, Wave, WaveRun } from "../../../platform/series/index.ts"
import { spectrogram, welch } from "../../../science/index.ts"
import type { PointRecord } from "../registry.ts"

/** Samples of one answer at most; a spectrum takes ten minutes at 1,000 Hz. */
export const samples_max = 200_000
/** Samples of one answer in the wire format: as float32 they stay within one message. */
export const wire_samples_max = 250_000
const spectrum_samples_max = 600_000
const spectrum_ms_max = 600_000

/** A waveform as an answer shows it: samples as lists or base64 of little-endian float32, or an envelope. */
export function waveView(wave: Wave, unit: string, format: "json" | "base64") {
  const list = (values: Float32Array) =>
    format === "base64"
      ? Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64")
      : Array.from(values)
  if (wave.kind === "samples")
    return {
      point: wave.point,
      unit,
      kind: wave.kind,
      runs: wave.runs.map((run) => ({ ...run, values: list(run.values) })),
    }
  return {
    point: wave.point,
    unit,
    kind: wave.kind,
    step_ms: wave.step_ms,
    time: [...wave.time],
    min: list(wave.min),
    max: list(wave.max),
    rms: list(wave.rms),
    quality: [...wave.quality],
  }
}

/** All samples of the range as runs; a problem where they are more than `most`. */
export async function samplesBetween(
  series: Pick<Series, "wave">,
  point: number,
  from: number,
  to: number,
  most: number,
): Promise<WaveRun[]> {
  const wave = await series.wave(point, from, to, most)
  if (wave.kind !== "samples") throw new ProblemError(tooManySamples(most))
  return wave.runs
}

/** The raw slice as one message of our wire format, float32 in the point's unit; starts are rounded to a millisecond. */
export function waveMessage(point: PointRecord, runs: readonly WaveRun[]): Buffer {
  const blocks: WireBlock[] = []
  for (const run of runs)
    for (let at = 0; at < run.values.length; at += blockLimits.samples_a_block) {
      const values = run.values.slice(at, at + blockLimits.samples_a_block)
      blocks.push({
        device: point.device.code,
        indicator: point.indicator,
        unit: point.unit,
        start: Math.round(run.start + (at * 1000) / run.rate_hz),
        sequence: 0,
        rate_hz: run.rate_hz,
        count: values.length,
        encoding: 1,
        scale: 1,
        offset: 0,
        // Only what a device says of itself has a place in the wire format.
        flags: run.quality & wire_flags,
        data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      })
    }
  if (blocks.length === 0) throw new ProblemError(noSamples)
  if (blocks.length > blockLimits.blocks) throw new ProblemError(tooManySamples(wire_samples_max))
  return encodeBlocks(blocks)
}

const wire_flags = 1 | 64 | 128

/** The longest unbroken run within the range, from which a spectrum can be made. */
async function longestRun(series: Pick<Series, "wave">, point: number, from: number, to: number): Promise<WaveRun> {
  if (to - from > spectrum_ms_max) throw new ProblemError(rangeTooLong)
  const runs = await samplesBetween(series, point, from, to, spectrum_samples_max)
  const run = runs.reduce<WaveRun | null>((a, b) => (a && a.values.length >= b.values.length ? a : b), null)
  if (!run || run.values.length < spectrum_samples_min) throw new ProblemError(noSamples)
  return run
}

const spectrum_samples_min = 64
const used = (run: WaveRun) => ({
  from: run.start,
  to: run.start + (run.values.length * 1000) / run.rate_hz,
  samples: run.values.length,
  rate_hz: run.rate_hz,
})

/** Power spectral density of the longest unbroken run, by Welch; the square of the unit per Hz. */
export async function waveSpectrum(
  series: Pick<Series, "wave">,
  point: PointRecord,
  from: number,
  to: number,
  segment: number,
) {
  const run = await longestRun(series, point.id, from, to)
  const { frequency_hz, density, segments } = welch(run.values, run.rate_hz, { segment })
  return {
    point: point.id,
    unit: point.unit,
    used: used(run),
    segments,
    frequency_hz: [...frequency_hz],
    density: [...density],
  }
}

/** Densities over time of the longest unbroken run: row i of `density` (base64 of float32) belongs to time[i]. */
export async function waveSpectrogram(
  series: Pick<Series, "wave">,
  point: PointRecord,
  from: number,
  to: number,
  bins: number,
  segment: number,
) {
  const run = await longestRun(series, point.id, from, to)
  const { time_s, frequency_hz, density } = spectrogram(run.values, run.rate_hz, { segment, columns: bins })
  return {
    point: point.id,
    unit: point.unit,
    used: used(run),
    time: Array.from(time_s, (s) => run.start + s * 1000),
    frequency_hz: [...frequency_hz],
    density: Buffer.from(density.buffer, density.byteOffset, density.byteLength).toString("base64"),
  }
}

const tooManySamples = (most: number) =>
  problem(
    "too-many-samples",
    400,
    `该时段的样本超过 ${most} 个，请缩短时段`,
    `The range has more than ${most} samples; ask for a shorter one`,
    { field: "to", value: most },
  )
const rangeTooLong = problem(
  "range-too-long",
  400,
  "频谱的时段最长 10 分钟，请缩短",
  "A spectrum takes at most 10 minutes; ask for a shorter range",
  { field: "to", value: spectrum_ms_max },
)
const noSamples = problem(
  "no-samples",
  404,
  "该时段没有足够的连续样本",
  "The range has no run of samples that is long enough",
  { field: "from" },
)
export const notWaveform = (indicator: string) =>
  problem(
    "not-a-waveform",
    400,
    `${indicator} 不是波形指标，请用曲线接口`,
    `${indicator} is not a waveform; ask for its curve`,
    { field: "point", value: indicator },
  )
