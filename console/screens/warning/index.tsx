import { useMemo } from "react"
import { useWarning, useWarnings, type WarningRow } from "../../api.ts"
import { useKeys } from "../../frame/index.ts"
import {
  ClockBar,
  clockLeft,
  Failed,
  Icon,
  LevelShape,
  Loading,
  Notice,
  ScreenHead,
  SearchField,
  useView,
  Views,
} from "../../kit/index.ts"
import { MapSlot, type ShownAlarm, useAlarmsOnMap, useScene } from "../../map/index.ts"
import { shortText, useCityNow } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { WarningInspector } from "./inspector.tsx"

const views = ["open", "closed"] as const
const groups: Record<(typeof views)[number], [name: string, states: string[]][]> = {
  open: [
    ["drafts", ["draft", "submitted"]],
    ["in_force", ["issued"]],
  ],
  closed: [["over", ["lifted", "expired"]]],
}

/** 预警: drafts and those to be signed, those in force, those lifted; one warning with versions and signatures. */
export default function Warning() {
  const { t, pick } = useWords()
  const [search, setUrl] = useUrl()
  const view = useView(views)
  const now = useCityNow()
  const list = useWarnings({ q: search.q, limit: 300 })
  const selection = parseSelection(search.sel)
  const id = selection?.kind === "warning" ? selection.id : null
  const warning = useWarning(id)
  const select = (chosen: number | null) => setUrl({ sel: chosen === null ? undefined : `warning:${chosen}` })
  const shown = groups[view].map(([name, states]) => ({
    name,
    items: (list.data?.items ?? [])
      .filter((w) => states.includes(w.state))
      .sort((a, b) => (a.clock?.ends_at ?? Number.POSITIVE_INFINITY) - (b.clock?.ends_at ?? Number.POSITIVE_INFINITY)),
  }))
  const all = shown.flatMap((g) => g.items)
  const move = (by: number) => {
    const next = all[Math.max(0, Math.min(all.length - 1, all.findIndex((w) => w.id === id) + by))]
    if (next) select(next.id)
  }
  useKeys({
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    j: () => move(1),
    k: () => move(-1),
    Escape: () => select(null),
  })
  const markers = useMemo(
    () =>
      (list.data?.items ?? [])
        .filter((w) => w.lon_lat !== null && ["draft", "submitted", "issued"].includes(w.state))
        .map(
          (w): ShownAlarm => ({
            id: w.id,
            level: w.severity,
            state: w.issued_at === null ? "new" : "seen",
            lon_lat: w.lon_lat!,
            title: w.title,
            value: w.code,
          }),
        ),
    [list.data],
  )
  useAlarmsOnMap(markers, id)
  const open = warning.data
  const scene = useMemo(
    () =>
      open?.lon_lat
        ? {
            place: open.lon_lat,
            value: open.code,
            detail: pick(open.place),
            lifelines: [open.lifeline],
            radius_m: open.content.radius_m,
            neighbours: [],
            suspects: [],
          }
        : null,
    [open, pick],
  )
  useScene(scene)
  return (
    <main className={`main lists narrow ${id === null ? "" : "open"}`}>
      <aside className="panel br">
        <ScreenHead title={t("rail.warning")}>
          <Views
            label={t("warning.views")}
            keep={["q"]}
            views={[
              { id: "open", words: t("warning.open") },
              { id: "closed", words: t("warning.closed") },
            ]}
          />
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("warning.search")} />
        </div>
        <div className="scroll">
          {list.data === undefined ? (
            list.error ? (
              <Failed error={list.error} retry={() => void list.refetch()} />
            ) : (
              <Loading />
            )
          ) : all.length === 0 ? (
            <Notice icon="warning" title={t("warning.none")} text={t("warning.none_text")} />
          ) : (
            shown.map((group) => (
              <div key={group.name}>
                <div className="lh">
                  <b className="i2">{t(`warning.group.${group.name}`)}</b>
                  {group.items.length}
                  <span className="sp" />
                  {t("duty.sorted.urgent")}
                </div>
                {group.items.map((w) => (
                  <Row key={w.id} warning={w} now={now} selected={w.id === id} onSelect={() => select(w.id)} />
                ))}
              </div>
            ))
          )}
        </div>
        <div className="dlf">
          {t("warning.who_signs")}
          <span className="sp" />
          <a className="lk" href="/api/warning/warnings?format=csv" download="warnings.csv">
            {t("list.csv")}
          </a>
        </div>
      </aside>
      <MapSlot />
      {id === null ? null : open ? (
        <WarningInspector warning={open} now={now} onClose={() => select(null)} />
      ) : (
        <aside className="panel bl insp">
          {warning.error ? <Failed error={warning.error} retry={() => void warning.refetch()} /> : <Loading />}
        </aside>
      )}
    </main>
  )
}

function Row({
  warning,
  now,
  selected,
  onSelect,
}: {
  warning: WarningRow
  now: number
  selected: boolean
  onSelect(): void
}) {
  const { t, pick } = useWords()
  const names = useNames()
  const left = warning.clock ? clockLeft(warning.clock, now) : null
  const over = warning.state === "lifted" || warning.state === "expired"
  return (
    <button type="button" className={`al ${selected ? "sel" : ""}`} aria-pressed={selected} onClick={onSelect}>
      <LevelShape level={warning.severity} state={over ? "cleared" : warning.issued_at === null ? "new" : "seen"} />
      <span style={{ minWidth: 0 }}>
        <span className="t el" style={{ display: "block" }}>
          {warning.title}
        </span>
        <span className="s row g4">
          <Icon name={names.icon(warning.lifeline)} />
          <span className="el">
            {warning.code} · {t("warning.version", { count: warning.version })} · {pick(warning.place)}
          </span>
        </span>
      </span>
      <span>
        <span className={`cd ${left?.over ? "c1 b" : ""}`} style={{ display: "block" }}>
          {left ? left.text : over ? "✓" : "—"}
        </span>
        <span className="cs" style={{ display: "block" }}>
          {warning.clock
            ? pick(warning.clock.name)
            : over && warning.lifted_at !== null
              ? shortText(warning.lifted_at, now)
              : t(`warning_state.${warning.state}`)}
        </span>
      </span>
      {warning.clock ? (
        <span style={{ gridColumn: "2/4", marginTop: 4 }}>
          <ClockBar clock={warning.clock} now={now} />
        </span>
      ) : null}
    </button>
  )
}
