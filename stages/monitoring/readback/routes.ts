import Type from "typebox"
import { ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { Id, Time } from "../../../platform/http/views.ts"
import type { Latest } from "../../../platform/series/index.ts"
import { type LatestField, latest_fields, latestColumns, rollupColumns } from "./columns.ts"
import { LatestColumns, RollupColumns, SpectrogramView, SpectrumView, WaveView } from "./views.ts"
import { checkSpan, type PointFilter, type Visible } from "./visible.ts"
import {
  notWaveform,
  samples_max,
  samplesBetween,
  waveMessage,
  waveSpectrogram,
  waveSpectrum,
  waveView,
  wire_samples_max,
} from "./waves.ts"

const latest_points_max = 10_000
const rollup_points_max = 100
const rollup_rows_max = 500_000
export const step_ms = { "1min": 60_000, "15min": 900_000, "1h": 3_600_000, "1d": 86_400_000 } as const
export const Step = Type.Union([Type.Literal("1min"), Type.Literal("15min"), Type.Literal("1h"), Type.Literal("1d")])
const Points = (most: number) => Type.String({ maxLength: most * 9, pattern: "^\\d+(,\\d+)*$" })
const span = { from: Time, to: Time }
const segment = { segment: Type.Optional(Type.Union([256, 512, 1024, 2048, 4096, 8192].map((n) => Type.Literal(n)))) }

/** Reading back: latest of many, roll-ups, waveforms and their spectra. */
export function installReadRoutes(
  { http, series }: Pick<App, "http" | "series">,
  visible: Visible,
  latest: (points: readonly number[]) => Latest[],
) {
  http.route({
    method: "GET",
    url: "/api/monitoring/latest/columns",
    permission: "readings.read",
    summary: "Latest readings of many points in columns: of all, of an area, a lifeline or an indicator, or of some",
    query: Type.Object({
      points: Type.Optional(Points(latest_points_max)),
      area: Type.Optional(Type.String({ maxLength: 100 })),
      lifeline: Type.Optional(Type.String({ maxLength: 100 })),
      indicator: Type.Optional(Type.String({ maxLength: 100 })),
      all: Type.Optional(Type.String({ pattern: "^(1|true)$" })),
      fields: Type.Optional(Type.String({ maxLength: 100 })),
    }),
    response: LatestColumns,
    async handler({ query, scopes, reply }) {
      const fields = fieldsOf(query.fields)
      const ids = await asked(query, scopes)
      const text = latestColumns(latest(ids), fields)
      return reply.header("content-type", "application/json; charset=utf-8").send(text)
    },
  })

  async function asked(query: PointFilter & { points?: string; all?: string }, scopes: readonly Scope[]) {
    const { points, all, area, lifeline, indicator } = query
    if (points !== undefined) return (await visible.these(scopes, points, latest_points_max)).map((p) => p.id)
    if (all === undefined && area === undefined && lifeline === undefined && indicator === undefined)
      throw new ProblemError(nothingAsked)
    return await visible.all(scopes, {
      ...(area !== undefined && { area }),
      ...(lifeline !== undefined && { lifeline }),
      ...(indicator !== undefined && { indicator }),
    })
  }

  http.route({
    method: "GET",
    url: "/api/monitoring/rollups",
    permission: "readings.read",
    summary: "Minimum, maximum, mean, count and quality of some points per minute, quarter, hour or day (UTC)",
    query: Type.Object({ points: Points(rollup_points_max), ...span, step: Step }),
    response: RollupColumns,
    async handler({ query, scopes }) {
      checkSpan(query.from, query.to)
      const points = await visible.these(scopes, query.points, rollup_points_max)
      const rows = points.length * Math.ceil((query.to - query.from) / step_ms[query.step as keyof typeof step_ms])
      if (rows > rollup_rows_max) throw new ProblemError(tooManySteps(rows))
      const ids = points.map((p) => p.id)
      return rollupColumns(points, await series.rollup(ids, query.from, query.to, query.step))
    },
  })

  async function waveform(id: number, query: { from: number; to: number }, scopes: readonly Scope[]) {
    checkSpan(query.from, query.to)
    const [point] = await visible.these(scopes, String(id), 1)
    if (!point!.spec.waveform) throw new ProblemError(notWaveform(point!.indicator))
    return point!
  }
  const params = Type.Object({ point: Id })

  http.route({
    method: "GET",
    url: "/api/monitoring/waves/:point",
    permission: "readings.read",
    summary: "A waveform: its samples, or an envelope (min, max, RMS) of about `max` buckets where there are more",
    params,
    query: Type.Object({
      ...span,
      max: Type.Optional(Type.Integer({ minimum: 2, maximum: samples_max })),
      format: Type.Optional(Type.Union([Type.Literal("json"), Type.Literal("base64")])),
    }),
    response: WaveView,
    async handler({ params, query, scopes }) {
      const point = await waveform(params.point, query, scopes)
      const wave = await series.wave(point.id, query.from, query.to, query.max ?? 10_000)
      return waveView(wave, point.unit, query.format ?? "json")
    },
  })
  http.route({
    method: "GET",
    url: "/api/monitoring/waves/:point/blocks",
    permission: "readings.read",
    summary: "The raw slice of a waveform as one message of blocks (docs/guide/blocks.md)",
    params,
    query: Type.Object(span),
    async handler({ params, query, scopes, reply }) {
      const point = await waveform(params.point, query, scopes)
      const runs = await samplesBetween(series, point.id, query.from, query.to, wire_samples_max)
      return reply.header("content-type", "application/octet-stream").send(waveMessage(point, runs))
    },
  })
  http.route({
    method: "GET",
    url: "/api/monitoring/waves/:point/spectrum",
    permission: "readings.read",
    summary: "Power spectral density (Welch) of the longest unbroken run of at most 10 minutes",
    params,
    query: Type.Object({ ...span, ...segment }),
    response: SpectrumView,
    async handler({ params, query, scopes }) {
      const point = await waveform(params.point, query, scopes)
      return await waveSpectrum(series, point, query.from, query.to, query.segment ?? 1024)
    },
  })
  http.route({
    method: "GET",
    url: "/api/monitoring/waves/:point/spectrogram",
    permission: "readings.read",
    summary: "Power spectral density over time of the longest unbroken run of at most 10 minutes",
    params,
    query: Type.Object({
      ...span,
      ...segment,
      bins: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    response: SpectrogramView,
    async handler({ params, query, scopes }) {
      const point = await waveform(params.point, query, scopes)
      return await waveSpectrogram(series, point, query.from, query.to, query.bins ?? 300, query.segment ?? 512)
    },
  })
}

function fieldsOf(text: string | undefined): LatestField[] {
  if (text === undefined) return ["time", "value", "quality"]
  const names = text.split(",")
  const wrong = names.find((name) => !(latest_fields as readonly string[]).includes(name))
  if (wrong !== undefined) throw new ProblemError(wrongField(wrong))
  return [...new Set(names as LatestField[])]
}

const wrongField = (value: string) =>
  problem("bad-field", 400, `fields 只能含 ${latest_fields.join("、")}`, `fields may be ${latest_fields.join(", ")}`, {
    field: "fields",
    value,
  })
const nothingAsked = problem(
  "nothing-asked",
  400,
  "请写明 points、area、lifeline、indicator 或 all=1",
  "Say points, area, lifeline, indicator or all=1",
  { field: "points" },
)
const tooManySteps = (value: number) =>
  problem(
    "too-many-rows",
    400,
    `将有 ${value} 行，超过上限 ${rollup_rows_max}；请缩短时段或加大 step`,
    `That would be ${value} rows, more than ${rollup_rows_max}; ask for a shorter range or a longer step`,
    { field: "step", value },
  )
