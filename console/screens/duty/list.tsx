import { useEffect, useRef, useState } from "react"
import { type AlarmRow, type DeviceRow, type Page, useGet, useLifelines, useMe, useNowLine } from "../../api.ts"
import {
  Button,
  ClockBar,
  clockLeft,
  Icon,
  LevelShape,
  levelState,
  lifelineIcon,
  Notice,
  numberText,
  Segment,
  shareText,
  trendText,
  unitText,
} from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { type Groups, type Order, placeAndCode } from "./grouping.ts"

type ListProps = {
  groups: Groups
  now: number
  selected: number | null
  order: Order
  filter: string
  live: boolean
  onSelect(alarm: AlarmRow): void
}
const others_shown = 8

/** The urgent list: mine by remaining time, others' by deadline, and what was suppressed with its cause. */
export function AlarmList({ groups: fresh, now, selected, order, filter, live, onSelect }: ListProps) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const [all, setAll] = useState(false)
  const me = useMe().data
  const state = useNowLine().data
  const [groups, hold] = useStill(fresh, `${order}/${filter}`)
  const entered = useRef<Set<number> | null>(null)
  const known = entered.current
  const ids = [...groups.mine, ...groups.others].map((a) => a.id)
  useEffect(() => {
    entered.current = new Set([...(entered.current ?? []), ...ids])
  })
  const icons = Object.fromEntries((useLifelines().data ?? []).map((l) => [l.id, lifelineIcon(l.symbol)]))
  const role = me?.grants[0]?.role
  const row = (alarm: AlarmRow) => (
    <Row
      key={alarm.id}
      alarm={alarm}
      now={now}
      selected={alarm.id === selected}
      fresh={known !== null && !known.has(alarm.id)}
      icon={icons[alarm.lifeline] ?? "manhole"}
      onSelect={onSelect}
    />
  )
  const rest = groups.others.slice(all ? groups.others.length : others_shown)
  const empty = groups.mine.length === 0
  return (
    <aside className="panel br" aria-label={t("duty.title")}>
      <div className="ph">
        <h2>{t("duty.title")}</h2>
        <span className="i3 f12 el">{role ? t(`role.${role}`) : ""}</span>
        <span className="sp" />
        <Segment<Order>
          label={t("duty.order")}
          value={order}
          onChange={(value) => setUrl({ order: value === "urgent" ? undefined : value }, { replace: true })}
          options={[
            { value: "urgent", words: t("duty.urgent") },
            { value: "time", words: t("duty.time") },
            { value: "area", words: t("duty.area") },
          ]}
        />
      </div>
      <div className="row g6 bb" style={{ padding: "6px 12px", height: 38, flex: "none" }}>
        <span className="field sp">
          <Icon name="search" />
          <input
            data-search
            value={filter}
            maxLength={80}
            placeholder={t("duty.filter")}
            aria-label={t("duty.filter")}
            onChange={(event) => setUrl({ q: event.target.value || undefined }, { replace: true })}
          />
        </span>
        {filter ? (
          <Button
            icon
            onClick={() => setUrl({ q: undefined }, { replace: true })}
            aria-label={t("duty.clear")}
            title={t("duty.clear")}
          >
            <Icon name="close" />
          </Button>
        ) : null}
      </div>
      <div className="scroll" {...hold}>
        <div className="lh">
          <b className="i2">{t("duty.mine")}</b>
          {groups.mine.length}
          <span className="sp" />
          {t(`duty.sorted.${order}`)}
        </div>
        {groups.mine.map(row)}
        {empty ? (
          <Notice
            icon="check"
            title={t("duty.nothing")}
            text={filter ? t("duty.nothing_filter") : t("duty.nothing_text", { count: groups.others.length })}
          />
        ) : null}
        <div className="lh">
          <b className="i2">{t("duty.others")}</b>
          {groups.others.length}
          <span className="sp" />
          {t("duty.sorted_others")}
        </div>
        {groups.others.slice(0, all ? 400 : others_shown).map(row)}
        {rest.length > 0 || all ? (
          <button
            type="button"
            className="sup"
            style={{ gridTemplateColumns: "1fr auto" }}
            onClick={() => setAll(!all)}
          >
            <span style={{ paddingLeft: 22 }}>
              {all
                ? t("duty.fewer")
                : t("duty.more", {
                    count: rest.length,
                    levels: [1, 2, 3, 4]
                      .flatMap((n) => {
                        const c = rest.filter((a) => a.severity === n).length
                        return c ? [`${t(`level.${n}`)} ${c}`] : []
                      })
                      .join(" · "),
                  })}
            </span>
            <Icon name="down" />
          </button>
        ) : null}
        <Suppressed groups={groups} live={live} onSelect={onSelect} />
      </div>
      <div
        className="row f12 i3 bt"
        style={{ height: 32, padding: "0 12px", gap: 14, flex: "none", whiteSpace: "nowrap" }}
      >
        <span>
          {t("duty.shift_alarms")} <b className="i2">{state?.shift.alarms ?? "—"}</b>
        </span>
        <span>
          {t("duty.median")}{" "}
          <b className="i2">
            {state?.shift.verdict_ms_median != null ? durationText(state.shift.verdict_ms_median) : "—"}
          </b>
        </span>
        <span title={state ? `${state.shift.on_time.numerator} / ${state.shift.on_time.denominator}` : undefined}>
          {t("duty.on_time")}{" "}
          <b className="i2">
            {state ? shareText(state.shift.on_time.numerator, state.shift.on_time.denominator, 0) : "—"}
          </b>
        </span>
      </div>
    </aside>
  )
}

/** How long the list stays as it is after the pointer last moved over it; a forgotten pointer does not stop it. */
const still_ms = 8_000

/** A list under the pointer does not move until it leaves: order and members stay, clocks and values go on. */
function useStill(fresh: Groups, key: string) {
  const kept = useRef<{ groups: Groups; key: string } | null>(null)
  const until = useRef(0)
  const [, again] = useState(0)
  const held = kept.current !== null && kept.current.key === key && Date.now() < until.current
  if (!held) kept.current = { groups: fresh, key }
  const now = new Map([...fresh.mine, ...fresh.others, ...fresh.done].map((a) => [a.id, a]))
  const renew = (alarms: AlarmRow[]) => alarms.flatMap((a) => now.get(a.id) ?? [])
  const old = kept.current!.groups
  const groups: Groups = held ? { ...fresh, mine: renew(old.mine), others: renew(old.others) } : fresh
  return [
    groups,
    {
      onPointerMove: () => {
        until.current = Date.now() + still_ms
      },
      onPointerLeave: () => {
        until.current = 0
        again((n) => n + 1)
      },
    },
  ] as const
}

function Row({
  alarm,
  now,
  selected,
  fresh,
  icon,
  onSelect,
}: {
  alarm: AlarmRow
  now: number
  selected: boolean
  fresh: boolean
  icon: Parameters<typeof Icon>[0]["name"]
  onSelect(alarm: AlarmRow): void
}) {
  const { t, pick } = useWords()
  const element = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (selected) element.current?.scrollIntoView({ block: "nearest" })
  }, [selected])
  const left = alarm.clock ? clockLeft(alarm.clock, now) : null
  const title = pick(alarm.title)
  // Where the title already says the number it is not said twice.
  const value =
    alarm.value && !title.includes(String(alarm.value.amount))
      ? `${numberText(alarm.value.amount)} ${unitText(alarm.value.unit)}`.trim()
      : ""
  return (
    <button
      ref={element}
      type="button"
      aria-pressed={selected}
      className={`al ${alarm.acknowledged_at === null ? "un" : ""} ${selected ? "sel" : ""} ${fresh ? "enter" : ""}`}
      onClick={() => onSelect(alarm)}
    >
      <LevelShape level={alarm.severity} state={levelState(alarm)} />
      <span style={{ minWidth: 0 }}>
        <span className="t row" style={{ gap: 5 }}>
          <span className="el">{title}</span>
          <span className="v nw1">
            {value} {trendText(alarm.trend)}
          </span>
        </span>
        <span className="s row g4 el">
          <Icon name={icon} />
          <span className="el">
            {placeAndCode(pick(alarm.place), alarm.code)}
            {alarm.group_size > 1 ? ` · ${t("duty.group", { count: alarm.group_size })}` : ""}
          </span>
        </span>
      </span>
      <span>
        <span className={`cd ${left?.over ? "c1 b" : selected ? "b" : ""}`} style={{ display: "block" }}>
          {left ? left.text : "—"}
        </span>
        <span className="cs" style={{ display: "block" }}>
          {alarm.clock ? pick(alarm.clock.name) : t(`duty.stage.${alarm.stage}`)}
        </span>
      </span>
      {alarm.clock ? (
        <span style={{ gridColumn: "2/4", marginTop: 4 }}>
          <ClockBar clock={alarm.clock} now={now} />
        </span>
      ) : null}
    </button>
  )
}

/** Suppressed is not hidden: merged alarms, silent devices, functions switched off, each with cause and count. */
function Suppressed({ groups, live, onSelect }: { groups: Groups; live: boolean; onSelect(alarm: AlarmRow): void }) {
  const { t, pick } = useWords()
  const state = useNowLine().data
  const silent = useGet<Page<DeviceRow>>(
    "device",
    live ? "/api/monitoring/devices" : null,
    { state: "silent", limit: 3 },
    { every_ms: 30_000 },
  ).data
  return (
    <>
      <div className="lh">
        <b className="i2">{t("duty.suppressed")}</b>
        {t("duty.suppressed_text")}
      </div>
      {groups.merged.slice(0, 4).map(({ head, count }) => (
        <button key={head.id} type="button" className="sup" onClick={() => onSelect(head)}>
          <Icon name="merged" />
          <span>{t("duty.merged")}</span>
          <span className="i3 el">
            {pick(head.title)} · {pick(head.place)}
          </span>
          <b>{count}</b>
        </button>
      ))}
      {groups.done.length > 0 ? (
        <div className="sup">
          <Icon name="check" />
          <span>{t("duty.done")}</span>
          <span className="i3 el">{t("duty.done_text")}</span>
          <b>{groups.done.length}</b>
        </div>
      ) : null}
      {silent && silent.total > 0 ? (
        <div className="sup">
          <Icon name="device" />
          <span>{t("duty.no_data")}</span>
          <span className="i3 el">{silent.items.map((d) => d.code).join(" · ")}</span>
          <b>{silent.total}</b>
        </div>
      ) : null}
      {state?.troubles.map((trouble) => (
        <div key={trouble.what} className="sup" title={pick(trouble.words)}>
          <Icon name="muted" />
          <span>{t("duty.trouble")}</span>
          <span className="i3 el">{pick(trouble.words)}</span>
          <b>1</b>
        </div>
      ))}
      {groups.merged.length === 0 && groups.done.length === 0 && !silent?.total && !state?.troubles.length ? (
        <div className="sup">
          <Icon name="check" />
          <span className="i3">{t("duty.none_suppressed")}</span>
        </div>
      ) : null}
    </>
  )
}
