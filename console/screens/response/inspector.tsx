import { Link } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import { can, type OrderView, useMe } from "../../api.ts"
import { Ago, Button, ClockText, Icon, LevelBadge, numberText, Section, unitText } from "../../kit/index.ts"
import { clockText, dateText, durationText, exactText, minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { OrderActions } from "./actions.tsx"
import { spanText } from "./list.tsx"
import { columns, positionOf, shapeState, shortTitle, stayIn } from "./orders.ts"
import { PhotoButton, Photos } from "./photos.tsx"
import { Place } from "./place.tsx"
import { Spark } from "./spark.tsx"
import { useOrderActions } from "./take.ts"
import { countOf, useWhy, WhyButton } from "./why.tsx"

/** One order: what it is and where it stands, what to do, the value now, photos, the chain, what happened. */
export function OrderInspector({ order, now, onClose }: { order: OrderView; now: number; onClose?: () => void }) {
  const { t } = useWords()
  return (
    <aside className="panel bl oinsp" aria-label={order.title}>
      <Head order={order} now={now} {...(onClose ? { onClose } : {})} />
      <div className="obody bt">
        <div className="scroll">
          <Steps order={order} />
          <Measured order={order} now={now} />
          <Section
            title={t("response.photos")}
            note={order.photos.length ? t("response.photo_count", { count: order.photos.length }) : undefined}
          >
            {order.photos.length ? (
              <>
                <Photos photos={order.photos} />
                <div className="f11 i3" style={{ marginTop: 5 }}>
                  {t("response.photo_note")}
                </div>
              </>
            ) : (
              <span className="f12 i3">{t("response.no_photos")}</span>
            )}
          </Section>
          <Chain order={order} />
        </div>
        <div className="col bl" style={{ minHeight: 0, minWidth: 0 }}>
          <div className="omap bb">{order.lon_lat ? <Place order={order} /> : null}</div>
          <History order={order} now={now} />
          <NoteBox order={order} />
        </div>
      </div>
      <OrderActions order={order} now={now} />
    </aside>
  )
}

function Head({ order, now, onClose }: { order: OrderView; now: number; onClose?: () => void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const clock = order.clock
  return (
    <div style={{ padding: "11px 16px 10px", flex: "none" }}>
      <div className="row g8 nw1">
        <LevelBadge level={order.severity} state={shapeState(order)}>
          {t("response.level_warning", { grade: t(`grade.${order.severity}`) })} · {names.lifeline(order.lifeline)}
        </LevelBadge>
        <span className="chip fill">{t(`response.state.${order.state}`)}</span>
        {order.suspended ? <span className="chip dash">{t("response.mark.suspended")}</span> : null}
        <span className="m i2 f12 el">{order.code}</span>
        <span className="sp" />
        {order.state === "closed" ? (
          <span className="i3 f12">{t("response.closed_at", { time: exactText(order.closed_at ?? now) })}</span>
        ) : clock ? (
          <>
            <span className="i3 f12">
              {order.suspended
                ? t("response.stands_still")
                : t(now > clock.ends_at ? "response.over" : "response.left", { what: pick(clock.name) })}
            </span>
            <b style={{ fontSize: 20, lineHeight: "22px" }}>
              <ClockText clock={clock} now={now} />
            </b>
          </>
        ) : null}
        {onClose ? (
          <Button icon kind="ghost" aria-label={t("response.close")} onClick={onClose}>
            <Icon name="close" />
          </Button>
        ) : null}
      </div>
      <div className="row g8" style={{ marginTop: 6 }}>
        <b className="f16 el" title={order.title}>
          {shortTitle(order)}
        </b>
        <span className="sp" />
        <span className="i2 f12 nw1 el" style={{ flexShrink: 3 }}>
          {pick(order.owner)} · {pick(order.place)}
        </span>
      </div>
      <Track order={order} />
    </div>
  )
}

/** Done states with the time they were left and what they took against the limit; the current one ringed. */
function Track({ order }: { order: OrderView }) {
  const { t } = useWords()
  const at = positionOf(order)
  return (
    <div className="trk" style={{ marginTop: 12 }}>
      {columns.map((state, i) => {
        const stay = stayIn(order, state)
        const done = i < at
        const limit = stay?.limit_ms ?? null
        const name = t(`response.column.${state}`)
        const lines =
          done && stay && stay.took_ms !== null
            ? [
                clockText(stay.entered_at + stay.took_ms),
                `${durationText(stay.took_ms)}${limit === null || i === columns.length - 1 ? "" : ` / ${durationText(limit)}`}`,
              ]
            : i === at && stay
              ? [
                  t("response.since", { time: clockText(stay.entered_at) }),
                  limit === null ? "" : t("response.limit", { span: spanText(limit) }),
                ]
              : [
                  "—",
                  i === 4 && order.measured ? t("response.normal_needed", { count: order.measured.normal_needed }) : "",
                ]
        const late = done && stay?.took_ms != null && limit !== null && stay.took_ms > limit
        return (
          <div
            key={state}
            className={done ? "d" : i === at ? "n" : ""}
            style={i === columns.length - 1 ? { flex: 0.62 } : undefined}
            title={stay ? exactText(stay.entered_at) : undefined}
          >
            {name}
            <small>{lines[0]}</small>
            <small className={late ? "b i2" : ""}>
              {late ? "▲ " : ""}
              {lines[1] || " "}
            </small>
          </div>
        )
      })}
    </div>
  )
}

function Steps({ order }: { order: OrderView }) {
  const { t, pick } = useWords()
  return (
    <section className="sec" style={{ borderTop: 0, paddingBottom: 8 }}>
      <h3>
        {t("response.steps")}
        <span className="x">{t("response.steps_note", { level: t(`level.${order.severity}`) })}</span>
      </h3>
      {order.steps.length ? (
        <ol className="steps">
          {order.steps.map((step, i) => (
            <li key={step.zh}>
              <span className="i3">{i + 1}</span>
              <span>{pick(step)}</span>
            </li>
          ))}
        </ol>
      ) : (
        <span className="f12 i3">{t("response.no_steps")}</span>
      )}
      {order.warning_text ? (
        <div className="note" style={{ marginTop: 7, lineHeight: "18px" }}>
          {order.warning_text}
        </div>
      ) : null}
    </section>
  )
}

function Measured({ order, now }: { order: OrderView; now: number }) {
  const { t } = useWords()
  const m = order.measured
  if (!m)
    return (
      <Section title={t("response.now")}>
        <span className="f12 i3">{t("response.nothing_measured")}</span>
      </Section>
    )
  const handled = order.track.find((stay) => stay.state === "handling")?.entered_at ?? null
  return (
    <Section
      title={t("response.now")}
      note={
        <>
          {m.name} · {m.time === null ? t("response.no_value") : <Ago time={m.time} now={now} />}
        </>
      }
    >
      <div className="row" style={{ gap: 14 }}>
        <div className="row nw1" style={{ alignItems: "baseline" }}>
          <span className="big">{numberText(m.value)}</span>
          <span className="unit">{unitText(m.unit)}</span>
        </div>
        <Spark point={m.point} alarm_id={order.alarm_id} from={order.assigned_at} now={now} mark={handled} />
      </div>
      <div className="row g6 f12 i2" style={{ marginTop: 5 }}>
        <span className="normals" aria-hidden="true">
          {Array.from({ length: m.normal_needed }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the dots differ by their place only
            <i key={i} className={i < m.normal_count ? "on" : ""} />
          ))}
        </span>
        {t("response.normal", { count: m.normal_count, needed: m.normal_needed })}
        <span className="sp" />
        <span className="i3">{t(`response.condition.${m.condition}`)}</span>
      </div>
    </Section>
  )
}

function Chain({ order }: { order: OrderView }) {
  const { t } = useWords()
  const why = useWhy(order.warning_id)
  const n = (kind: string) => (why.data ? countOf(why.data, kind) : "…")
  return (
    <Section title={t("response.chain")} note={<WhyButton warning_id={order.warning_id} />}>
      <div className="row f12 i2 chain">
        <span>{t("response.chain_readings", { count: n("reading") as number })}</span>
        <Icon name="right" />
        <span>{t("response.chain_findings", { count: n("finding") as number })}</span>
        <Icon name="right" />
        <Link to={"/duty" as never} search={{ sel: `alarm:${order.alarm_id}` } as never} className="lk">
          {t("response.chain_alarms", { count: n("alarm") as number })}
        </Link>
        <Icon name="right" />
        <Link to={"/warning" as never} search={{ sel: `warning:${order.warning_id}` } as never} className="lk mid">
          {order.warning_code}
        </Link>
        <Icon name="right" />
        <span>{t("response.this_order")}</span>
      </div>
    </Section>
  )
}

function History({ order, now }: { order: OrderView; now: number }) {
  const { t, pick, language } = useWords()
  const box = useRef<HTMLDivElement>(null)
  const count = order.history.length
  // The newest entry stands at the bottom and is what people look for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new entry scrolls down
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [count])
  let day = dateText(now)
  return (
    <div className="evs scroll" ref={box}>
      <div className="evh">{t("response.history")}</div>
      {order.history.map((entry) => {
        const note = (entry.detail as { note?: string | null } | null)?.note
        const date = dateText(entry.time)
        const other_day = date !== day
        day = date
        const actor = language === "en" && entry.actor === "系统" ? t("response.system") : entry.actor
        return (
          <div key={`${entry.time}${entry.action}${note ?? ""}`} className="ev">
            <time className="i3" title={exactText(entry.time)}>
              {other_day ? <span className="f11">{date.slice(5)} </span> : null}
              {minuteText(entry.time)}
            </time>
            <div>
              <b>{actor}</b> {pick(entry.words)}
              {note ? (language === "zh" ? `：${note}` : `: ${note}`) : ""}
            </div>
          </div>
        )
      })}
    </div>
  )
}

function NoteBox({ order }: { order: OrderView }) {
  const { t } = useWords()
  const me = useMe().data
  const [note, setNote] = useState("")
  const { take, busy, problem } = useOrderActions(order)
  return (
    <form
      className="row g6 bt"
      style={{ padding: "8px 12px", flex: "none", flexWrap: "wrap" }}
      onSubmit={async (event) => {
        event.preventDefault()
        if (note.trim() && (await take("note", { note: note.trim() }))) setNote("")
      }}
    >
      <label className="field sp" style={{ height: 32 }}>
        <input
          value={note}
          maxLength={1000}
          placeholder={t("response.note_placeholder")}
          aria-label={t("response.note_placeholder")}
          disabled={busy}
          onChange={(event) => setNote(event.target.value)}
        />
      </label>
      {note.trim() ? (
        <Button type="submit" disabled={busy} style={{ height: 32 }}>
          {t("response.send")}
        </Button>
      ) : can(me, "orders.act") && order.state !== "closed" ? (
        <PhotoButton order_id={order.id} />
      ) : null}
      {problem ? (
        <span className="f12" role="alert" style={{ width: "100%" }}>
          {problem}
        </span>
      ) : null}
    </form>
  )
}
