import { type ReactNode, useEffect, useMemo } from "react"
import { quality } from "../../../model/index.ts"
import { type AlarmRow, type CurveView, type PointRow, useAlarms, useGet } from "../../api.ts"
import { useStore } from "../../external.ts"
import {
  Curve,
  cursorStore,
  Failed,
  LevelShape,
  Loading,
  levelState,
  Notice,
  numberText,
  ScreenHead,
  SearchField,
  SelectField,
  unitText,
  usePages,
  valueAt,
  withoutCoarseGaps,
} from "../../kit/index.ts"
import { connectLive, readingStore } from "../../live.ts"
import { exactText, minuteText } from "../../time.ts"
import { useAt, useUrl, useViewTime } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { lifelineOptions, useNames } from "../names.ts"

export const points_max = 8
const first_shown = 3
const ranges: Record<string, number> = { "1h": 3_600_000, "7h": 25_200_000, "24h": 86_400_000, "7d": 604_800_000 }

/** Points at the left, their curves at the right, one below the other: one window, one cursor, limits, gaps, alarms. */
export function Compare({ switcher }: { switcher: ReactNode }) {
  const { t, pick } = useWords()
  const names = useNames()
  const [search, setUrl] = useUrl()
  const at = useAt()
  const list = usePages<PointRow>(
    "point",
    "/api/monitoring/points",
    { lifeline: search.lifeline, indicator: search.indicator, q: search.q, ...(at === null ? {} : { at }) },
    at === null ? 15_000 : undefined,
  )
  const rows = list.data?.pages.flatMap((p) => p.items) ?? []
  const asked = (search.points ?? "")
    .split(",")
    .map(Number)
    .filter((id) => id > 0)
    .slice(0, points_max)
  const alarms = useAlarms({ state: "all", sort: "-raised_at", limit: 200 }).data?.items
  // Without a choice: points with an open alarm, then one of each indicator.
  const alarmed = new Set((alarms ?? []).filter((a) => a.condition === "raised").map((a) => a.code))
  const first = rows.filter((r, i) => rows.findIndex((x) => x.indicator === r.indicator) === i)
  const proposed = [...new Set([...rows.filter((r) => r.asset_code && alarmed.has(r.asset_code)), ...first])]
  const chosen = search.points !== undefined ? asked : proposed.slice(0, first_shown).map((p) => p.id)
  const key = chosen.join()
  useEffect(() => connectLive(key ? key.split(",").map(Number) : []), [key])
  useEffect(() => () => connectLive([]), [])
  const live = useStore(readingStore)
  const toggle = (id: number) =>
    setUrl(
      {
        points:
          (chosen.includes(id) ? chosen.filter((p) => p !== id) : [...chosen, id].slice(-points_max)).join() || "none",
      },
      { replace: true },
    )
  const indicators = names.lifelines
    .filter((l) => !search.lifeline || l.id === search.lifeline)
    .flatMap((l) => names.indicators(l.id).map((i) => ({ value: i.id, words: pick(i.name) })))
  const groups = [...new Set(rows.map((r) => `${r.lifeline}/${r.indicator}`))]
  return (
    <main className="main points">
      <aside className="panel br">
        <ScreenHead
          title={t("monitoring.points")}
          note={t("monitoring.chosen", { count: chosen.length, all: list.data?.pages[0]?.total ?? 0 })}
        />
        <div className="filters">
          <SearchField placeholder={t("monitoring.search")} />
          <SelectField
            param="lifeline"
            label={t("list.lifeline")}
            options={lifelineOptions(names)}
            also={["indicator"]}
          />
          <SelectField param="indicator" label={t("monitoring.indicator")} options={indicators} />
        </div>
        <div
          className="scroll"
          onScroll={(event) => {
            const box = event.currentTarget
            if (list.hasNextPage && box.scrollTop + box.clientHeight > box.scrollHeight - 400) void list.fetchNextPage()
          }}
        >
          {list.data === undefined ? (
            list.error ? (
              <Failed error={list.error} retry={() => void list.refetch()} />
            ) : (
              <Loading />
            )
          ) : rows.length === 0 ? (
            <Notice icon="search" title={t("state.empty")} text={t("state.empty_text")} />
          ) : null}
          {groups.map((group) => {
            const members = rows.filter((r) => `${r.lifeline}/${r.indicator}` === group)
            return (
              <div key={group}>
                <div className="lh">
                  <b className="i2">
                    {names.lifeline(members[0]!.lifeline)} · {pick(members[0]!.indicator_name)}
                  </b>
                  {members.length}
                </div>
                {members.map((p) => {
                  const reading = at === null ? (live.get(p.id) ?? p.latest) : p.latest
                  return (
                    <label key={p.id} className={`pt-row ${chosen.includes(p.id) ? "sel" : ""}`}>
                      <input type="checkbox" checked={chosen.includes(p.id)} onChange={() => toggle(p.id)} />
                      <span style={{ minWidth: 0 }}>
                        <span className="el t">{p.device_name || p.device_code}</span>
                        <span className="el s m">{p.asset_code ?? p.device_code}</span>
                      </span>
                      <span className="r">
                        <b
                          className={reading?.stale ? "stale" : ""}
                          title={reading ? exactText(reading.time) : undefined}
                        >
                          {numberText(reading?.value, p.decimals)}
                        </b>
                        <span className="s">{reading?.stale ? t("monitoring.stale") : unitText(p.unit)}</span>
                      </span>
                    </label>
                  )
                })}
              </div>
            )
          })}
        </div>
      </aside>
      <Charts chosen={chosen} rows={rows} alarms={alarms} switcher={switcher} onRemove={toggle} />
    </main>
  )
}

function Charts({
  chosen,
  rows,
  alarms,
  switcher,
  onRemove,
}: {
  chosen: number[]
  rows: PointRow[]
  alarms: AlarmRow[] | undefined
  switcher: ReactNode
  onRemove(id: number): void
}) {
  const { t, pick } = useWords()
  const names = useNames()
  const [search] = useUrl()
  const at = useAt()
  const now = useViewTime()
  const range = ranges[search.range ?? "7h"] ?? ranges["7h"]!
  const grain = range / 84
  const to = Math.ceil(now / grain) * grain
  const from = to - range
  // A point of the link that is not among the loaded rows is asked for by itself through its latest reading's row.
  const missing = chosen.filter((id) => !rows.some((r) => r.id === id))
  const others = useGet<{ items: PointRow[] }>("point", missing.length ? "/api/monitoring/points" : null, {
    limit: 500,
  })
  const known = new Map([...(others.data?.items ?? []), ...rows].map((r) => [r.id, r]))
  const curves = useGet<CurveView[]>(
    "curves",
    chosen.length ? "/api/monitoring/curves" : null,
    { points: chosen.join(","), from: Math.round(from), to: Math.round(to), max: 1000 },
    at === null ? { every_ms: 10_000 } : {},
  )
  return (
    <section className="panel">
      <ScreenHead
        title={t("monitoring.compare")}
        note={`${minuteText(from)} – ${minuteText(Math.min(to, now))} · ${t("monitoring.shared")}`}
      >
        {switcher}
      </ScreenHead>
      <div className="scroll charts">
        {chosen.length === 0 ? (
          <Notice icon="monitoring" title={t("monitoring.none")} text={t("monitoring.none_text")} />
        ) : curves.data === undefined ? (
          curves.error ? (
            <Failed error={curves.error} retry={() => void curves.refetch()} />
          ) : (
            <Loading />
          )
        ) : (
          chosen.map((id, i) => (
            <Chart
              key={id}
              point={known.get(id)}
              curve={curves.data!.find((c) => c.point === id)}
              alarms={alarms}
              from={from}
              to={to}
              now={now}
              names={names}
              pick={pick}
              last={i === chosen.length - 1}
              height={Math.max(112, Math.min(200, 620 / chosen.length))}
              onRemove={() => onRemove(id)}
            />
          ))
        )}
      </div>
    </section>
  )
}

function Chart({
  point,
  curve,
  alarms,
  from,
  to,
  now,
  names,
  pick,
  last,
  height,
  onRemove,
}: {
  point: PointRow | undefined
  curve: CurveView | undefined
  alarms: AlarmRow[] | undefined
  from: number
  to: number
  now: number
  names: ReturnType<typeof useNames>
  pick(words: { zh: string; en: string }): string
  last: boolean
  height: number
  onRemove(): void
}) {
  const { t } = useWords()
  const cursor = useStore(cursorStore)
  const series = useMemo(
    () =>
      curve
        ? [
            {
              key: curve.point,
              name: "",
              unit: curve.unit,
              ...(point ? { decimals: point.decimals } : {}),
              ...withoutCoarseGaps(curve.time, curve.value),
              role: "subject" as const,
            },
          ]
        : [],
    [curve, point],
  )
  const mine = (alarms ?? []).filter(
    (a) => point && a.code !== null && a.code === point.asset_code && a.lifeline === point.lifeline,
  )
  const open = mine.find((a) => a.condition === "raised")
  const thresholds = point ? names.thresholds(point.lifeline, point.indicator) : []
  const limits = thresholds.flatMap((th) =>
    th.levels.map((l) => ({
      value: l.limit,
      severity: l.severity,
      text: `${th.direction === "below" ? "↓ " : ""}${t(`level_short.${l.severity}`)} ${numberText(l.limit)}`,
    })),
  )
  const value = series[0] ? valueAt(series[0], cursor !== null && cursor >= from && cursor <= to ? cursor : now) : null
  const flagged = curve ? curve.quality.filter((q) => (q & flags_bad) !== 0).length : 0
  return (
    <div className="chart bb">
      <div className="row g8 f12">
        <b>{point ? pick(point.indicator_name) : `#${curve?.point ?? ""}`}</b>
        <span className="m i2 nw1">{point?.asset_code ?? point?.device_code}</span>
        <span className="i3 el">{point ? pick(point.place) : ""}</span>
        {flagged > 0 ? <span className="chip dash nw1">{t("monitoring.flagged", { count: flagged })}</span> : null}
        <span className="sp" />
        {open ? <LevelShape level={open.severity} state={levelState(open)} size="s" /> : null}
        <b className="f14 nw1">{numberText(value, point?.decimals)}</b>
        <span className="i2 nw1">{unitText(curve?.unit ?? "")}</span>
        <button type="button" className="plain i3" onClick={onRemove} aria-label={t("monitoring.remove")}>
          ×
        </button>
      </div>
      {curve && curve.time.length > 0 ? (
        <Curve
          series={series}
          from={from}
          to={to}
          height={height + (last ? 20 : 0)}
          limits={limits}
          known_until={Math.min(now, to)}
          names_px={8}
          time_axis={last}
          events={mine
            .filter((a) => a.raised_at >= from && a.raised_at <= to)
            .map((a) => ({ time: a.raised_at, severity: a.severity, seen: a.acknowledged_at !== null }))}
        />
      ) : (
        <div className="i3 f12 row" style={{ height, justifyContent: "center" }}>
          {t("monitoring.no_data")}
        </div>
      )}
    </div>
  )
}

/** Flags of a reading that question its value. */
const flags_bad = quality.device | quality.range | quality.rate | quality.stuck
