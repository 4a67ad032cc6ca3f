import { drawLevel } from "../kit/curve-draw.ts"
import { font, levelColours } from "../theme/index.ts"
import { spanText } from "./axis.ts"
import { type Frame, hatch, segment, x, y } from "./draw.ts"
import type { FlagRun } from "./flags.ts"
import type { Window } from "./window.ts"

export type Limit = { value: number; severity: 1 | 2 | 3 | 4; text: string }
export type Event = {
  kind: "alarm" | "warning"
  id: number
  time: number
  severity: 1 | 2 | 3 | 4
  seen: boolean
  /** Until when it lasted; null while it does. */
  until: number | null
  text: string
}

/** A gap is a gap: a pale band with its length. */
export function drawGaps(f: Frame, gaps: readonly Window[], word: string, shown: "words" | "bands"): void {
  const { ctx, tokens } = f
  ctx.font = `11px ${font}`
  ctx.textAlign = "center"
  for (const gap of gaps) {
    const left = Math.max(f.left, x(f, gap.from))
    const right = Math.min(f.right, x(f, gap.to))
    if (right - left < 1) continue
    ctx.fillStyle = tokens.gap
    ctx.fillRect(left, f.top, right - left, f.bottom - f.top)
    const words = `${word} ${spanText(gap.to - gap.from)}`
    if (shown === "words" && ctx.measureText(words).width < right - left - 4) {
      ctx.fillStyle = tokens.ink_3
      ctx.fillText(words, (left + right) / 2, f.bottom - 5)
    }
  }
}

/** Thresholds: dashed, with their words at the left. */
export function drawLimits(f: Frame, limits: readonly Limit[]): void {
  const { ctx, tokens } = f
  ctx.font = `11px ${font}`
  ctx.textAlign = "left"
  const written: number[] = []
  for (const limit of limits) {
    const at = Math.round(y(f, limit.value)) + 0.5
    if (at < f.top - 1 || at > f.bottom + 1) continue
    const colours = levelColours(tokens, limit.severity)
    ctx.strokeStyle = colours.edge
    ctx.lineWidth = 1.2
    ctx.setLineDash([5, 3])
    segment(ctx, f.left, at, f.right)
    ctx.setLineDash([])
    if (written.some((other) => Math.abs(other - at) < 13)) continue
    written.push(at)
    ctx.lineWidth = 3
    ctx.strokeStyle = tokens.bg_panel
    ctx.lineJoin = "round"
    ctx.strokeText(limit.text, f.left + 5, at - 4)
    ctx.fillStyle = colours.ink
    ctx.fillText(limit.text, f.left + 5, at - 4)
  }
}

/** Alarms as their level's shape at the top with a dashed vertical, warnings as a flag; how long an alarm lasted as a bar. */
export function drawEvents(f: Frame, events: readonly Event[], now: number): void {
  const { ctx, tokens } = f
  for (const event of [...events].sort((a, b) => b.severity - a.severity)) {
    const at = Math.round(x(f, event.time)) + 0.5
    const end = x(f, event.until ?? now)
    if (end < f.left || at > f.right) continue
    const colours = levelColours(tokens, event.severity)
    const left = Math.max(f.left, at)
    if (event.kind === "alarm" && Math.min(f.right, end) - left > 2) {
      ctx.fillStyle = colours.edge
      ctx.globalAlpha = 0.75
      ctx.fillRect(left, f.top - 2, Math.min(f.right, end) - left, 2)
      ctx.globalAlpha = 1
    }
    if (at < f.left) continue
    ctx.strokeStyle = tokens.ink
    ctx.lineWidth = 1
    ctx.setLineDash([2, 2])
    segment(ctx, at, f.top, undefined, f.bottom)
    ctx.setLineDash([])
    if (event.kind === "alarm") {
      drawLevel(ctx, tokens, event.severity, event.seen ? "seen" : "new", at, f.top - 7, 12)
      continue
    }
    ctx.fillStyle = colours.fill
    ctx.strokeStyle = colours.edge
    ctx.beginPath()
    ctx.moveTo(at, f.top - 13)
    ctx.lineTo(at + 11, f.top - 9)
    ctx.lineTo(at, f.top - 5)
    ctx.closePath()
    ctx.fill()
    ctx.stroke()
    segment(ctx, at, f.top - 13, undefined, f.top)
  }
}

const strip_px = 4
/** Quality: a strip at the foot of the pane; maintenance hatches the ground, doubted values are dark, late ones pale. */
export function drawFlags(f: Frame, runs: readonly FlagRun[], words: (name: FlagRun["name"]) => string): void {
  const { ctx, tokens } = f
  ctx.font = `10px ${font}`
  ctx.textAlign = "left"
  for (const run of runs) {
    const left = Math.max(f.left, x(f, run.from))
    const right = Math.min(f.right, Math.max(x(f, run.to), left + 2))
    if (right <= f.left || left >= f.right) continue
    if (run.name === "maintenance") hatch(ctx, left, f.top, right, f.bottom, tokens.line_2, 9)
    const faint = run.name === "late" || run.name === "future" || run.name === "maintenance"
    ctx.fillStyle = faint ? tokens.line_3 : tokens.ink
    ctx.fillRect(left, f.bottom - strip_px, right - left, strip_px)
    const word = words(run.name)
    if (right - left > ctx.measureText(word).width + 8) {
      ctx.lineWidth = 3
      ctx.strokeStyle = tokens.bg_panel
      ctx.strokeText(word, left + 3, f.bottom - strip_px - 3)
      ctx.fillStyle = tokens.ink_2
      ctx.fillText(word, left + 3, f.bottom - strip_px - 3)
    }
  }
}
