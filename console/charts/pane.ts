import { font, type Tokens } from "../theme/index.ts"
import { axisTicks } from "./axis.ts"
import { rangeOf } from "./columns.ts"
import { gapsIn, type Piece, valueIn } from "./cover.ts"
import { drawGrid, drawLine, drawUnknown, type Frame, gutter_px, x, y } from "./draw.ts"
import { drawEvents, drawFlags, drawGaps, drawLimits, type Event, type Limit } from "./draw-marks.ts"
import { doubtful, flagRuns } from "./flags.ts"
import { upTo } from "./pane-data.ts"
import { axisRange } from "./value-range.ts"
import type { Window } from "./window.ts"

export type PaneLine = { id: number; colour: string; pieces: readonly Piece[]; before: readonly Piece[] }
/** All that one pane shows at one moment. */
export type PaneData = {
  lines: readonly PaneLine[]
  unit: string
  /** Digits after the point that a value has. */
  decimals: number
  /** Letters at the right end of the lines, where several share the pane. */
  letters: readonly string[]
  window: Window
  /** Nothing is known after this time. */
  now: number
  compare_ms: number
  limits: readonly Limit[]
  events: readonly Event[]
  tokens: Tokens
  words: { gap: string; flag(name: string): string }
}
/** The axis never shows less than so many units of the last digit. */
const noise_digits = 6
export const pane_top_px = 16
export const pane_right_px = 14

/** Draws one pane on its two canvases: curves below, what follows the cursor above. */
export function createPane(base: HTMLCanvasElement, over: HTMLCanvasElement) {
  let frame: Frame | null = null
  let shown: PaneData | null = null

  function sized(canvas: HTMLCanvasElement): { ctx: CanvasRenderingContext2D; width: number; height: number } | null {
    const ratio = devicePixelRatio || 1
    const width = canvas.clientWidth
    const height = canvas.clientHeight
    const ctx = canvas.getContext("2d")
    if (!ctx || width < 80 || height < 30) return null
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio)
      canvas.height = Math.round(height * ratio)
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    ctx.clearRect(0, 0, width, height)
    return { ctx, width, height }
  }

  function draw(d: PaneData): void {
    shown = d
    const place = sized(base)
    if (!place) return
    const { ctx, width, height } = place
    // What lies after now is not drawn, also while an earlier time is played back.
    const lines = d.lines.map((l) => ({ ...l, pieces: upTo(l.pieces, d.now) }))
    const ranges = lines.flatMap((l) => [rangeOf(l.pieces), rangeOf(l.before)]).filter((r) => r !== null)
    const values: [number, number] | null =
      ranges.length > 0 ? [Math.min(...ranges.map((r) => r[0])), Math.max(...ranges.map((r) => r[1]))] : null
    const [low, high] = axisRange(
      values,
      d.limits.map((l) => l.value),
      noise_digits * 10 ** -d.decimals,
    )
    const f: Frame = {
      ctx,
      left: gutter_px,
      right: width - pane_right_px,
      top: pane_top_px,
      bottom: height - 8,
      window: d.window,
      low,
      high,
      tokens: d.tokens,
    }
    frame = f
    const single = lines.length === 1
    drawUnknown(f, d.now)
    for (const line of lines) drawGaps(f, gapsIn(line.pieces), d.words.gap, single ? "words" : "bands")
    drawGrid(f, d.unit, axisTicks(d.window, f.right - f.left))
    for (const line of lines)
      if (line.before.length > 0)
        drawLine(f, {
          pieces: line.before,
          colour: single ? d.tokens.plot_3 : line.colour,
          width: 1.1,
          faint: true,
          shift_ms: d.compare_ms,
        })
    for (const line of [...lines].reverse())
      drawLine(f, {
        pieces: line.pieces,
        colour: line.colour,
        width: single ? 1.8 : 1.4,
        faint: false,
        shift_ms: 0,
      })
    for (const line of lines) {
      drawFlags(f, flagRuns(line.pieces), d.words.flag)
      drawDoubtful(f, line)
      drawLast(f, line, d.now)
    }
    drawLimits(f, d.limits)
    if (!single) drawLetters(f, lines, d.letters)
    drawEvents(f, d.events, d.now)
  }

  /** The values at the cursor as rings on their lines. */
  function cursor(time: number | null): void {
    const place = sized(over)
    if (!place || !frame || !shown || time === null || time < frame.window.from || time > frame.window.to) return
    const f = { ...frame, ctx: place.ctx }
    for (const line of shown.lines) {
      const value = time <= shown.now ? valueIn(line.pieces, time) : null
      const earlier = valueIn(line.before, time - shown.compare_ms)
      if (earlier) ring(f, time, earlier.mid, shown.tokens.plot_3, 2.6)
      // A reading is ringed where it stands, a bucket at the cursor; one before the window's edge not at all.
      if (value && (value.step_ms > 0 || value.time >= f.window.from))
        ring(f, value.step_ms > 0 ? time : value.time, value.mid, line.colour, 3.6)
    }
  }
  return { draw, cursor }
}

function ring(f: Frame, time: number, value: number, colour: string, radius: number): void {
  const { ctx } = f
  ctx.beginPath()
  ctx.arc(x(f, time), y(f, value), radius, 0, 7)
  ctx.fillStyle = f.tokens.bg_panel
  ctx.fill()
  ctx.lineWidth = 1.6
  ctx.strokeStyle = colour
  ctx.stroke()
}

const rings_max = 300
/** Readings whose value is in doubt are ringed where there are few enough to tell them apart. */
function drawDoubtful(f: Frame, line: PaneLine): void {
  let rings = 0
  for (const { strip, first, last } of line.pieces)
    for (let i = first; i < last && rings < rings_max; i++)
      if ((strip.quality[i]! & doubtful) !== 0 && strip.step_ms === 0 && strip.rate_hz === 0) {
        rings++
        const time = strip.time[i]!
        if (time >= f.window.from && time <= f.window.to) ring(f, time, strip.mid[i]!, line.colour, 2.4)
      }
}

/** Each line's letter at its right end, pushed apart where they would lie on each other. */
function drawLetters(f: Frame, lines: readonly PaneLine[], letters: readonly string[]): void {
  const ends = lines
    .flatMap((line, i) => {
      const value = valueIn(line.pieces, f.window.to) ?? lastIn(line.pieces)
      return value === null ? [] : [{ letter: letters[i] ?? "", colour: line.colour, at: y(f, value.mid) }]
    })
    .sort((a, b) => a.at - b.at)
  for (let i = 1; i < ends.length; i++) ends[i]!.at = Math.max(ends[i]!.at, ends[i - 1]!.at + 12)
  for (let i = ends.length - 1, most = f.bottom; i >= 0; i--, most -= 12) ends[i]!.at = Math.min(ends[i]!.at, most)
  f.ctx.font = `700 11px ${font}`
  f.ctx.textAlign = "left"
  for (const end of ends) {
    f.ctx.fillStyle = end.colour
    f.ctx.fillText(end.letter, f.right + 3, end.at + 4)
  }
}
const lastIn = (pieces: readonly Piece[]) => {
  const piece = pieces.findLast((p) => p.last > p.first)
  return piece ? valueIn([piece], piece.strip.time[piece.last - 1]!) : null
}

/** The newest value as a full dot, where it is in sight. */
function drawLast(f: Frame, line: PaneLine, now: number): void {
  const piece = line.pieces.findLast((p) => p.last > p.first)
  if (!piece || piece.strip.rate_hz > 0) return
  const i = piece.last - 1
  const { strip } = piece
  const time = strip.time[i]!
  if (Number.isNaN(strip.mid[i]!) || now - time > Math.max(strip.gap_ms, 2 * strip.step_ms) || strip.step_ms > 0) return
  if (time < f.window.from || time > f.window.to) return
  f.ctx.beginPath()
  f.ctx.arc(x(f, time), y(f, strip.mid[i]!), 3.6, 0, 7)
  f.ctx.fillStyle = line.colour
  f.ctx.fill()
  f.ctx.lineWidth = 1.5
  f.ctx.strokeStyle = f.tokens.bg_panel
  f.ctx.stroke()
}
