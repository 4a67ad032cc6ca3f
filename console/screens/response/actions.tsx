import { type ReactNode, useRef, useState } from "react"
import { can, type OrderView, useMe } from "../../api.ts"
import { Button, Field } from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useOwners } from "../warning/owners.ts"
import { type Given, type OrderActionName, useOrderActions } from "./take.ts"

/** One primary action: the first of these that may be taken. */
const main_actions: OrderActionName[] = ["close", "recheck", "report", "handle", "arrive", "accept", "resume", "urge"]
const other_actions: OrderActionName[] = ["urge", "rework", "reassign", "extend", "return", "suspend", "resume"]
/** These ask for words first; "…" says so on the button. */
const asks = new Set<OrderActionName>(["report", "rework", "reassign", "extend", "return", "suspend"])
const minutes_choices = [15, 30, 60, 120]

/** The pinned bar: what this person may do now, and why something may not be done yet. */
export function OrderActions({ order, now }: { order: OrderView; now: number }) {
  const { t } = useWords()
  const { take, busy, problem, clear } = useOrderActions(order)
  const [form, setForm] = useState<OrderActionName | null>(null)
  const me = useMe().data
  const may = (action: string) => order.actions.includes(action)
  const blocked = blockedBy(order, (p) => can(me, p), t)
  const primary = blocked ? undefined : main_actions.find(may)
  const others = other_actions.filter((a) => a !== primary && may(a))
  const start = (action: OrderActionName) => {
    clear()
    if (asks.has(action)) setForm(action)
    else void take(action)
  }
  const words = (action: OrderActionName) => `${t(`response.act.${action}`)}${asks.has(action) ? "…" : ""}`
  const current = form !== null && may(form) ? form : null
  return (
    <div className="act oact">
      {current ? (
        <Form
          key={current}
          action={current}
          order={order}
          now={now}
          busy={busy}
          onCancel={() => setForm(null)}
          onGive={async (given) => {
            if (await take(current, given)) setForm(null)
          }}
        />
      ) : (
        <div className="row g8">
          {primary ? (
            <Button
              kind="primary"
              large
              disabled={busy}
              onClick={() => start(primary)}
              {...(primary === "urge" ? { hotkey: "E" } : {})}
            >
              {words(primary)}
            </Button>
          ) : blocked ? (
            <Button kind="primary" large disabled>
              {t(`response.act.${blocked.action}`)}
            </Button>
          ) : null}
          {others.map((action) => (
            <Button key={action} large disabled={busy} onClick={() => start(action)}>
              {words(action)}
            </Button>
          ))}
          <span className="sp" />
          <span className="f11 i3 r" style={{ lineHeight: "15px" }}>
            {blocked?.text ?? (primary || others.length ? consequence(primary, t) : noAction(order, t))}
          </span>
        </div>
      )}
      {problem ? (
        <div className="row g6 f12" role="alert" style={{ marginTop: 8 }}>
          <b>■</b>
          {problem}
        </div>
      ) : null}
    </div>
  )
}

type T = ReturnType<typeof useWords>["t"]
const noAction = (order: OrderView, t: T): string =>
  order.state === "closed" ? t("response.closed_text") : t("response.no_action")
const consequence = (action: OrderActionName | undefined, t: T): string =>
  action === "close" || action === "report" || action === "accept" ? t(`response.after.${action}`) : ""

/** The step that is due but not possible yet, and what is missing. */
function blockedBy(
  order: OrderView,
  may: (p: string) => boolean,
  t: T,
): { action: OrderActionName; text: string } | null {
  if (order.suspended) return null
  if (order.state === "reported" && may("orders.recheck") && !order.actions.includes("recheck")) {
    const m = order.measured
    return {
      action: "recheck",
      text: m
        ? t("response.recheck_blocked", { count: m.normal_count, needed: m.normal_needed })
        : t("response.recheck_blocked_alarm"),
    }
  }
  if (order.state === "handling" && may("orders.act") && !order.actions.includes("report"))
    return { action: "report", text: t("response.report_blocked") }
  return null
}

function Form({
  action,
  order,
  now,
  busy,
  onGive,
  onCancel,
}: {
  action: OrderActionName
  order: OrderView
  now: number
  busy: boolean
  onGive(given: Given): void
  onCancel(): void
}) {
  const { t, pick } = useWords()
  const owners = useOwners()
  const [note, setNote] = useState("")
  const [minutes, setMinutes] = useState(30)
  const [owner, setOwner] = useState(order.owner_id)
  const text = useRef<HTMLTextAreaElement>(null)
  const reasons = t(`response.reasons.${action}`).split("|")
  const ready = note.trim().length > 0 && (action !== "extend" || (minutes >= 1 && minutes <= 1440))
  const give = () =>
    onGive({
      note: note.trim(),
      ...(action === "extend" ? { minutes } : {}),
      ...(action === "reassign" ? { owner_id: owner } : {}),
    })
  const rows: ReactNode[] = []
  if (action === "reassign" && owners.length)
    rows.push(
      <Field key="owner" label={t("response.new_owner")}>
        <span className="in">
          <select value={owner} onChange={(event) => setOwner(Number(event.target.value))}>
            {owners.map((o) => (
              <option key={o.id} value={o.id}>
                {pick(o.name)}
              </option>
            ))}
          </select>
        </span>
      </Field>,
    )
  if (action === "extend")
    rows.push(
      <Field
        key="minutes"
        label={t("response.minutes")}
        note={
          order.clock
            ? t("response.new_left", { left: durationText(order.clock.ends_at + minutes * 60_000 - now) })
            : ""
        }
      >
        <span className="row g6">
          <span className="seg">
            {minutes_choices.map((m) => (
              <button key={m} type="button" aria-pressed={m === minutes} onClick={() => setMinutes(m)}>
                {m}
              </button>
            ))}
          </span>
          <span className="in" style={{ width: 84 }}>
            <input
              type="number"
              min="1"
              max="1440"
              value={minutes}
              aria-label={t("response.minutes")}
              onChange={(event) => setMinutes(Number(event.target.value))}
            />
            <span className="i3 f12">min</span>
          </span>
        </span>
      </Field>,
    )
  return (
    <form
      className="col g8"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) give()
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel()
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ready) give()
      }}
    >
      <div className="row g8">
        <b className="f14">{t(`response.act.${action}`)}</b>
        <span className="sp" />
        <span className="f11 i3">{t(`response.form.${action}`)}</span>
      </div>
      {rows}
      <Field label={t(`response.ask.${action}`)} note={`${note.length} / 1000`}>
        <span className="in ta">
          <textarea
            ref={text}
            // biome-ignore lint/a11y/noAutofocus: the form was asked for by a press
            autoFocus
            rows={2}
            maxLength={1000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </span>
      </Field>
      <div className="row g6" style={{ flexWrap: "wrap" }}>
        {reasons.map((reason) => (
          <button
            key={reason}
            type="button"
            className="chip pick"
            onClick={() => {
              setNote(note.trim() ? `${note.trim()}；${reason}` : reason)
              text.current?.focus()
            }}
          >
            {reason}
          </button>
        ))}
      </div>
      <div className="row g8">
        <Button type="submit" kind="primary" large disabled={!ready || busy}>
          {t(`response.act.${action}`)}
        </Button>
        <Button large onClick={onCancel}>
          {t("response.cancel")}
        </Button>
      </div>
    </form>
  )
}
