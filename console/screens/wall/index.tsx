import "./wall.css"
import { Fragment, useEffect, useMemo, useState } from "react"
import { type AlarmRow, can, type OrderSummary, useAlarms, useCity, useGet, useMe, useNowLine } from "../../api.ts"
import { clockLeft, Icon, LevelShape, levelState, Mark, numberText } from "../../kit/index.ts"
import { connectLive } from "../../live.ts"
import { clockText, useCityNow } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useConnected } from "./connected.ts"
import { WallCurve } from "./curve.tsx"
import { useFixedTheme } from "./fixed-theme.ts"
import { shortPlace, wordsOf } from "./place.ts"
import { WallStrip } from "./strip.tsx"
import { valueText, WallMap } from "./wall-map.tsx"

const rows_max = 3
const empty: AlarmRow[] = []
const levels = [1, 2, 3, 4] as const

/** 大屏: read at ten metres, nothing to press. All sizes are px at 3840 × 2160 and follow the window. */
export default function Wall() {
  return useFixedTheme("dark") ? <Screen /> : null
}

function Screen() {
  const { t, pick } = useWords()
  useEffect(() => connectLive([]), [])
  const unit = useUnit()
  const now = useCityNow()
  const city = useCity().data
  const live = useConnected()
  const state = useNowLine().data
  const alarms = useAlarms({ state: "open", limit: 100 }).data?.items ?? empty
  const due = useMemo(
    () =>
      alarms
        .filter((a) => a.stage !== "done" && a.group_head_id === null)
        .sort((a, b) => ends(a) - ends(b) || a.severity - b.severity),
    [alarms],
  )
  const urgent = due[0] ?? null
  const rest = due.slice(1, 1 + rows_max)
  const more = due.length - 1 - rest.length
  return (
    <div className="wall" style={{ "--u": `${unit}px` } as React.CSSProperties}>
      <header className="wtop">
        <Mark size={110 * unit} />
        <span className="nm">{t("wall.title", { city: pick(city?.name) })}</span>
        <span className="sp" />
        {levels.map((level, i) => (
          <span key={level} className={`wlv ${level > 2 ? "z" : ""}`}>
            <LevelShape level={level} />
            {state?.alarms[i] ?? "—"}
          </span>
        ))}
        <span className="sp" />
        {live ? null : <span className="off">{t("wall.offline")}</span>}
        <span className="clk">{clockText(now)}</span>
      </header>
      <WallMap alarms={due} urgent={urgent} unit={unit} />
      <aside className="wside">
        {urgent ? (
          <>
            <Item alarm={urgent} now={now} hot />
            {rest.map((alarm) => (
              <Item key={alarm.id} alarm={alarm} now={now} />
            ))}
            {more > 0 ? <div className="wmore">{t("wall.more", { count: more })}</div> : null}
          </>
        ) : (
          <div className="wnone">
            <Icon name="check" size="l" />
            <b>{t("wall.none")}</b>
            <span>{t("wall.none_text")}</span>
          </div>
        )}
      </aside>
      <Bottom now={now} />
    </div>
  )
}

const ends = (alarm: AlarmRow): number => alarm.clock?.ends_at ?? Number.MAX_SAFE_INTEGER

/** Long titles are set smaller: nine Chinese characters or twenty letters fit a line beside the clock. */
const sizeOf = (title: string): string => (title.length > 26 ? "longest" : title.length > 9 ? "long" : "")

function Item({ alarm, now, hot = false }: { alarm: AlarmRow; now: number; hot?: boolean }) {
  const { pick, language } = useWords()
  const clock = alarm.clock ? clockLeft(alarm.clock, now) : null
  return (
    <div className={`wc ${hot ? "hot" : ""}`}>
      <div className="wr">
        <LevelShape level={alarm.severity} state={levelState(alarm)} />
        <div className={`wn ${sizeOf(pick(alarm.title))}`}>
          {wordsOf(pick(alarm.title), language).map((word, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the words of one title keep their order
            <Fragment key={i}>
              {word}
              <wbr />
            </Fragment>
          ))}
        </div>
        <div className={`wk ${clock?.over ? "c1" : ""} ${(clock?.text.length ?? 0) > 6 ? "long" : ""}`}>
          {clock?.text ?? ""}
        </div>
      </div>
      <div className="wr2">
        {alarm.value ? <span className="wv">{valueText(alarm, pick)}</span> : null}
        <span className="wp">{shortPlace(pick(alarm.place), pick(alarm.title), alarm.code)}</span>
        <span className="wkk">{pick(alarm.clock?.name)}</span>
      </div>
      {hot ? <WallCurve alarm_id={alarm.id} now={now} /> : null}
    </div>
  )
}

function Bottom({ now }: { now: number }) {
  const { t } = useWords()
  const me = useMe().data
  const state = useNowLine().data
  const orders = useGet<OrderSummary>(
    "order",
    can(me, "orders.read") ? "/api/response/summary" : null,
    {},
    { every_ms: 20_000 },
  ).data
  const rate = state?.arriving.length
    ? state.arriving.slice(-12).reduce((a, b) => a + b, 0) / Math.min(12, state.arriving.length)
    : null
  const share = state?.devices.total ? (100 * state.devices.online) / state.devices.total : null
  const synced = state?.province?.last_ok_at ?? null
  const ago = synced === null ? null : Math.max(0, Math.floor((now - synced) / 1000))
  return (
    <footer className="wbot">
      <WallStrip now={now} />
      <div className="sp" />
      {orders ? (
        <div className="wq">
          <b>
            {orders.open}
            {orders.overdue > 0 ? <small className="c1">{t("wall.overdue", { count: orders.overdue })}</small> : null}
          </b>
          <span>{t("wall.orders")}</span>
        </div>
      ) : null}
      <div className="wq">
        <b>
          {numberText(share, 1)}
          <small>%</small>
        </b>
        <span>
          {t("wall.online")} {state ? `${state.devices.online} / ${state.devices.total}` : ""}
        </span>
      </div>
      <div className="wq">
        <b>
          {numberText(rate, rate !== null && rate < 10 ? 1 : 0)}
          <small>/s</small>
        </b>
        <span>{t("wall.arriving")}</span>
      </div>
      {state?.province ? (
        <div className="wq">
          <b>
            {ago === null ? "—" : ago < 120 ? ago : Math.floor(ago / 60)}
            <small>{ago === null ? "" : t("wall.ago", { unit: ago < 120 ? "s" : "min" })}</small>
          </b>
          <span>{t("wall.province")}</span>
        </div>
      ) : null}
    </footer>
  )
}

/** Size of one px of the 3840 × 2160 picture in this window. */
function useUnit(): number {
  const [unit, setUnit] = useState(unitNow)
  useEffect(() => {
    const changed = () => setUnit(unitNow())
    addEventListener("resize", changed)
    return () => removeEventListener("resize", changed)
  }, [])
  return unit
}
const unitNow = (): number => Math.min(innerWidth / 3840, innerHeight / 2160)
