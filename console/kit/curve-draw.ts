import type uPlot from "uplot"
import { font, levelColours, type Tokens } from "../theme/index.ts"
import { dateText, minuteOfDay, minuteText } from "../time.ts"
import {
  type CurveEvent,
  type CurveLimit,
  type CurveSeries,
  gapsOf,
  ticksOf,
  timeStep,
  timeTicks,
} from "./curve-data.ts"
import { levelShapes } from "./level.tsx"
import { numberText, unitText } from "./numbers.tsx"

export type Drawing = {
  tokens: Tokens
  series: CurveSeries[]
  limits: CurveLimit[]
  events: CurveEvent[]
  gap_word: string
  time_axis: boolean
  /** Values after this time are not known yet: hatched. */
  known_until: number | null
}

/** Grid, axis words, gaps and the unknown future: behind the lines. */
export function drawBehind(u: uPlot, d: Drawing): void {
  const { ctx, ratio, x, y, left, right, top, bottom } = frame(u)
  ctx.save()
  const subject = d.series.find((s) => s.role === "subject")
  ctx.font = `${11 * ratio}px ${font}`
  if (d.known_until !== null && x(d.known_until) < right)
    hatch(ctx, x(d.known_until), top, right, bottom, ratio, d.tokens.line_2)
  if (subject)
    for (const gap of gapsOf(subject)) {
      ctx.fillStyle = d.tokens.gap
      ctx.fillRect(x(gap.from), top, x(gap.to) - x(gap.from), bottom - top)
      ctx.fillStyle = d.tokens.ink_3
      ctx.textAlign = "center"
      const words = `${d.gap_word} ${gapText(gap.to - gap.from)}`
      if (ctx.measureText(words).width < x(gap.to) - x(gap.from))
        ctx.fillText(words, (x(gap.from) + x(gap.to)) / 2, bottom - 6 * ratio)
    }
  const { min = 0, max = 1 } = u.scales.y ?? {}
  const ticks = ticksOf(min ?? 0, max ?? 1)
  ctx.lineWidth = ratio
  ctx.textAlign = "left"
  const digits = decimalsOf(ticks)
  ticks.forEach((tick, i) => {
    const at = Math.round(y(tick)) + 0.5
    ctx.strokeStyle = d.tokens.plot_grid
    line(ctx, left, at, right, at)
    ctx.fillStyle = d.tokens.ink_3
    const unit = i === ticks.length - 1 && subject ? ` ${unitText(subject.unit)}` : ""
    ctx.fillText(numberText(tick, digits) + unit, left, at - 3 * ratio)
  })
  if (d.time_axis) {
    const { min: from = 0, max: to = 1 } = u.scales.x ?? {}
    const step = timeStep(to! - from!, (right - left) / ratio)
    for (const t of timeTicks(from!, to!, step, minuteOfDay)) {
      ctx.strokeStyle = d.tokens.plot_grid
      line(ctx, x(t), bottom, x(t), bottom + 4 * ratio)
      ctx.fillStyle = d.tokens.ink_3
      ctx.textAlign = "center"
      if (x(t) > left + 14 * ratio && x(t) < right - 8 * ratio)
        ctx.fillText(step >= 86_400_000 ? dateText(t).slice(5) : minuteText(t), x(t), bottom + 16 * ratio)
    }
  }
  ctx.restore()
}

/** Thresholds, events and the newest point: over the lines. */
export function drawOver(u: uPlot, d: Drawing): void {
  const { ctx, ratio, x, y, left, right, top, bottom } = frame(u)
  ctx.save()
  ctx.font = `${11 * ratio}px ${font}`
  for (const limit of d.limits) {
    const at = y(limit.value)
    if (at < top - 2 || at > bottom + 2) continue
    const colours = levelColours(d.tokens, limit.severity)
    ctx.strokeStyle = colours.edge
    ctx.lineWidth = 1.2 * ratio
    ctx.setLineDash([5 * ratio, 3 * ratio])
    line(ctx, left, at, right, at)
    ctx.setLineDash([])
    ctx.fillStyle = colours.ink
    ctx.textAlign = "left"
    ctx.lineWidth = 3 * ratio
    ctx.strokeStyle = d.tokens.bg_panel
    ctx.strokeText(limit.text, left + 58 * ratio, at - 4 * ratio)
    ctx.fillText(limit.text, left + 58 * ratio, at - 4 * ratio)
  }
  for (const event of d.events) {
    const at = Math.round(x(event.time)) + 0.5
    if (at < left || at > right) continue
    ctx.strokeStyle = d.tokens.ink
    ctx.lineWidth = ratio
    ctx.setLineDash([2 * ratio, 2 * ratio])
    line(ctx, at, top - 4 * ratio, at, bottom)
    ctx.setLineDash([])
    drawLevel(ctx, d.tokens, event.severity, event.seen ? "seen" : "new", at, top - 8 * ratio, 12 * ratio)
    if (event.text) {
      ctx.fillStyle = d.tokens.ink
      ctx.font = `500 ${11 * ratio}px ${font}`
      ctx.textAlign = "right"
      ctx.lineWidth = 3 * ratio
      ctx.strokeStyle = d.tokens.bg_panel
      ctx.strokeText(event.text, at - 5 * ratio, top + 12 * ratio)
      ctx.fillText(event.text, at - 5 * ratio, top + 12 * ratio)
    }
  }
  const subject = d.series.find((s) => s.role === "subject")
  const last = subject ? lastOf(subject) : null
  if (last && x(last[0]) <= right + 1) {
    ctx.beginPath()
    ctx.arc(x(last[0]), y(last[1]), 4 * ratio, 0, 7)
    ctx.fillStyle = d.tokens.plot
    ctx.fill()
    ctx.lineWidth = 1.5 * ratio
    ctx.strokeStyle = d.tokens.bg_panel
    ctx.stroke()
  }
  ctx.restore()
}

/** Draws a level's shape with its number, centred; used by charts and by the map's icons. */
export function drawLevel(
  ctx: CanvasRenderingContext2D,
  tokens: Tokens,
  level: 1 | 2 | 3 | 4,
  state: "new" | "seen" | "cleared",
  x: number,
  y: number,
  size: number,
  halo?: string,
): void {
  const c = levelColours(tokens, level)
  const shape = levelShapes[level]
  const path = new Path2D(shape.d)
  const scale = size / 18
  ctx.save()
  ctx.translate(x - 9 * scale, y - 9 * scale)
  ctx.scale(scale, scale)
  ctx.lineJoin = "round"
  if (halo) {
    ctx.strokeStyle = halo
    ctx.lineWidth = 4.5
    ctx.stroke(path)
  }
  ctx.fillStyle = state === "new" ? c.fill : state === "seen" ? c.wash : tokens.bg_panel
  ctx.fill(path)
  ctx.strokeStyle = c.edge
  ctx.lineWidth = state === "new" ? 1.2 : 2.1
  if (state === "cleared") ctx.setLineDash([2.6, 1.8])
  ctx.stroke(path)
  ctx.setLineDash([])
  ctx.fillStyle = state === "new" ? c.on : tokens.ink
  ctx.font = `700 10.5px ${font}`
  ctx.textAlign = "center"
  ctx.fillText(String(level), 9, shape.text_y)
  ctx.restore()
}

const gapText = (ms: number): string =>
  ms < 120_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${(ms / 3_600_000).toFixed(1)} h`

export function lastOf(series: CurveSeries): [number, number] | null {
  for (let i = series.value.length - 1; i >= 0; i--) {
    const v = series.value[i]
    if (v !== null && v !== undefined) return [series.time[i]!, v]
  }
  return null
}

function frame(u: uPlot) {
  const ratio = devicePixelRatio || 1
  const { left, top, width, height } = u.bbox
  return {
    ctx: u.ctx,
    ratio,
    left,
    top,
    right: left + width,
    bottom: top + height,
    x: (t: number) => u.valToPos(t, "x", true),
    y: (v: number) => u.valToPos(v, "y", true),
  }
}
function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath()
  ctx.moveTo(x0, y0)
  ctx.lineTo(x1, y1)
  ctx.stroke()
}
function hatch(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  right: number,
  bottom: number,
  ratio: number,
  colour: string,
): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, right - left, bottom - top)
  ctx.clip()
  ctx.strokeStyle = colour
  ctx.lineWidth = ratio * 0.8
  const step = 6 * ratio * Math.SQRT2
  for (let at = left - (bottom - top); at < right; at += step) line(ctx, at, bottom, at + (bottom - top), top)
  ctx.restore()
}
const decimalsOf = (ticks: number[]): number => {
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : Math.abs(ticks[0] ?? 1)
  return Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-9)))
}
