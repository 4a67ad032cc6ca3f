import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react"
import {
  attachGestures,
  axisTicks,
  createPane,
  cursorText,
  type Event,
  gutter_px,
  lineColour,
  type PaneData,
  pane_right_px,
  spanOf,
  type Window,
} from "../../../charts/index.ts"
import { cursorStore } from "../../../kit/index.ts"
import { font, type Tokens, themeStore, themes } from "../../../theme/index.ts"
import { cityNow } from "../../../time.ts"
import { useWords } from "../../../words/index.ts"
import type { Loading } from "./use-loader.ts"
import type { ChartPoint } from "./use-points.ts"
import type { WindowControl } from "./use-window.ts"

export type PaneSpec = { key: string; points: ChartPoint[]; unit: string; events: Event[]; head: ReactNode }
const axis_px = 24
const pane_px_min = 92
const pane_px_max = [0, 460, 340, 260]
const pane_px_most = 220
/** Height of one of so many panes; where they do not fit, they are scrolled. */
const heightOf = (panes: number, room_px: number): number =>
  Math.max(
    pane_px_min,
    Math.min(pane_px_max[panes] ?? pane_px_most, Math.floor((room_px - axis_px) / Math.max(1, panes))),
  )

type Drawer = { draw(data: PaneData): void; cursor(time: number | null): void }

/**
 * The panes of the chart on one time: they are drawn on the next frame after anything changed, without React in
 * between, so that a wheel or a finger is followed at once.
 */
export function Stage({
  panes,
  loading,
  control,
  compare_ms,
  at,
  onFit,
  onPress,
}: {
  panes: PaneSpec[]
  loading: Loading
  control: WindowControl
  compare_ms: number
  at: number | null
  onFit(): void
  onPress(time: number): void
}) {
  const { t, language } = useWords()
  const outer = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(600)
  const axis = useRef<HTMLCanvasElement>(null)
  const line = useRef<HTMLDivElement>(null)
  const tab = useRef<HTMLSpanElement>(null)
  const [range, setRange] = useState<Window | null>(null)
  const drawers = useRef(new Map<string, Drawer>())
  const state = useRef({ panes, compare_ms, at, onFit, onPress, t })
  state.current = { panes, compare_ms, at, onFit, onPress, t }
  const draw = useRef<() => void>(() => undefined)

  useLayoutEffect(() => {
    let frame = 0
    const width = () => Math.max(100, (box.current?.clientWidth ?? 900) - gutter_px - pane_right_px)
    const paint = () => {
      frame = 0
      if (!box.current) return
      const { panes, compare_ms, at, t } = state.current
      loading.width.px = width()
      const { window } = control.shown.get()
      const now = at ?? cityNow()
      const tokens = themes[themeStore.get()]
      const earlier = { from: window.from - compare_ms, to: window.to - compare_ms }
      const points = panes.flatMap((p) => p.points)
      loading.loader.ask({
        points,
        windows: compare_ms > 0 ? [window, earlier] : [window],
        width_px: width(),
        now: cityNow(),
      })
      for (const pane of panes)
        drawers.current.get(pane.key)?.draw({
          lines: pane.points.map((p) => ({
            id: p.id,
            colour: lineColour(tokens, pane.points.length > 1 ? p.colour : 0),
            pieces: loading.loader.pieces(p, window, width()),
            before: compare_ms > 0 ? loading.loader.pieces(p, earlier, width()) : [],
          })),
          unit: pane.unit,
          decimals: Math.max(0, ...pane.points.map((p) => p.row?.decimals ?? 2)),
          letters: pane.points.map((p) => p.letter),
          window,
          now,
          compare_ms,
          limits: limitsOf(pane.points),
          events: pane.events,
          tokens,
          words: { gap: t("curve.gap"), flag: (name) => t(`quality.${name}`) },
        })
      drawAxis(axis.current, window, tokens)
      follow()
    }
    const follow = () => {
      const time = cursorStore.get()
      const { window } = control.shown.get()
      const inside = time !== null && time >= window.from && time <= window.to
      for (const drawer of drawers.current.values()) drawer.cursor(inside ? time : null)
      if (!line.current || !tab.current) return
      line.current.style.display = inside ? "" : "none"
      if (!inside) return
      const left = gutter_px + ((time - window.from) / spanOf(window)) * width()
      line.current.style.transform = `translateX(${left}px)`
      tab.current.textContent = cursorText(time, spanOf(window))
      const half = tab.current.offsetWidth / 2
      const room = box.current!.clientWidth
      tab.current.style.transform = `translateX(${Math.max(-left, Math.min(room - left - 2 * half, -half))}px)`
    }
    draw.current = () => {
      if (frame === 0) frame = requestAnimationFrame(paint)
    }
    const again = () => draw.current()
    const unhear = [
      control.shown.subscribe(again),
      loading.version.subscribe(again),
      themeStore.subscribe(again),
      cursorStore.subscribe(follow),
    ]
    const observer = new ResizeObserver(() => {
      setRoom(outer.current?.clientHeight ?? 600)
      again()
    })
    observer.observe(outer.current!)
    observer.observe(box.current!)
    again()
    const detach = attachGestures(box.current!, {
      plot: () => ({ left: box.current!.getBoundingClientRect().left + gutter_px, width: width() }),
      window: () => control.shown.get().window,
      move: (window, done) => control.move(window, done),
      selecting: setRange,
      selected: (window) => control.select(window),
      fit: () => state.current.onFit(),
      cursor: (time) => cursorStore.set(time),
      press: (time) => {
        cursorStore.set(time)
        state.current.onPress(time)
      },
    })
    return () => {
      for (const stop of unhear) stop()
      observer.disconnect()
      detach()
      cancelAnimationFrame(frame)
    }
  }, [control, loading])
  const pane_px = heightOf(panes.length, room)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is read from the state when the frame comes
  useEffect(() => draw.current(), [panes, compare_ms, at, pane_px, language])

  const { window } = control.shown.get()
  return (
    <div ref={outer} className="stagebox">
      <div ref={box} className="stage" role="application" aria-label={t("chart.stage")}>
        <div className="panes">
          {panes.map((pane) => (
            <div key={pane.key} className="pane" style={{ height: pane_px }}>
              {pane.head}
              <Canvases
                register={(drawer) => {
                  drawers.current.set(pane.key, drawer)
                  draw.current()
                  return () => drawers.current.delete(pane.key)
                }}
              />
            </div>
          ))}
        </div>
        <canvas ref={axis} className="axis" />
        <div ref={line} className="cursor" style={{ display: "none" }}>
          <span ref={tab} />
        </div>
        {range ? (
          <div
            className="choice"
            style={{
              left: `calc(${gutter_px}px + (100% - ${gutter_px + pane_right_px}px) * ${(range.from - window.from) / spanOf(window)})`,
              width: `calc((100% - ${gutter_px + pane_right_px}px) * ${spanOf(range) / spanOf(window)})`,
            }}
          />
        ) : null}
      </div>
    </div>
  )
}

function Canvases({ register }: { register(drawer: Drawer): () => void }) {
  const base = useRef<HTMLCanvasElement>(null)
  const over = useRef<HTMLCanvasElement>(null)
  const first = useRef(register)
  useLayoutEffect(() => first.current(createPane(base.current!, over.current!)), [])
  return (
    <div className="plots">
      <canvas ref={base} />
      <canvas ref={over} />
    </div>
  )
}

/** Limits of a pane: those that all its points share. */
const limitsOf = (points: readonly ChartPoint[]) => {
  const [first, ...rest] = points
  if (!first) return []
  return first.limits.filter((l) => rest.every((p) => p.limits.some((x) => x.value === l.value && x.text === l.text)))
}

function drawAxis(canvas: HTMLCanvasElement | null, window: Window, tokens: Tokens): void {
  const ctx = canvas?.getContext("2d")
  if (!canvas || !ctx) return
  const ratio = devicePixelRatio || 1
  const { clientWidth: width, clientHeight: height } = canvas
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio)
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio)
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
  ctx.clearRect(0, 0, width, height)
  const plot = width - gutter_px - pane_right_px
  ctx.textAlign = "center"
  for (const tick of axisTicks(window, plot)) {
    const left = gutter_px + ((tick.time - window.from) / spanOf(window)) * plot
    ctx.strokeStyle = tokens.line_3
    ctx.beginPath()
    ctx.moveTo(Math.round(left) + 0.5, 0)
    ctx.lineTo(Math.round(left) + 0.5, tick.strong ? 6 : 4)
    ctx.stroke()
    ctx.font = `${tick.strong ? 500 : 400} 11px ${font}`
    ctx.fillStyle = tick.strong ? tokens.ink_2 : tokens.ink_3
    const half = ctx.measureText(tick.text).width / 2
    if (left - half > 2 && left + half < width - 2) ctx.fillText(tick.text, left, 17)
  }
}
