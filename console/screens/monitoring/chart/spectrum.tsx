import { type PointerEvent, useCallback, useMemo } from "react"
import { frequencyAt, frequencyTicks, peaksOf, placeOf } from "../../../charts/index.ts"
import { numberText } from "../../../kit/index.ts"
import { font } from "../../../theme/index.ts"
import { useWords } from "../../../words/index.ts"
import { type Draw, useCanvas } from "./use-canvas.ts"

export type SpectrumAnswer = {
  used: { from: number; to: number; samples: number; rate_hz: number }
  segments: number
  frequency_hz: number[]
  density: number[]
}
const left = 52
const right = 12
const top = 20
const bottom = 22

/** Spectral density over frequency (its root, unit/√Hz, on a logarithmic axis) with the highest peaks read out. */
export function Spectrum({
  data,
  unit,
  log,
  pointed,
  onPoint,
}: {
  data: SpectrumAnswer
  unit: string
  log: boolean
  pointed: number | null
  onPoint(frequency: number | null): void
}) {
  const { t } = useWords()
  const view = useMemo(() => {
    const frequency = data.frequency_hz.slice(1)
    const amplitude = data.density.slice(1).map(Math.sqrt)
    const positive = amplitude.filter((a) => a > 0)
    const high_power = Math.ceil(Math.log10(Math.max(...positive, 1e-12)) + 0.15)
    const low_power = Math.max(high_power - 6, Math.floor(Math.log10(Math.min(...positive, 1))))
    return {
      frequency,
      amplitude,
      low_hz: log ? frequency[0]! : 0,
      high_hz: frequency.at(-1)!,
      low_power: Math.min(low_power, high_power - 1),
      high_power,
      peaks: peaksOf(frequency, amplitude),
    }
  }, [data, log])
  const draw = useCallback<Draw>(
    (ctx, width, height, tokens) => {
      const x = (hz: number) => left + placeOf(hz, view.low_hz, view.high_hz, log) * (width - left - right)
      const y = (a: number) =>
        height -
        bottom -
        ((Math.log10(Math.max(a, 10 ** view.low_power)) - view.low_power) / (view.high_power - view.low_power)) *
          (height - top - bottom)
      ctx.font = `11px ${font}`
      ctx.lineWidth = 1
      for (let p = view.low_power; p <= view.high_power; p++) {
        ctx.strokeStyle = tokens.plot_grid
        line(ctx, left, y(10 ** p), width - right, y(10 ** p))
        ctx.fillStyle = tokens.ink_3
        ctx.textAlign = "right"
        ctx.fillText(powerText(p), left - 6, y(10 ** p) + 4)
      }
      ctx.textAlign = "left"
      ctx.fillText(`${unit}/√Hz`, 4, 12)
      axis(ctx, view.low_hz, view.high_hz, log, x, height, width, tokens.plot_grid, tokens.ink_3)
      ctx.strokeStyle = tokens.plot
      ctx.lineWidth = 1.4
      ctx.lineJoin = "round"
      ctx.beginPath()
      view.frequency.forEach((hz, i) => {
        if (i === 0) ctx.moveTo(x(hz), y(view.amplitude[i]!))
        else ctx.lineTo(x(hz), y(view.amplitude[i]!))
      })
      ctx.stroke()
      const written: { x: number; y: number }[] = []
      view.peaks.forEach((peak, i) => {
        const at = { x: x(peak.frequency_hz), y: Math.max(top + 2, y(peak.amplitude) - 6) }
        while (written.some((w) => Math.abs(w.x - at.x) < 58 && Math.abs(w.y - at.y) < 12)) at.y += 12
        written.push(at)
        const words = `${numberText(peak.frequency_hz, peak.frequency_hz < 10 ? 2 : 1)} Hz`
        ctx.textAlign = at.x > width - 70 ? "right" : "left"
        ctx.font = `${i === 0 ? 600 : 400} 11px ${font}`
        ctx.lineWidth = 3
        ctx.strokeStyle = tokens.bg_panel
        ctx.strokeText(words, at.x + 4, at.y)
        ctx.fillStyle = i === 0 ? tokens.ink : tokens.ink_2
        ctx.fillText(words, at.x + 4, at.y)
        ctx.beginPath()
        ctx.arc(x(peak.frequency_hz), y(peak.amplitude), 2.4, 0, 7)
        ctx.fill()
      })
      if (pointed !== null) {
        const i = nearest(view.frequency, pointed)
        ctx.strokeStyle = tokens.ink
        ctx.lineWidth = 1
        line(ctx, x(pointed), top, x(pointed), height - bottom)
        const words = `${numberText(view.frequency[i], 3)} Hz · ${exponent(view.amplitude[i]!)} ${unit}/√Hz`
        ctx.font = `500 11px ${font}`
        ctx.textAlign = "right"
        ctx.fillStyle = tokens.ink
        ctx.fillText(words, width - right, 12)
      }
    },
    [view, log, pointed, unit],
  )
  const canvas = useCanvas(draw)
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const place = (event.clientX - box.left - left) / (box.width - left - right)
    onPoint(place >= 0 && place <= 1 ? frequencyAt(place, view.low_hz, view.high_hz, log) : null)
  }
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={`${t("chart.spectrum")}: ${view.peaks.map((p) => `${numberText(p.frequency_hz, 2)} Hz`).join(", ")}`}
      onPointerMove={point}
      onPointerLeave={() => onPoint(null)}
    />
  )
}

const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹"
const powerText = (p: number): string =>
  `10${p < 0 ? "⁻" : ""}${[...String(Math.abs(p))].map((d) => digits[Number(d)]).join("")}`
const exponent = (value: number): string => {
  if (!(value > 0)) return "0"
  const p = Math.floor(Math.log10(value))
  return p >= -3 && p < 4 ? numberText(value, Math.max(0, 3 - p)) : `${(value / 10 ** p).toFixed(2)}×${powerText(p)}`
}
const nearest = (list: readonly number[], value: number): number => {
  let best = 0
  for (let i = 1; i < list.length; i++) if (Math.abs(list[i]! - value) < Math.abs(list[best]! - value)) best = i
  return best
}

/** The frequency axis below a pane. */
export function axis(
  ctx: CanvasRenderingContext2D,
  low: number,
  high: number,
  log: boolean,
  x: (hz: number) => number,
  height: number,
  width: number,
  grid: string,
  ink: string,
): void {
  ctx.textAlign = "center"
  ctx.font = `11px ${font}`
  let end = -100
  for (const hz of frequencyTicks(low, high, log)) {
    ctx.strokeStyle = grid
    line(ctx, x(hz), top, x(hz), height - bottom)
    const words = numberText(hz)
    const half = ctx.measureText(words).width / 2
    if (x(hz) - half < end + 6 || x(hz) + half > width - 34) continue
    end = x(hz) + half
    ctx.fillStyle = ink
    ctx.fillText(words, x(hz), height - 6)
  }
  ctx.fillStyle = ink
  ctx.textAlign = "right"
  ctx.fillText("Hz", width - right, height - 6)
}
export function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath()
  ctx.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5)
  ctx.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5)
  ctx.stroke()
}
