import { type ReactNode, useEffect, useMemo, useState } from "react"
import { type AlarmRow, ApiError, type Page, type PointRow, useAlarms, useGet, type WarningRow } from "../../../api.ts"
import {
  cursorText,
  nextCompare,
  panBy,
  points_max,
  pointsOf,
  span_max_ms,
  spanOf,
  stateOf,
  zoomAt,
} from "../../../charts/index.ts"
import { useStore } from "../../../external.ts"
import { useKeys } from "../../../frame/index.ts"
import {
  cursorStore,
  Failed,
  LevelShape,
  Loading,
  levelState,
  Notice,
  numberText,
  ScreenHead,
  unitText,
  usePages,
} from "../../../kit/index.ts"
import { connectLive } from "../../../live.ts"
import { narrowStore } from "../../../narrow.ts"
import { useAt, useUrl, useViewTime } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { eventsOf } from "./events.ts"
import { Export } from "./export.tsx"
import { MapSide } from "./map-side.tsx"
import { Picker } from "./picker.tsx"
import { type PaneSpec, Stage } from "./stage.tsx"
import { Tools } from "./tools.tsx"
import { useLoader } from "./use-loader.ts"
import { type ChartPoint, useChartPoints } from "./use-points.ts"
import { useWindow } from "./use-window.ts"
import { rowsAt, useMoved, Values } from "./values.tsx"
import { WavePanes } from "./wave-panes.tsx"

const first_shown = 3
const no_alarms: AlarmRow[] = []
const no_warnings: WarningRow[] = []

/** The chart: points at the left, their curves on one time, the values at the cursor at the right. */
export function Charts({ switcher }: { switcher: ReactNode }) {
  const { t, pick } = useWords()
  const [search, setUrl] = useUrl()
  const at = useAt()
  const now = useViewTime()
  const narrow = useStore(narrowStore)
  const state = stateOf(search)
  const control = useWindow()
  const loading = useLoader(at === null)
  const list = usePages<PointRow>(
    "point",
    "/api/monitoring/points",
    { lifeline: search.lifeline, indicator: search.indicator, q: search.q, ...(at === null ? {} : { at }) },
    at === null ? 15_000 : undefined,
  )
  const listed = useMemo(() => list.data?.pages.flatMap((p) => p.items) ?? [], [list.data])
  const alarms = useAlarms({ state: "all", sort: "-raised_at", limit: 300 }).data?.items ?? no_alarms
  const warnings =
    useGet<Page<WarningRow>>("warning", "/api/warning/warnings", { state: "all", limit: 200 }).data?.items ??
    no_warnings
  const ids = useProposed(search.points, listed, alarms)
  const { points, pending } = useChartPoints(ids, listed)
  const [picking, setPicking] = useState(false)
  const [exporting, setExporting] = useState(false)

  const key = ids.join()
  useEffect(() => connectLive(key ? key.split(",").map(Number) : []), [key])
  useEffect(() => () => connectLive([]), [])
  const toggle = (id: number) =>
    setUrl(
      { points: (ids.includes(id) ? ids.filter((p) => p !== id) : [...ids, id]).slice(0, points_max).join() || "none" },
      { replace: true },
    )

  const move = (by: number) => {
    const { window } = control.shown.get()
    control.move(panBy(window, spanOf(window) * by), true)
  }
  const zoom = (factor: number) => {
    const { window, follow } = control.shown.get()
    const cursor = cursorStore.get()
    const inside = cursor !== null && cursor > window.from && cursor < window.to
    control.move(zoomAt(window, inside ? cursor : follow ? window.to : (window.from + window.to) / 2, factor), true)
  }
  useKeys({
    ArrowLeft: () => move(-0.1),
    ArrowRight: () => move(0.1),
    "+": () => zoom(0.6),
    "=": () => zoom(0.6),
    "-": () => zoom(1 / 0.6),
    Home: () => control.follow(span_max_ms),
    End: () => control.follow(),
    l: () => control.follow(),
    c: () => setUrl({ cmp: nextCompare(state.compare_ms) }, { replace: true }),
    Escape: () => {
      cursorStore.set(null)
      setExporting(false)
      setPicking(false)
      setUrl({ sel: undefined, spec: undefined }, { replace: true })
    },
  })

  const shown = useMoved(loading, control)
  const span = spanOf(shown.window)
  const cursor = useStore(cursorStore)
  const end = Math.min(now, shown.window.to)
  const time = cursor !== null && cursor >= shown.window.from && cursor <= shown.window.to ? cursor : end
  const rows = rowsAt(points, loading, shown, Math.min(time, now), state.compare_ms)
  const panes = usePanes(points, state.overlay, alarms, warnings, toggle)
  const wave = points.find((p) => p.id === state.spectrum) ?? null
  const error = loading.loader.error()
  return (
    <main className={`main chart3 ${picking ? "picking" : ""}`}>
      {narrow && !picking ? null : (
        <Picker list={list} chosen={ids} onToggle={toggle} onClose={narrow ? () => setPicking(false) : undefined} />
      )}
      <section className="panel">
        <ScreenHead title={t("chart.title")} note={rangeText(shown.window.from, end)}>
          {switcher}
        </ScreenHead>
        <Tools shown={shown} control={control} onExport={() => setExporting(true)} />
        {ids.length === 0 ? (
          list.data === undefined ? (
            list.error ? (
              <Failed error={list.error} retry={() => void list.refetch()} />
            ) : (
              <Loading />
            )
          ) : (
            <Notice icon="monitoring" title={t("monitoring.none")} text={t("monitoring.none_text")} />
          )
        ) : pending ? (
          <Loading />
        ) : error instanceof ApiError && error.problem.status === 403 ? (
          <Failed error={error} />
        ) : (
          <Stage
            panes={panes}
            loading={loading}
            control={control}
            compare_ms={state.compare_ms}
            at={at}
            onFit={() => control.follow(stateOf({ range: search.range }).span_ms)}
            onPress={() => undefined}
          />
        )}
        {error instanceof ApiError && error.problem.status !== 403 ? (
          <div className="cfail" role="alert">
            {pick(error.problem.words)}
            <button type="button" className="lk" onClick={() => loading.loader.retry()}>
              {t("state.retry")}
            </button>
          </div>
        ) : null}
        {wave ? <WavePanes point={wave} shown={shown} now={now} onClose={() => setUrl({ spec: undefined })} /> : null}
      </section>
      <aside className="panel bl side">
        {narrow ? (
          <div className="row" style={{ padding: "6px 12px" }}>
            <button type="button" className="btn" onClick={() => setPicking(true)}>
              {t("chart.choose")}
            </button>
          </div>
        ) : null}
        {state.map ? <MapSide rows={rows} /> : null}
        <div className="scroll">
          <Values
            points={points}
            rows={rows}
            time={Math.min(time, now)}
            span_ms={span}
            compare_ms={state.compare_ms}
            overlay={state.overlay}
            onRemove={toggle}
            spectrum={state.spectrum}
            onSpectrum={(id) => setUrl({ spec: id === null ? undefined : String(id) }, { replace: true })}
          />
        </div>
      </aside>
      {exporting ? <Export points={points} shown={shown} now={now} onClose={() => setExporting(false)} /> : null}
    </main>
  )
}

const rangeText = (from: number, to: number): string =>
  `${cursorText(from, to - from)} – ${cursorText(to, to - from, from)}`

/** The points of the address, or, without a choice, points with an open alarm and then one of each indicator. */
function useProposed(text: string | undefined, rows: readonly PointRow[], alarms: readonly AlarmRow[]): number[] {
  const [kept, setKept] = useState<number[]>([])
  const proposed = useMemo(() => {
    const alarmed = new Set(alarms.filter((a) => a.condition === "raised").map((a) => a.code))
    const spoke = rows.filter((r) => r.latest !== null)
    const first = spoke.filter((r, i) => spoke.findIndex((x) => x.indicator === r.indicator) === i)
    return [...new Set([...rows.filter((r) => r.asset_code && alarmed.has(r.asset_code)), ...first])]
      .slice(0, first_shown)
      .map((r) => r.id)
  }, [rows, alarms])
  // A proposal stays while the list is searched: what is on the screen does not change under the eye.
  useEffect(() => {
    if (kept.length === 0 && proposed.length > 0) setKept(proposed)
  }, [proposed, kept])
  return text !== undefined ? pointsOf(text) : kept
}

/** One pane a point, or one for all points of a unit. */
function usePanes(
  points: ChartPoint[],
  overlay: boolean,
  alarms: readonly AlarmRow[],
  warnings: readonly WarningRow[],
  onRemove: (id: number) => void,
): PaneSpec[] {
  const { t, pick } = useWords()
  // biome-ignore lint/correctness/useExhaustiveDependencies: onRemove is made anew with every rendering and does the same
  return useMemo(() => {
    const groups = new Map<string, ChartPoint[]>()
    for (const p of points) {
      const key = overlay ? `unit ${p.row?.unit ?? ""}` : `point ${p.id}`
      groups.set(key, [...(groups.get(key) ?? []), p])
    }
    return [...groups].map(([key, members]): PaneSpec => {
      const first = members[0]!
      const events = members.flatMap((p) => eventsOf(p, alarms, warnings, pick))
      const open = alarms.find(
        (a) => a.condition === "raised" && events.some((e) => e.kind === "alarm" && e.id === a.id),
      )
      return {
        key,
        points: members,
        unit: first.row?.unit ?? "",
        events,
        head: (
          <div className="phead">
            {overlay ? null : <i className="key">{first.letter}</i>}
            <b className="nw1">{first.row ? pick(first.row.indicator_name) : `#${first.id}`}</b>
            {members.length === 1 ? (
              <>
                <span className="m i2 nw1">{first.row?.asset_code ?? first.row?.device_code}</span>
                <span className="i3 el">{first.row ? pick(first.row.place) : ""}</span>
              </>
            ) : (
              <span className="i3 el">
                {t("chart.laid_over", { count: members.length, unit: unitText(first.row?.unit ?? "") })}
              </span>
            )}
            <span className="sp" />
            {open ? (
              <span className="row g4 nw1 f12">
                <LevelShape level={open.severity} state={levelState(open)} size="s" />
                {open.value ? `${numberText(open.value.amount)} ${unitText(open.value.unit)}` : ""}
              </span>
            ) : null}
            {members.length === 1 ? (
              <button
                type="button"
                className="plain i3"
                onClick={() => onRemove(first.id)}
                aria-label={t("monitoring.remove")}
              >
                ×
              </button>
            ) : null}
          </div>
        ),
      }
    })
  }, [points, overlay, alarms, warnings, pick, t])
}
