import { useNavigate } from "@tanstack/react-router"
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react"
import { type AlarmRow, type AreaRow, type Page, type PointRow, useAlarms, useGet } from "../../../api.ts"
import { panBy, spanOf, valueIn, type Window, zoomAt } from "../../../charts/index.ts"
import { useStore } from "../../../external.ts"
import { useKeys } from "../../../frame/index.ts"
import {
  changeText,
  cursorStore,
  Failed,
  type Level,
  LevelShape,
  Loading,
  levelState,
  Notice,
  numberText,
  ScreenHead,
  SearchField,
  Segment,
  SelectField,
  unitText,
} from "../../../kit/index.ts"
import { dateText, minuteText } from "../../../time.ts"
import { useAt, useUrl, useViewTime } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { lifelineOptions, useNames } from "../../names.ts"
import { useWindow } from "../chart/use-window.ts"
import { ordered, type SparkFacts, type SparkOrder, sparkOrders, visibleCells } from "./order.ts"
import { Spark } from "./spark.tsx"
import { useSparks } from "./use-sparks.ts"

const shown_max = 200
const cell_px_min = 228
const cell_px = 108
const none: PointRow[] = []
const no_alarms: AlarmRow[] = []

/** Many small charts of one filter on one time: alarms first, by change or by name; a click opens the large one. */
export function SparkWall({ switcher }: { switcher: ReactNode }) {
  const { t, pick } = useWords()
  const names = useNames()
  const navigate = useNavigate()
  const [search, setUrl] = useUrl()
  const at = useAt()
  const now = useViewTime()
  const control = useWindow()
  const { window: moving, follow } = useStore(control.shown)
  const window = useGrained(moving, follow)
  const query = {
    lifeline: search.lifeline,
    indicator: search.indicator,
    area: search.area,
    asset_id: search.asset_id,
    q: search.q,
    limit: shown_max,
    at,
  }
  const list = useGet<Page<PointRow>>("point", "/api/monitoring/points", query, at === null ? { every_ms: 15_000 } : {})
  const areas = useGet<AreaRow[]>("areas", "/api/census/areas", {}, { stale_ms: 600_000 }).data ?? []
  const alarms = useAlarms({ state: "open", limit: 300, at }).data?.items ?? no_alarms
  const rows = list.data?.items ?? none
  // The order of requests must not change with every new reading of the list.
  const ids = rows.map((r) => r.id).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `ids` stands for the rows
  const asked = useMemo(() => rows, [ids])
  const sparks = useSparks(asked, window, at === null)
  const order: SparkOrder = sparkOrders.includes(search.order as SparkOrder) ? (search.order as SparkOrder) : "alarm"
  const facts = useMemo(
    () =>
      ordered(
        rows.map((row): SparkFacts => {
          const mine = alarms.filter((a) => a.lifeline === row.lifeline && a.code !== null && a.code === row.asset_code)
          const indicator = names.indicators(row.lifeline).find((i) => i.id === row.indicator)
          const values = sparks.strips.get(row.id)?.mid.filter((v) => !Number.isNaN(v))
          return {
            row,
            change: values && values.length > 1 ? values.at(-1)! - values[0]! : null,
            scale: indicator ? indicator.max - indicator.min : 1,
            level: mine.length > 0 ? Math.min(...mine.map((a) => a.severity)) : null,
            stale: row.latest === null || row.latest.stale,
          }
        }),
        order,
      ),
    [rows, alarms, names, sparks.strips, order],
  )
  const step = (by: number) => control.move(panBy(control.shown.get().window, spanOf(moving) * by), true)
  const zoom = (factor: number) =>
    control.move(zoomAt(moving, follow ? moving.to : (moving.from + moving.to) / 2, factor), true)
  useKeys({
    ArrowLeft: () => step(-0.25),
    ArrowRight: () => step(0.25),
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    End: () => control.follow(),
    l: () => control.follow(),
  })
  const indicators = names.lifelines
    .filter((l) => !search.lifeline || l.id === search.lifeline)
    .flatMap((l) => names.indicators(l.id).map((i) => ({ value: i.id, words: pick(i.name) })))
  const open = (id: number) =>
    void navigate({
      to: "/monitoring/charts" as never,
      search: {
        points: String(id),
        ...Object.fromEntries(["t", "range", "from", "to", "span"].map((name) => [name, search[name]])),
      } as never,
    })
  const total = list.data?.total ?? 0
  return (
    <main className="main one">
      <section className="panel">
        <ScreenHead
          title={t("sparks.title")}
          note={`${dateText(window.from).slice(5)} ${minuteText(window.from)} – ${minuteText(Math.min(window.to, now))}`}
        >
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("monitoring.search")} />
          <SelectField
            param="lifeline"
            label={t("list.lifeline")}
            options={lifelineOptions(names)}
            also={["indicator"]}
          />
          <SelectField param="indicator" label={t("monitoring.indicator")} options={indicators} />
          <SelectField
            param="area"
            label={t("list.area")}
            options={areas.map((a) => ({ value: a.code, words: a.name }))}
          />
          <span className="sp" />
          <span className="i3 f12">
            {t(total > shown_max ? "sparks.cut" : "list.count", {
              count: total > shown_max ? shown_max : total,
              all: total,
            })}
          </span>
          <Segment
            label={t("sparks.order")}
            value={order}
            onChange={(value) => setUrl({ order: value === "alarm" ? undefined : value }, { replace: true })}
            options={sparkOrders.map((value) => ({ value, words: t(`sparks.by.${value}`) }))}
          />
        </div>
        {list.data === undefined ? (
          list.error ? (
            <Failed error={list.error} retry={() => void list.refetch()} />
          ) : (
            <Loading />
          )
        ) : rows.length === 0 ? (
          <Notice icon="search" title={t("state.empty")} text={t("state.empty_text")} />
        ) : sparks.error && sparks.strips.size === 0 ? (
          <Failed error={sparks.error} retry={sparks.refetch} />
        ) : (
          <Grid facts={facts} strips={sparks.strips} window={window} now={now} alarms={alarms} onOpen={open} />
        )}
      </section>
    </main>
  )
}

function Grid({
  facts,
  strips,
  window,
  now,
  alarms,
  onOpen,
}: {
  facts: SparkFacts[]
  strips: ReturnType<typeof useSparks>["strips"]
  window: Window
  now: number
  alarms: readonly AlarmRow[]
  onOpen(id: number): void
}) {
  const { t, pick } = useWords()
  const names = useNames()
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 700, width: 1200 })
  const cursor = useStore(cursorStore)
  useLayoutEffect(() => {
    const element = box.current!
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const columns = Math.max(1, Math.floor(view.width / cell_px_min))
  const { first, last, rows } = visibleCells(facts.length, columns, cell_px, view.top, view.height)
  const inside = cursor !== null && cursor >= window.from && cursor <= window.to
  const limits = useLimits()
  return (
    <div
      ref={box}
      className="scroll sparks"
      onScroll={(event) => {
        const { scrollTop, clientHeight, clientWidth } = event.currentTarget
        setView({ top: scrollTop, height: clientHeight, width: clientWidth })
      }}
    >
      <div style={{ height: rows * cell_px, position: "relative" }}>
        {facts.slice(first, last).map(({ row, level, stale, change }, i) => {
          const place = first + i
          const strip = strips.get(row.id)
          const alarm =
            level === null ? undefined : alarms.find((a) => a.severity === level && a.code === row.asset_code)
          const value =
            inside && strip
              ? (valueIn([{ strip, first: 0, last: strip.time.length, window, exact: true }], Math.min(cursor, now))
                  ?.mid ?? null)
              : (row.latest?.value ?? null)
          return (
            <button
              key={row.id}
              type="button"
              className="cell"
              style={{
                left: `${((place % columns) / columns) * 100}%`,
                width: `${100 / columns}%`,
                top: Math.floor(place / columns) * cell_px,
                height: cell_px,
              }}
              onClick={() => onOpen(row.id)}
              title={`${names.lifeline(row.lifeline)} · ${pick(row.indicator_name)} · ${row.device_code}`}
            >
              <span className="row g6">
                {level === null ? null : (
                  <LevelShape level={level as Level} state={alarm ? levelState(alarm) : "new"} size="s" />
                )}
                <b className="el f12">{row.device_name || row.device_code}</b>
                <span className="sp" />
                <b className={`nw1 ${stale && !inside ? "stale" : ""}`}>{numberText(value, row.decimals)}</b>
                <span className="i3 f11 nw1">{unitText(row.unit)}</span>
              </span>
              <span className="row g6 f11 i3">
                <span className="el">
                  {pick(row.indicator_name)} · <span className="m">{row.asset_code ?? row.device_code}</span>
                </span>
                <span className="sp" />
                <span className="nw1">
                  {stale ? t("monitoring.stale") : change === null ? "" : changeText(change, row.decimals)}
                </span>
              </span>
              <span className="plotbox">
                <Spark
                  strip={strip}
                  window={window}
                  limits={limits(row)}
                  decimals={row.decimals}
                  label={t("sparks.curve")}
                />
                {inside ? (
                  <i
                    className="at"
                    style={{ left: `${((cursor - window.from) / (window.to - window.from)) * 100}%` }}
                  />
                ) : null}
                {strip && strip.time.length === 0 ? <span className="nothing">{t("monitoring.no_data")}</span> : null}
              </span>
            </button>
          )
        })}
      </div>
    </div>
  )
}

/** Limits of a point's indicator, made once for each. */
function useLimits() {
  const names = useNames()
  const made = useRef(new Map<string, { value: number; severity: 1 | 2 | 3 | 4; text: string }[]>())
  return (row: PointRow) => {
    const key = `${row.lifeline}/${row.indicator}`
    const known = made.current.get(key)
    if (known) return known
    const limits = names
      .thresholds(row.lifeline, row.indicator)
      .flatMap((th) => th.levels.map((l) => ({ value: l.limit, severity: l.severity as 1 | 2 | 3 | 4, text: "" })))
    if (names.lifelines.length > 0) made.current.set(key, limits)
    return limits
  }
}

/** A window that moves in steps, so that its curves are asked for only when it has moved by what can be seen. */
function useGrained(window: Window, follow: boolean): Window {
  const grain = Math.max(1000, spanOf(window) / 100)
  const to = follow ? Math.ceil(window.to / grain) * grain : window.to
  const span = spanOf(window)
  const last = useRef<Window>(window)
  if (last.current.to !== to || spanOf(last.current) !== span) last.current = { from: to - span, to }
  return last.current
}
