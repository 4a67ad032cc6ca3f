import type { Search } from "../url.ts"
import { span_max_ms, span_min_ms, spanOf, type Window } from "./window.ts"

/** How a chart looks; all of it stands in the address. */
export type ChartState = {
  points: number[]
  /** A fixed stretch, or null: the chart follows the time of the time bar with `span_ms`. */
  window: Window | null
  span_ms: number
  /** The same curve this much earlier is drawn behind it; 0 is off. */
  compare_ms: number
  overlay: boolean
  map: boolean
  /** Point whose spectrum is open. */
  spectrum: number | null
}

export const points_max = 12
const day_ms = 86_400_000
export const compares = { "1d": day_ms, "7d": 7 * day_ms } as const
export type Compare = keyof typeof compares
export const ranges: Record<string, number> = { "1h": 3_600_000, "7h": 25_200_000, "24h": day_ms, "7d": 7 * day_ms }

/** Ids of a list in the address; what is no id is left out, the list is cut at the most a chart takes. */
export const pointsOf = (text: string | undefined): number[] =>
  [
    ...new Set(
      (text ?? "")
        .split(",")
        .map(Number)
        .filter((id) => Number.isInteger(id) && id > 0),
    ),
  ].slice(0, points_max)

const number = (text: string | undefined): number | null => {
  const value = text === undefined || text === "" ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

/** Reads the address; anything unreadable falls back to the time bar's range. */
export function stateOf(search: Search): ChartState {
  const from = number(search.from)
  const to = number(search.to)
  const fixed = from !== null && to !== null && to - from >= span_min_ms && to - from <= span_max_ms
  const span = number(search.span)
  return {
    points: pointsOf(search.points),
    window: fixed ? { from, to } : null,
    span_ms:
      span !== null && span >= span_min_ms && span <= span_max_ms
        ? span
        : (ranges[search.range ?? "7h"] ?? ranges["7h"]!),
    compare_ms: search.cmp !== undefined && search.cmp in compares ? compares[search.cmp as Compare] : 0,
    overlay: search.lay === "over",
    map: search.map === "1",
    spectrum: pointsOf(search.spec)[0] ?? null,
  }
}

/** Times as the address writes them: whole milliseconds, two decimals where the window is shorter than a second. */
export const timeText = (time: number, span_ms: number): string =>
  span_ms < 1000 ? String(Number(time.toFixed(2))) : String(Math.round(time))

/** What the address says of a window: a fixed stretch, or only its span where it follows. */
export function windowSearch(window: Window, follow: boolean, default_span_ms: number): Search {
  const span = spanOf(window)
  if (!follow) return { from: timeText(window.from, span), to: timeText(window.to, span), span: undefined }
  const same = Math.abs(span - default_span_ms) < default_span_ms * 1e-6
  return { from: undefined, to: undefined, span: same ? undefined : String(Math.round(span)) }
}

/** The next way of comparing: off, the day before, the week before. */
export const nextCompare = (ms: number): Compare | undefined =>
  ms === 0 ? "1d" : ms === compares["1d"] ? "7d" : undefined
