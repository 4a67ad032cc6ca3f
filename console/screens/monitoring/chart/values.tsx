import { useEffect, useReducer } from "react"
import { cursorText, flagNames, lineVariable, spanText, type ValueAt, valueIn } from "../../../charts/index.ts"
import { useStore } from "../../../external.ts"
import { changeText, cursorStore, numberText, unitText } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"
import type { Loading } from "./use-loader.ts"
import type { ChartPoint } from "./use-points.ts"
import type { Shown, WindowControl } from "./use-window.ts"

export type Row = { point: ChartPoint; value: ValueAt | null; earlier: ValueAt | null }

/** Renders again when data or window changed, at most so many times a second. */
const renders_ms = 120
export function useMoved(loading: Loading, control: WindowControl): Shown {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = null
        again()
      }, renders_ms)
    }
    const stop = [loading.version.subscribe(soon), control.shown.subscribe(soon)]
    return () => {
      for (const unhear of stop) unhear()
      if (timer) clearTimeout(timer)
    }
  }, [loading, control])
  return control.shown.get()
}

/** What each point had at a time, and the compared time before it. */
export function rowsAt(
  points: readonly ChartPoint[],
  loading: Loading,
  shown: Shown,
  time: number,
  compare_ms: number,
): Row[] {
  const width_px = loading.width.px
  const { window } = shown
  const earlier = { from: window.from - compare_ms, to: window.to - compare_ms }
  return points.map((point) => ({
    point,
    value: valueIn(loading.loader.pieces(point, window, width_px), time),
    earlier: compare_ms > 0 ? valueIn(loading.loader.pieces(point, earlier, width_px), time - compare_ms) : null,
  }))
}

/** The table at the cursor: value, unit, quality and the exact time of every point. */
export function Values({
  points,
  rows,
  time,
  span_ms,
  compare_ms,
  overlay,
  onRemove,
  onSpectrum,
  spectrum,
}: {
  points: readonly ChartPoint[]
  rows: Row[]
  time: number
  span_ms: number
  compare_ms: number
  overlay: boolean
  onRemove(id: number): void
  onSpectrum(id: number | null): void
  spectrum: number | null
}) {
  const { t, pick } = useWords()
  const pointing = useStore(cursorStore) !== null
  return (
    <section className="values" aria-label={t("chart.values")}>
      <div className="lh">
        <b className="i2">{cursorText(time, span_ms)}</b>
        <span className="sp" />
        <span>{t(pointing ? "chart.at_cursor" : "chart.at_end")}</span>
      </div>
      {rows.map(({ point, value, earlier }) => {
        const { row } = point
        const flags = value ? flagNames(value.quality) : []
        const bucket = value && value.step_ms > 0
        const difference = value && earlier ? value.mid - earlier.mid : null
        return (
          <div key={point.id} className="vrow">
            <i className="key" style={{ color: overlay ? lineVariable(point.colour) : "var(--plot)" }}>
              {point.letter}
            </i>
            <span style={{ minWidth: 0 }}>
              <span className="el t">{row ? pick(row.indicator_name) : `#${point.id}`}</span>
              <span className="el s">
                <span className="m">{row ? (row.asset_code ?? row.device_code) : ""}</span>
                {value ? ` · ${cursorText(value.time, span_ms, time)}` : ""}
              </span>
            </span>
            <span className="r">
              <b>{value ? numberText(value.mid, row?.decimals) : "—"}</b> {unitText(row?.unit ?? "")}
              <span className="el s">
                {bucket
                  ? `${numberText(value.low, row?.decimals)} … ${numberText(value.high, row?.decimals)} / ${spanText(value.step_ms)}`
                  : flags.length > 0
                    ? flags.map((flag) => t(`quality.${flag}`)).join(" · ")
                    : value
                      ? t("chart.good")
                      : t("chart.no_value")}
              </span>
            </span>
            <button
              type="button"
              className="plain i3"
              onClick={() => onRemove(point.id)}
              aria-label={t("monitoring.remove")}
              title={t("monitoring.remove")}
            >
              ×
            </button>
            {compare_ms > 0 || point.waveform ? (
              <span className="row tools">
                {compare_ms > 0 ? (
                  <span className="f11 i2 nw1" title={t("chart.difference")}>
                    {t(compare_ms > 86_400_000 ? "chart.compare_7d" : "chart.compare_1d")}{" "}
                    {numberText(earlier?.mid, row?.decimals)} · Δ <b>{changeText(difference, row?.decimals)}</b>
                  </span>
                ) : null}
                <span className="sp" />
                {point.waveform ? (
                  <button
                    type="button"
                    className="lk f11"
                    onClick={() => onSpectrum(spectrum === point.id ? null : point.id)}
                  >
                    {t("chart.spectrum")}
                  </button>
                ) : null}
              </span>
            ) : null}
          </div>
        )
      })}
      {points.length === 0 ? <div className="sec i3 f12">{t("monitoring.none_text")}</div> : null}
      <div className="sec f11 i3">{t("chart.shown", { span: spanText(span_ms) })}</div>
    </section>
  )
}
