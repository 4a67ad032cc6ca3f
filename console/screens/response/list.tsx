import { type ReactNode, useLayoutEffect, useRef, useState } from "react"
import { type OrderRow, type OrderSummary, urlOf, useMe } from "../../api.ts"
import { Icon, LevelShape, Notice, Segment, shareText } from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { columns, type Filter, limitsIn, rows_max, shapeState, shortTitle, useOrders, useSummary } from "./orders.ts"
import { Strip } from "./strip.tsx"

const narrowest_px = 62
const widest_px = 108
const title_px_min = 202

/** Head, summary, columns and the orders as strips. */
export function OrderList({
  orders,
  filter,
  q,
  now,
  selected,
  onSelect,
  children,
}: {
  orders: readonly OrderRow[] | null
  filter: Filter
  q: string
  now: number
  selected: number | null
  onSelect(id: number): void
  /** What stands in the rows' place while there are none to show. */
  children?: ReactNode
}) {
  const { t } = useWords()
  const box = useRef<HTMLElement>(null)
  const [step, setStep] = useState(82)
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() =>
      setStep(
        Math.max(
          narrowest_px,
          Math.min(widest_px, Math.floor((element.clientWidth - 78 - title_px_min) / columns.length)),
        ),
      ),
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const summary = useSummary().data
  return (
    <section ref={box} className="panel orders" aria-label={t("response.title")}>
      <Head filter={filter} q={q} />
      <Summary summary={summary} />
      <div className="colheads row i3 bb f12">
        <span className="sp nw1">{t("response.head")}</span>
        <div className="row" style={{ paddingLeft: 6, width: step * columns.length }}>
          {columns.map((state) => (
            <div key={state} style={{ width: step, lineHeight: "16px" }} className="nw1">
              <b style={{ color: "var(--ink)", fontSize: 13 }}>{t(`response.column.${state}`)}</b>{" "}
              <b className="i2" style={{ marginLeft: 2 }}>
                {summary?.by_state.find((s) => s.state === state)?.count ?? ""}
              </b>
              <br />
              <span className="f11">{limitText(state, orders ?? [], summary, t)}</span>
            </div>
          ))}
        </div>
      </div>
      <div className="scroll">
        {orders?.length
          ? orders.map((order) => (
              <Row
                key={order.id}
                order={order}
                now={now}
                step={step}
                on={order.id === selected}
                onSelect={() => onSelect(order.id)}
              />
            ))
          : children}
        {orders?.length === 0 ? (
          <Notice
            icon="response"
            title={t(q ? "response.none_found" : `response.none.${filter}`)}
            text={t(q ? "response.none_found_text" : `response.none_text.${filter}`)}
          />
        ) : null}
        {orders && orders.length >= rows_max ? (
          <div className="lh">{t("response.first_rows", { count: rows_max })}</div>
        ) : null}
      </div>
      <div className="row f12 i3 foot nw1">
        <span className="row g6">
          <i className="k done" />
          {t("response.legend_done")}
        </span>
        <span className="row g6">
          <i className="k card" />
          {t("response.legend_now")}
        </span>
        <span className="row g6">
          <i className="k over" />
          {t("response.legend_over")}
        </span>
        <span className="sp" />
        <span className="row g6">
          <kbd>J</kbd>
          <kbd>K</kbd>
          {t("response.key_move")}
        </span>
        <span className="row g6">
          <kbd>⏎</kbd>
          {t("response.key_open")}
        </span>
        <span className="row g6">
          <kbd>E</kbd>
          {t("response.act.urge")}
        </span>
      </div>
    </section>
  )
}

type T = ReturnType<typeof useWords>["t"]
/** One limit where all shown orders agree, else "by level"; without orders the city's default. */
function limitText(state: string, orders: readonly OrderRow[], summary: OrderSummary | undefined, t: T): string {
  const limits = limitsIn(orders, state)
  const one = limits[0] ?? summary?.by_state.find((s) => s.state === state)?.limit_ms ?? null
  if (limits.length > 1) return t("response.limit_by_level")
  return one === null ? "" : t("response.limit", { span: spanText(one) })
}
/** 10 min, 6 h. */
export const spanText = (ms: number): string =>
  ms % 3_600_000 === 0 && ms >= 7_200_000 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000)} min`

function Head({ filter, q }: { filter: Filter; q: string }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const me = useMe().data
  const open = useOrders("open", "", 1).data?.total
  const returned = useOrders("returned", "", 1).data?.total
  const own = me?.organisation ? "mine" : "open"
  const mine = useOrders(own, "", 1).data?.total
  const count = (words: string, n: number | undefined) => (n === undefined ? words : `${words} ${n}`)
  return (
    <div className="ph" style={{ padding: "0 16px" }}>
      <h2>{t("response.title")}</h2>
      <span style={{ marginLeft: 6 }}>
        <Segment
          label={t("response.filter_label")}
          value={filter}
          options={[
            { value: "open", words: count(t("response.filter.open"), open) },
            ...(me?.organisation ? [{ value: "mine" as const, words: count(t("response.filter.mine"), mine) }] : []),
            { value: "returned", words: count(t("response.filter.returned"), returned) },
            { value: "closed", words: t("response.filter.closed") },
          ]}
          onChange={(value) => setUrl({ filter: value === "open" ? undefined : value, order: undefined })}
        />
      </span>
      <span className="sp" />
      <label className="field" style={{ width: 150 }}>
        <Icon name="search" />
        <input
          data-search
          value={q}
          placeholder={t("response.search")}
          aria-label={t("response.search")}
          onChange={(event) => setUrl({ q: event.target.value || undefined }, { replace: true })}
        />
      </label>
      <a
        className="btn"
        href={urlOf("/api/response/orders", { state: filter, q, limit: 1000, format: "csv" })}
        download
        title={t("response.csv_text")}
      >
        <Icon name="download" />
        CSV
      </a>
    </div>
  )
}

function Summary({ summary }: { summary: OrderSummary | undefined }) {
  const { t } = useWords()
  const s = summary
  return (
    <div className="row bb sum f12">
      <span className="kp">
        <b className={s && s.overdue > 0 ? "c1" : ""}>{s?.overdue ?? "—"}</b> {t("response.overdue")}
      </span>
      <span className="kp">
        <b>{s?.due_30min ?? "—"}</b> {t("response.due_30min")}
      </span>
      <span className="kp">
        <b>{s?.open ?? "—"}</b> {t("response.open")}
      </span>
      <span className="kp">
        <b>{s?.closed_today ?? "—"}</b> {t("response.closed_today")}
      </span>
      <span className="sp" />
      {s ? (
        <span className="row i3 nw1 rates">
          <span title={t("response.on_time_text")}>
            {t("response.on_time")} <b className="i2">{shareText(s.on_time.numerator, s.on_time.denominator, 0)}</b>{" "}
            <span className="f11">
              {s.on_time.numerator} / {s.on_time.denominator}
            </span>
          </span>
          <span>
            {t("response.arrive_median")}{" "}
            <b className="i2">{s.arrive_ms_median === null ? "—" : durationText(s.arrive_ms_median)}</b>
          </span>
          <span>
            {t("response.returned")} <b className="i2">{shareText(s.returned.numerator, s.returned.denominator, 0)}</b>{" "}
            <span className="f11">
              {s.returned.numerator} / {s.returned.denominator}
            </span>
          </span>
        </span>
      ) : null}
    </div>
  )
}

const marks_max = 2
function Row({
  order,
  now,
  step,
  on,
  onSelect,
}: {
  order: OrderRow
  now: number
  step: number
  on: boolean
  onSelect(): void
}) {
  const { t, pick } = useWords()
  const names = useNames()
  const marks = [...order.marks].sort((a, b) => mark_order.indexOf(a) - mark_order.indexOf(b))
  const clock = order.clock ? `${pick(order.clock.name)} ${durationText(order.clock.ends_at - now)}` : ""
  return (
    <button
      type="button"
      className={`wo ${on ? "sel" : ""}`}
      style={{ gridTemplateColumns: `22px minmax(0,1fr) ${step * columns.length}px` }}
      aria-pressed={on}
      aria-label={`${order.title} ${t(`order_state.${order.state}`)} ${clock}`}
      data-order={order.id}
      onClick={onSelect}
    >
      <LevelShape level={order.severity} state={shapeState(order)} />
      <span style={{ minWidth: 0, display: "block" }}>
        <span className="row g6">
          <span className="mid el" title={order.title}>
            {shortTitle(order)}
          </span>
          {marks.slice(0, marks_max).map((mark) => (
            <span key={mark} className={`chip tiny ${mark === "extended" ? "" : "fill"}`}>
              {t(`response.mark.${mark}`)}
            </span>
          ))}
        </span>
        <span className="row g4 f12 i3 el">
          <Icon name={names.icon(order.lifeline)} />
          <span className="el">
            {pick(order.owner)} · {pick(order.place)}
          </span>
        </span>
      </span>
      <Strip order={order} now={now} step={step} />
    </button>
  )
}
const mark_order = ["suspended", "returned", "escalated", "urged", "rework", "extended"]
