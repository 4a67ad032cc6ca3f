import { type CurveView, getJson } from "../api.ts"
import type { Request } from "./loader.ts"
import { step_ms } from "./source.ts"
import { type Strip, stripOfBuckets, stripOfCurve, stripOfRuns } from "./strip.ts"

/** Roll-ups in columns, as the server sends them. */
export type RollupColumns = {
  point: number
  start: number[]
  min: number[]
  max: number[]
  mean: number[]
  count: number[]
  quality: number[]
}
/** Samples or an envelope; values as base64 of little-endian float32. */
export type WaveAnswer = {
  kind: string
  runs?: { start: number; rate_hz: number; quality: number; values: string }[]
  step_ms?: number
  time?: number[]
  min?: string
  max?: string
  quality?: number[]
}

/** Longer tiles of a waveform are never samples; their envelope needs no more buckets than the screen shows. */
const envelope_ms = 3_600_000

/** Fetches one tile for some points from where it stands; throws ApiError. */
export async function fetchTile(r: Request, signal: AbortSignal): Promise<ReadonlyMap<number, Strip>> {
  const from = Math.round(r.window.from)
  const to = Math.round(r.window.to)
  const ids = r.points.map((p) => p.id).join()
  const intervalOf = (id: number) => r.points.find((p) => p.id === id)?.interval_ms ?? 60_000
  if (r.source === "raw") {
    const curves = await getJson<CurveView[]>(
      "/api/monitoring/curves",
      { points: ids, from, to, max: r.values },
      signal,
    )
    return new Map(curves.map((c) => [c.point, stripOfCurve(c, intervalOf(c.point))]))
  }
  if (r.source === "wave") {
    const point = r.points[0]!.id
    const wave = await getJson<WaveAnswer>(
      `/api/monitoring/waves/${point}`,
      { from, to, max: r.values * (to - from > envelope_ms ? 1 : 4), format: "base64" },
      signal,
    )
    return new Map([[point, stripOfWave(wave)]])
  }
  const step = r.source
  const rows = await getJson<RollupColumns[]>("/api/monitoring/rollups", { points: ids, from, to, step }, signal)
  return new Map(rows.map((c) => [c.point, stripOfBuckets(c, step_ms[step], intervalOf(c.point))]))
}

/** Samples as they are, or the envelope's buckets with their lowest and highest. */
export function stripOfWave(wave: WaveAnswer): Strip {
  if (wave.kind === "samples")
    return stripOfRuns((wave.runs ?? []).map((run) => ({ ...run, values: floatsOf(run.values) })))
  const step = wave.step_ms ?? 1
  return stripOfBuckets(
    {
      start: wave.time ?? [],
      min: floatsOf(wave.min ?? ""),
      max: floatsOf(wave.max ?? ""),
      mean: null,
      quality: wave.quality ?? [],
    },
    step,
    step,
  )
}

/** Little-endian float32 out of base64. */
export function floatsOf(base64: string): Float32Array {
  const text = atob(base64)
  const view = new DataView(new ArrayBuffer(text.length))
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i))
  const out = new Float32Array(text.length >> 2)
  for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(i * 4, true)
  return out
}
