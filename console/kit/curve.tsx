import { useEffect, useLayoutEffect, useRef, useState } from "react"
import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import { store, useStore } from "../external.ts"
import { type ThemeName, themeStore, themes } from "../theme/index.ts"
import { clockText } from "../time.ts"
import { useWords } from "../words/index.ts"
import { aligned, type CurveEvent, type CurveLimit, type CurveSeries, valueAt, valueRange } from "./curve-data.ts"
import { type Drawing, drawBehind, drawOver, lastOf } from "./curve-draw.ts"
import { numberText } from "./numbers.tsx"

export type { CurveEvent, CurveLimit, CurveSeries } from "./curve-data.ts"

/** The time under the pointer, shared by all charts and the time bar. */
export const cursorStore = store<number | null>(null)

const names_px_min = 40

type CurveProps = {
  series: CurveSeries[]
  from: number
  to: number
  height: number
  limits?: CurveLimit[]
  events?: CurveEvent[]
  known_until?: number | null
  /** Names at the right end take this much; under 40 none are written. */
  names_px?: number
  time_axis?: boolean
  /** Another theme than the page's, for the sheet of components. */
  theme?: ThemeName
}

/** One ink curve with neighbours named at their right end, thresholds, events and gaps; the cursor is one for all. */
export function Curve({
  series,
  from,
  to,
  height,
  limits = [],
  events = [],
  known_until = null,
  names_px = 92,
  time_axis = true,
  theme: given,
}: CurveProps) {
  const { t, language } = useWords()
  const chosen = useStore(themeStore)
  const theme = given ?? chosen
  const cursor = useStore(cursorStore)
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [width, setWidth] = useState(0)
  const [, setDrawn] = useState(0)
  const drawing = useRef<Drawing>(null as never)
  drawing.current = { tokens: themes[theme], series, limits, events, gap_word: t("curve.gap"), time_axis, known_until }
  const bounds = useRef<[number, number]>([0, 1])
  bounds.current = valueRange(series, limits)

  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    setWidth(Math.floor(element.clientWidth))
    return () => observer.disconnect()
  }, [])

  const shape = series.map((s) => `${s.key}:${s.role}`).join()
  // The plot is made anew when its lines, size, theme or language change; data and range are set in place.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the lines, their data is set below
  useEffect(() => {
    if (width < 40) return
    const tokens = themes[theme]
    const u = new uPlot(
      {
        width,
        height,
        padding: [18, names_px, time_axis ? 26 : 6, 0],
        legend: { show: false },
        axes: [{ show: false }, { show: false }],
        cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: { x: { time: false, range: () => [from, to] }, y: { range: () => bounds.current } },
        series: [
          {},
          ...series.map((s) => ({
            stroke: s.role === "subject" ? tokens.plot : tokens.plot_3,
            width: s.role === "subject" ? 1.8 : 1.1,
            points: { show: false },
          })),
        ],
        hooks: {
          drawClear: [(self: uPlot) => drawBehind(self, drawing.current)],
          draw: [(self: uPlot) => drawOver(self, drawing.current)],
          setCursor: [
            (self: uPlot) => {
              const x = self.cursor.left ?? -1
              cursorStore.set(x < 0 ? null : Math.round(self.posToVal(x, "x")))
            },
          ],
        },
      },
      aligned(series),
      box.current!,
    )
    plot.current = u
    setDrawn((n) => n + 1)
    return () => {
      u.destroy()
      plot.current = null
    }
  }, [width, height, theme, language, shape, names_px, time_axis])

  const over = JSON.stringify([limits, events, known_until])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `over` stands for what is drawn over the lines
  useEffect(() => {
    const u = plot.current
    if (!u) return
    u.setData(aligned(series), false)
    u.setScale("x", { min: from, max: to })
    u.setScale("y", { min: bounds.current[0], max: bounds.current[1] })
    u.redraw(false)
    setDrawn((n) => n + 1)
  }, [series, from, to, over])

  const plot_width = Math.max(1, width - names_px)
  const [low, high] = bounds.current
  const y = (v: number) => 18 + (height - 18 - (time_axis ? 26 : 6)) * (1 - (v - low) / (high - low))
  const at = cursor !== null && cursor >= from && cursor <= to ? cursor : null
  return (
    <div ref={box} className="curve" style={{ height }}>
      {names_px >= names_px_min && width > 0 ? (
        <Names series={series} y={y} left={plot_width + 6} height={height} at={at} />
      ) : null}
      {at !== null ? (
        <div
          style={{
            position: "absolute",
            left: ((at - from) / (to - from)) * plot_width,
            top: 14,
            bottom: time_axis ? 22 : 0,
            borderLeft: "1px solid var(--ink)",
            pointerEvents: "none",
          }}
        >
          {time_axis ? (
            <span
              style={{
                position: "absolute",
                bottom: -20,
                left: 0,
                transform: "translateX(-50%)",
                background: "var(--ink)",
                color: "var(--on-ink)",
                fontSize: 11,
                lineHeight: "18px",
                padding: "0 6px",
                borderRadius: 2,
                zIndex: 2,
              }}
            >
              {clockText(at)}
            </span>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

/** Names and values at the right end, pushed apart where they would lie on each other. */
function Names({
  series,
  y,
  left,
  height,
  at,
}: {
  series: CurveSeries[]
  y(v: number): number
  left: number
  height: number
  at: number | null
}) {
  const rows = series
    .map((s) => ({ s, value: at === null ? (lastOf(s)?.[1] ?? null) : valueAt(s, at) }))
    .map((row) => ({ ...row, top: row.value === null ? height - 40 : y(row.value) }))
    .sort((a, b) => a.top - b.top)
  for (let i = 1; i < rows.length; i++) rows[i]!.top = Math.max(rows[i]!.top, rows[i - 1]!.top + 13)
  const over = rows.length ? rows.at(-1)!.top - (height - 14) : 0
  if (over > 0)
    for (let i = rows.length - 1, limit = height - 14; i >= 0; i--, limit -= 13)
      rows[i]!.top = Math.min(rows[i]!.top, limit)
  return (
    <>
      {rows.map(({ s, value, top }) => (
        <div
          key={s.key}
          className="names row"
          style={{
            left,
            right: 0,
            top: top - 6,
            gap: 4,
            color: s.role === "subject" ? "var(--ink)" : undefined,
            fontWeight: s.role === "subject" ? 500 : 400,
          }}
        >
          <span className="el" style={{ flex: 1 }}>
            {s.name}
          </span>
          <span>{numberText(value, s.decimals)}</span>
        </div>
      ))}
    </>
  )
}
