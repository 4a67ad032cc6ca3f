import { useEffect, useRef } from "react"
import {
  axisRange,
  drawGaps,
  drawLimits,
  drawLine,
  gapsIn,
  type Limit,
  type Piece,
  rangeOf,
  type Strip,
  type Window,
} from "../../../charts/index.ts"
import { useStore } from "../../../external.ts"
import { cursorStore } from "../../../kit/index.ts"
import { themeStore, themes } from "../../../theme/index.ts"

/** A small chart never shows less than so many units of the last digit: noise lies flat. */
const noise_digits = 20

/** One small chart: a line, its gaps and the lightest limits that fit. */
export function Spark({
  strip,
  window,
  limits,
  decimals,
  label,
}: {
  strip: Strip | undefined
  window: Window
  limits: readonly Limit[]
  decimals: number
  label: string
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useStore(themeStore)
  useEffect(() => {
    const element = canvas.current
    const ctx = element?.getContext("2d")
    if (!element || !ctx) return
    const ratio = devicePixelRatio || 1
    const { clientWidth: width, clientHeight: height } = element
    element.width = Math.round(width * ratio)
    element.height = Math.round(height * ratio)
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    ctx.clearRect(0, 0, width, height)
    if (!strip) return
    const pieces: Piece[] = [{ strip, first: 0, last: strip.time.length, window, exact: true }]
    const near = limits.slice(0, 1)
    const [low, high] = axisRange(
      rangeOf(pieces),
      near.map((l) => l.value),
      noise_digits * 10 ** -decimals,
    )
    const tokens = themes[theme]
    const f = { ctx, left: 0, right: width, top: 2, bottom: height - 2, window, low, high, tokens }
    drawGaps(f, gapsIn(pieces), "", "bands")
    drawLimits(
      f,
      near.map((l) => ({ ...l, text: "" })),
    )
    drawLine(f, { pieces, colour: tokens.plot, width: 1.3, faint: false, shift_ms: 0 })
  }, [strip, window, limits, decimals, theme])
  return (
    <canvas
      ref={canvas}
      className="sparkline"
      aria-label={label}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        const share = (event.clientX - box.left) / box.width
        cursorStore.set(Math.round(window.from + share * (window.to - window.from)))
      }}
      onPointerLeave={() => cursorStore.set(null)}
    />
  )
}
