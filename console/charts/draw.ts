import { numberText, unitText } from "../kit/numbers.tsx"
import { font, type Tokens } from "../theme/index.ts"
import type { Tick } from "./axis.ts"
import { columnsOf, dense_per_px } from "./columns.ts"
import type { Piece } from "./cover.ts"
import { digitsOf, valueTicks } from "./value-range.ts"
import type { Window } from "./window.ts"

/** Where a pane draws: CSS pixels, the plot inside its gutters. */
export type Frame = {
  ctx: CanvasRenderingContext2D
  left: number
  right: number
  top: number
  bottom: number
  window: Window
  low: number
  high: number
  tokens: Tokens
}
export const gutter_px = 46
export const x = (f: Frame, time: number): number =>
  f.left + ((time - f.window.from) / (f.window.to - f.window.from)) * (f.right - f.left)
export const y = (f: Frame, value: number): number =>
  f.bottom - ((value - f.low) / (f.high - f.low)) * (f.bottom - f.top)

export type Line = { pieces: readonly Piece[]; colour: string; width: number; faint: boolean; shift_ms: number }

/** Grid of values and times, with the unit once at the top. */
export function drawGrid(f: Frame, unit: string, times: readonly Tick[]): void {
  const { ctx, tokens } = f
  ctx.lineWidth = 1
  ctx.strokeStyle = tokens.plot_grid
  for (const tick of times) segment(ctx, Math.round(x(f, tick.time)) + 0.5, f.top, undefined, f.bottom)
  ctx.font = `11px ${font}`
  ctx.textAlign = "right"
  ctx.textBaseline = "middle"
  const values = valueTicks(f.low, f.high, f.bottom - f.top).filter((v) => y(f, v) > f.top + 3)
  const digits = digitsOf(values)
  for (const value of values) {
    const at = Math.round(y(f, value)) + 0.5
    ctx.strokeStyle = tokens.plot_grid
    segment(ctx, f.left, at, f.right)
    ctx.fillStyle = tokens.ink_3
    ctx.fillText(numberText(value, digits), f.left - 6, at)
  }
  if (unit) {
    ctx.textBaseline = "alphabetic"
    ctx.textAlign = "right"
    ctx.fillText(unitText(unit), f.left - 6, f.top - 3)
  }
  ctx.textBaseline = "alphabetic"
}

/** A curve: readings as a line, dense ones and buckets as columns from lowest to highest, buckets with their mean. */
export function drawLine(f: Frame, line: Line): void {
  const { ctx } = f
  ctx.save()
  ctx.beginPath()
  ctx.rect(f.left, f.top - 6, f.right - f.left, f.bottom - f.top + 8)
  ctx.clip()
  ctx.lineJoin = "round"
  ctx.strokeStyle = line.colour
  ctx.fillStyle = line.colour
  const at = (time: number) => x(f, time + line.shift_ms)
  let pen: { x: number; y: number; time: number } | null = null
  let apart = 0
  for (const piece of line.pieces) {
    const { strip } = piece
    // Where two zooms meet, the coarser one says how far apart values may be.
    const gap_ms = Math.max(apart, strip.gap_ms)
    apart = strip.gap_ms
    const px = Math.max(1, at(piece.window.to) - at(piece.window.from))
    const rows = piece.last - piece.first
    if (strip.step_ms > 0) drawBand(f, line, piece, at)
    if (!strip.has_mean) {
      pen = null
      continue
    }
    if (rows / px > dense_per_px) {
      pen = drawColumns(f, piece, at, pen)
      continue
    }
    const step = strip.step_ms / 2
    ctx.lineWidth = line.width
    ctx.beginPath()
    if (pen) ctx.moveTo(pen.x, pen.y)
    let begun = pen !== null
    for (let i = piece.first; i < piece.last; i++) {
      const mid = strip.mid[i]!
      if (Number.isNaN(mid)) {
        begun = false
        continue
      }
      const time = strip.time[i]! + step
      const far = pen !== null && i === piece.first && gap_ms > 0 && time - pen.time > gap_ms
      const [px_x, px_y] = [at(time), y(f, mid)]
      if (begun && !far) ctx.lineTo(px_x, px_y)
      else ctx.moveTo(px_x, px_y)
      // A value alone between two gaps would not be seen as a line.
      const alone = !begun && (i + 1 >= piece.last || Number.isNaN(strip.mid[i + 1]!))
      if (alone && !line.faint) ctx.rect(px_x - 0.6, px_y - 0.6, 1.2, 1.2)
      begun = true
      pen = { x: px_x, y: px_y, time }
    }
    ctx.stroke()
    if (!begun) pen = null
    // Single values are seen where there is room for them.
    if (!line.faint && strip.step_ms === 0 && rows > 0 && px / rows > 9) drawDots(f, piece, at)
  }
  ctx.restore()
}

function drawDots(f: Frame, piece: Piece, at: (time: number) => number): void {
  const { ctx } = f
  for (let i = piece.first; i < piece.last; i++) {
    const mid = piece.strip.mid[i]!
    if (Number.isNaN(mid)) continue
    ctx.beginPath()
    ctx.arc(at(piece.strip.time[i]!), y(f, mid), 1.9, 0, 7)
    ctx.fill()
  }
}

/** The band between lowest and highest of each bucket. */
function drawBand(f: Frame, line: Line, piece: Piece, at: (time: number) => number): void {
  const { ctx } = f
  const { strip } = piece
  ctx.save()
  ctx.globalAlpha = line.faint ? 0.14 : strip.has_mean ? 0.24 : 0.8
  for (let i = piece.first; i < piece.last; i++) {
    if (Number.isNaN(strip.mid[i]!)) continue
    const left = at(strip.time[i]!)
    const right = Math.max(left + 1, at(strip.time[i]! + strip.step_ms))
    const top = y(f, strip.high[i]!)
    ctx.fillRect(left, top, right - left, Math.max(1, y(f, strip.low[i]!) - top))
  }
  ctx.restore()
}

function drawColumns(
  f: Frame,
  piece: Piece,
  at: (time: number) => number,
  pen: { x: number; y: number; time: number } | null,
): { x: number; y: number; time: number } | null {
  const { ctx } = f
  const columns = columnsOf(piece, f.right - f.left, (time) => at(time) - f.left)
  const from = Math.max(0, Math.floor(at(piece.window.from) - f.left))
  const to = Math.min(columns.low.length, Math.ceil(at(piece.window.to) - f.left) + 1)
  ctx.lineWidth = 1
  ctx.beginPath()
  let last = pen
  let gap = 0
  for (let c = from; c < to; c++) {
    if (Number.isNaN(columns.low[c]!)) {
      gap++
      continue
    }
    const px = f.left + c + 0.5
    // Columns side by side are joined; a column alone in between is a gap of the data.
    if (last && gap <= 2) {
      ctx.moveTo(last.x, last.y)
      ctx.lineTo(px, y(f, columns.first[c]!))
    }
    const top = y(f, columns.high[c]!)
    ctx.moveTo(px, top)
    ctx.lineTo(px, Math.max(top + 1, y(f, columns.low[c]!)))
    last = { x: px, y: y(f, columns.last[c]!), time: piece.window.to }
    gap = 0
  }
  ctx.stroke()
  return gap > 2 ? null : last
}

/** From here on nothing is known yet. */
export function drawUnknown(f: Frame, now: number): void {
  const from = Math.max(f.left, x(f, now))
  if (from >= f.right) return
  hatch(f.ctx, from, f.top, f.right, f.bottom, f.tokens.line_2, 6)
}

export function hatch(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  right: number,
  bottom: number,
  colour: string,
  step: number,
): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, right - left, bottom - top)
  ctx.clip()
  ctx.strokeStyle = colour
  ctx.lineWidth = 0.8
  ctx.beginPath()
  const rise = bottom - top
  for (let at = left - rise; at < right; at += step * Math.SQRT2) {
    ctx.moveTo(at, bottom)
    ctx.lineTo(at + rise, top)
  }
  ctx.stroke()
  ctx.restore()
}

/** A horizontal line, or a vertical one where no second x is given. */
export function segment(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1 = x0, y1 = y0): void {
  ctx.beginPath()
  ctx.moveTo(x0, y0)
  ctx.lineTo(x1, y1)
  ctx.stroke()
}
