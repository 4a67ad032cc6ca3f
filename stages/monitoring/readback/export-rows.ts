import { ProblemError, problem } from "../../../model/index.ts"
import type { RollupStep, Series } from "../../../platform/series/index.ts"
import type { PointRecord } from "../registry.ts"

export const export_kinds = ["readings", "rollups", "waves"] as const
export type ExportKind = (typeof export_kinds)[number]

/** Rows of one point in the order of time; columns after time are those of the kind. */
export type ExportRows = { point: PointRecord; time: ArrayLike<number>; columns: ArrayLike<number>[] }

/** Columns behind the time by kind. */
export const valueColumns: Record<ExportKind, readonly string[]> = {
  readings: ["value", "quality"],
  rollups: ["min", "max", "mean", "count", "quality"],
  waves: ["value", "quality"],
}

type Source = Pick<Series, "history" | "rollup" | "wave">
type Span = { from: number; to: number }

/** Rows that one question to the store may bring. */
const rows_a_window = 100_000
const points_a_window = 50
const step_ms = { "1min": 60_000, "15min": 900_000, "1h": 3_600_000, "1d": 86_400_000 } as const

/**
 * All rows of the points with from ≤ time < to, point by point, each in windows of time that the store answers without
 * leaving anything out. Yields after every window, with the share that is done.
 */
export async function* exportRows(
  series: Source,
  points: readonly PointRecord[],
  span: Span,
  kind: ExportKind,
  step: RollupStep,
): AsyncGenerator<{ rows: ExportRows[]; done: number }> {
  let finished = 0
  for (const group of groupsOf(points, span, kind, step)) {
    if (group.length > 1) {
      const { rows, dense } = await many(series, group, span, kind, step)
      finished += group.length - dense.length
      yield { rows, done: finished / points.length }
      for (const point of dense) {
        for await (const part of exportRows(series, [point], span, kind, step))
          yield { rows: part.rows, done: (finished + part.done) / points.length }
        finished++
      }
      continue
    }
    const point = group[0]!
    let width = windowOf(point, kind, step)
    for (let from = span.from; from < span.to; ) {
      const to = Math.min(span.to, from + width)
      const rows = await one(series, point, { from, to }, kind, step)
      if (rows === null) {
        // More than the store tells in one answer: ask for half the time.
        if (width <= 2) throw new ProblemError(tooDense(point, from))
        width = Math.max(1, Math.floor(width / 2))
        continue
      }
      from = to
      yield { rows: [rows], done: (finished + (from - span.from) / (span.to - span.from)) / points.length }
      if (rows.time.length < rows_a_window / 4) width = Math.min(width * 2, 400 * 86_400_000)
    }
    finished++
  }
}

/** Points whose whole span is little are asked for together; others one by one. */
function* groupsOf(points: readonly PointRecord[], span: Span, kind: ExportKind, step: RollupStep) {
  let group: PointRecord[] = []
  let rows = 0
  for (const point of points) {
    const own = kind === "waves" ? Number.POSITIVE_INFINITY : (span.to - span.from) / stepOf(point, kind, step)
    const fits = rows + own <= rows_a_window && group.length < points_a_window
    if (!fits && group.length > 0) {
      yield group
      group = []
      rows = 0
    }
    group.push(point)
    rows += own
    if (rows > rows_a_window) {
      yield group
      group = []
      rows = 0
    }
  }
  if (group.length > 0) yield group
}

const stepOf = (point: PointRecord, kind: ExportKind, step: RollupStep) =>
  kind === "rollups" ? step_ms[step] : Math.max(1, point.interval_ms)

function windowOf(point: PointRecord, kind: ExportKind, step: RollupStep): number {
  if (kind === "waves") return Math.max(1000, (rows_a_window * 500) / (point.spec.waveform?.rate_hz_max ?? 100))
  return (rows_a_window / 2) * stepOf(point, kind, step)
}

/** Rows of several points, and the points that have more readings than their interval lets expect. */
async function many(
  series: Source,
  group: PointRecord[],
  span: Span,
  kind: ExportKind,
  step: RollupStep,
): Promise<{ rows: ExportRows[]; dense: PointRecord[] }> {
  const ids = group.map((p) => p.id)
  if (kind === "rollups") {
    const rows = await series.rollup(ids, span.from, span.to, step)
    const of = Map.groupBy(rows, (r) => r.point)
    return { rows: group.map((point) => rollupRows(point, of.get(point.id) ?? [])), dense: [] }
  }
  const curves = await series.history(ids, span.from, span.to, Math.floor(most_rows / group.length))
  const of = new Map(curves.map((c) => [c.point, c]))
  const rows: ExportRows[] = []
  const dense: PointRecord[] = []
  for (const point of group) {
    const curve = of.get(point.id)
    if (curve?.decimated) dense.push(point)
    else if (curve) rows.push({ point, time: curve.time, columns: [curve.value, curve.quality] })
  }
  return { rows, dense }
}

/** As many as the store gives of one point, and a bound for several. */
const most_rows = 200_000

async function one(
  series: Source,
  point: PointRecord,
  { from, to }: Span,
  kind: ExportKind,
  step: RollupStep,
): Promise<ExportRows | null> {
  if (kind === "rollups") return rollupRows(point, await series.rollup([point.id], from, to, step))
  if (kind === "readings") {
    const [curve] = await series.history([point.id], from, to, most_rows)
    if (!curve) return { point, time: [], columns: [[], []] }
    return curve.decimated ? null : { point, time: curve.time, columns: [curve.value, curve.quality] }
  }
  const wave = await series.wave(point.id, from, to, most_rows)
  if (wave.kind !== "samples") return null
  const n = wave.runs.reduce((sum, run) => sum + run.values.length, 0)
  const time = new Float64Array(n)
  const value = new Float64Array(n)
  const flags = new Uint8Array(n)
  let i = 0
  for (const run of wave.runs)
    for (let k = 0; k < run.values.length; k++, i++) {
      time[i] = run.start + (k * 1000) / run.rate_hz
      value[i] = run.values[k]!
      flags[i] = run.quality
    }
  return { point, time, columns: [value, flags] }
}

const rollupRows = (
  point: PointRecord,
  rows: readonly { start: number; min: number; max: number; mean: number; count: number; quality: number }[],
): ExportRows => ({
  point,
  time: rows.map((r) => r.start),
  columns: (["min", "max", "mean", "count", "quality"] as const).map((name) => rows.map((r) => r[name])),
})

const tooDense = (point: PointRecord, at: number) =>
  problem(
    "export-too-dense",
    422,
    `测点 ${point.id} 在一毫秒内的读数过多，无法导出`,
    `Point ${point.id} has too many readings within one millisecond to be exported`,
    { field: "from", value: at },
  )
