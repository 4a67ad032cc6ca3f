import { type PointerEvent, useCallback, useMemo, useState } from "react"
import { floatsOf, frequencyAt, frequencyTicks, inkRange, placeOf } from "../../../charts/index.ts"
import { numberText } from "../../../kit/index.ts"
import { font, type Tokens } from "../../../theme/index.ts"
import { clockText } from "../../../time.ts"
import { useWords } from "../../../words/index.ts"
import { line } from "./spectrum.tsx"
import { type Draw, useCanvas } from "./use-canvas.ts"

export type SpectrogramAnswer = {
  used: { from: number; to: number; samples: number; rate_hz: number }
  time: number[]
  frequency_hz: number[]
  /** Base64 of float32: row i belongs to time[i]. */
  density: string
}
const left = 40
const right = 62
const top = 20
const bottom = 22

/** Density over time and frequency: more ink is stronger. The bar at the right says how many decibels the ink is worth. */
export function Spectrogram({
  data,
  unit,
  log,
  pointed,
  onPoint,
}: {
  data: SpectrogramAnswer
  unit: string
  log: boolean
  pointed: number | null
  onPoint(frequency: number | null): void
}) {
  const { t } = useWords()
  const [at, setAt] = useState<number | null>(null)
  const view = useMemo(() => {
    const density = floatsOf(data.density)
    // Decibels of the root: 20 log10 of unit/√Hz is 10 log10 of its square.
    const level = Float32Array.from(density, (d) => 10 * Math.log10(Math.max(d, 1e-24)))
    const [low_db, high_db] = inkRange(Array.from(density, (d) => Math.sqrt(d)))
    const bins = data.frequency_hz.length
    return { level, low_db, high_db, bins, low_hz: log ? data.frequency_hz[1]! : 0, high_hz: data.frequency_hz.at(-1)! }
  }, [data, log])
  const image = useImage(view, data, log)
  const draw = useCallback<Draw>(
    (ctx, width, height, tokens) => {
      const plot = { w: width - left - right, h: height - top - bottom }
      const picture = image(tokens)
      ctx.imageSmoothingEnabled = false
      if (picture) ctx.drawImage(picture, left, top, plot.w, plot.h)
      const y = (hz: number) => top + (1 - placeOf(hz, view.low_hz, view.high_hz, log)) * plot.h
      ctx.font = `11px ${font}`
      ctx.fillStyle = tokens.ink_3
      ctx.textAlign = "left"
      ctx.fillText("Hz", 4, 12)
      let above = Number.POSITIVE_INFINITY
      for (const hz of frequencyTicks(view.low_hz, view.high_hz, log)) {
        if (above - y(hz) < 13) continue
        above = y(hz)
        ctx.textAlign = "right"
        ctx.fillText(numberText(hz), left - 6, y(hz) + 4)
      }
      const from = data.time[0] ?? data.used.from
      const to = data.time.at(-1) ?? data.used.to
      ctx.textAlign = "left"
      ctx.fillText(clockText(from), left, height - 6)
      ctx.textAlign = "right"
      ctx.fillText(clockText(to), width - right, height - 6)
      scale(ctx, tokens, width - right + 12, top, plot.h, view.low_db, view.high_db)
      ctx.textAlign = "right"
      ctx.fillStyle = tokens.ink_3
      ctx.fillText(`dB re 1 ${unit}/√Hz`, width - 4, 12)
      ctx.strokeStyle = tokens.ink
      ctx.lineWidth = 1
      if (pointed !== null && pointed >= view.low_hz) line(ctx, left, y(pointed), left + plot.w, y(pointed))
      if (at !== null && to > from) {
        const px = left + ((at - from) / (to - from)) * plot.w
        line(ctx, px, top, px, top + plot.h)
        const row = Math.round(((at - from) / (to - from)) * (data.time.length - 1))
        const column = nearestIndex(data.frequency_hz, pointed ?? 0)
        ctx.fillStyle = tokens.ink
        ctx.font = `500 11px ${font}`
        ctx.textAlign = "left"
        const level = view.level[row * view.bins + column]
        ctx.fillText(`${clockText(at)} · ${numberText(pointed ?? 0, 2)} Hz · ${numberText(level, 1)} dB`, left, 12)
      }
    },
    [view, data, log, pointed, at, image, unit],
  )
  const canvas = useCanvas(draw)
  const point = (event: PointerEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const across = (event.clientX - box.left - left) / (box.width - left - right)
    const up = 1 - (event.clientY - box.top - top) / (box.height - top - bottom)
    const inside = across >= 0 && across <= 1 && up >= 0 && up <= 1
    const from = data.time[0] ?? 0
    setAt(inside ? from + across * ((data.time.at(-1) ?? from) - from) : null)
    onPoint(inside ? frequencyAt(up, view.low_hz, view.high_hz, log) : null)
  }
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={t("chart.spectrogram")}
      onPointerMove={point}
      onPointerLeave={() => {
        setAt(null)
        onPoint(null)
      }}
    />
  )
}

type View = { level: Float32Array; low_db: number; high_db: number; bins: number; low_hz: number; high_hz: number }

/** The picture once a theme and scale: one pixel a time and frequency line. */
function useImage(view: View, data: SpectrogramAnswer, log: boolean): (tokens: Tokens) => HTMLCanvasElement | null {
  return useMemo(() => {
    const made = new Map<string, HTMLCanvasElement>()
    return (tokens) => {
      const known = made.get(tokens.ink)
      if (known) return known
      const columns = data.time.length
      const lines = Math.min(512, view.bins)
      if (columns === 0) return null
      const canvas = document.createElement("canvas")
      canvas.width = columns
      canvas.height = lines
      const ctx = canvas.getContext("2d")
      if (!ctx) return null
      const image = ctx.createImageData(columns, lines)
      const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(tokens.ink.slice(i, i + 2), 16)) as [
        number,
        number,
        number,
      ]
      for (let row = 0; row < lines; row++) {
        const hz = frequencyAt(1 - (row + 0.5) / lines, view.low_hz, view.high_hz, log)
        const bin = nearestIndex(data.frequency_hz, hz)
        for (let column = 0; column < columns; column++) {
          const level = view.level[column * view.bins + bin]!
          const share = Math.max(0, Math.min(1, (level - view.low_db) / (view.high_db - view.low_db)))
          image.data.set([r, g, b, Math.round(255 * share)], (row * columns + column) * 4)
        }
      }
      ctx.putImageData(image, 0, 0)
      made.set(tokens.ink, canvas)
      return canvas
    }
  }, [view, data, log])
}

function scale(
  ctx: CanvasRenderingContext2D,
  tokens: Tokens,
  x: number,
  y: number,
  height: number,
  low: number,
  high: number,
): void {
  const shade = ctx.createLinearGradient(0, y + height, 0, y)
  shade.addColorStop(0, `${tokens.ink}00`)
  shade.addColorStop(1, tokens.ink)
  ctx.fillStyle = shade
  ctx.fillRect(x, y, 8, height)
  ctx.strokeStyle = tokens.line_2
  ctx.lineWidth = 1
  ctx.strokeRect(x + 0.5, y + 0.5, 7, height - 1)
  ctx.fillStyle = tokens.ink_3
  ctx.textAlign = "left"
  ctx.fillText(numberText(high, 0), x + 12, y + 9)
  ctx.fillText(numberText((low + high) / 2, 0), x + 12, y + height / 2 + 4)
  ctx.fillText(numberText(low, 0), x + 12, y + height)
}

/** Index of the nearest of evenly spaced values. */
const nearestIndex = (list: readonly number[], value: number): number => {
  const step = (list[1] ?? 1) - (list[0] ?? 0)
  return Math.max(0, Math.min(list.length - 1, Math.round((value - (list[0] ?? 0)) / step)))
}
