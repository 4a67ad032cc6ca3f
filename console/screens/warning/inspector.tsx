import { useMutation } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { type ApiError, client, post, useCity, type WarningContent, type WarningView } from "../../api.ts"
import { say } from "../../frame/index.ts"
import {
  Button,
  ClockText,
  Field,
  Icon,
  Inspector,
  KeyValues,
  type Level,
  LevelBadge,
  LevelShape,
  Section,
  StateTrack,
  type TrackStep,
} from "../../kit/index.ts"
import { clockText, exactText, shortText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { WhyButton } from "../response/why.tsx"
import { Changed } from "./changed.tsx"
import { ContentFields, Preview } from "./fields.tsx"
import { useOwners } from "./owners.ts"

type Act = { action: string; body: { content?: WarningContent; note?: string } }
/** Actions that ask for words or fields before they are sent. */
const asks = new Set(["return", "issue", "lift"])

/** One warning: content, signatures of two people, what receivers read, history; the actions this person may take. */
export function WarningInspector({
  warning,
  now,
  head,
  onClose,
}: {
  warning: WarningView
  now: number
  head?: ReactNode
  onClose(): void
}) {
  const { t, pick } = useWords()
  const city = useCity().data
  const owners = useOwners()
  const [editing, setEditing] = useState<WarningContent | null>(null)
  const [asking, setAsking] = useState<string | null>(null)
  const [note, setNote] = useState("")
  const act = useMutation<WarningView, ApiError, Act>({
    mutationFn: ({ action, body }) => post<WarningView>(`/api/warning/warnings/${warning.id}/${action}`, body),
    onSuccess: (next, { action }) => {
      client.setQueriesData({ queryKey: ["warning", `/api/warning/warnings/${warning.id}`] }, next)
      for (const kind of ["alarm", "warning", "now", "order"]) void client.invalidateQueries({ queryKey: [kind] })
      setEditing(null)
      setAsking(null)
      setNote("")
      say(t(`said.${action}`, { title: next.code }))
    },
    onError: (error) => say(pick(error.problem.words)),
  })
  const over = warning.state === "lifted" || warning.state === "expired"
  const may = (action: string) => warning.actions.includes(action)
  const run = (action: string) => {
    if (asks.has(action) && asking !== action) return setAsking(action)
    act.mutate({
      action,
      body: { ...(editing ? { content: editing } : {}), ...(note.trim() ? { note: note.trim() } : {}) },
    })
  }
  const content = editing ?? warning.content
  const before = warning.versions.filter((v) => v.version < warning.version).at(-1)?.content ?? null
  const owner = owners.find((o) => o.id === content.owner_id)?.name ?? warning.owner
  const main = ["issue", "submit", "lift"].find(may)
  const edit_action = may("revise") ? "revise" : may("update") ? "update" : null
  const signed = (action: string) => warning.versions.filter((v) => v.action === action).at(-1)
  const sign = (
    number: number,
    title: string,
    done: { signed_by: string; signed_at: number } | undefined,
    next: boolean,
  ) => (
    <div
      style={{
        flex: 1,
        border: `1px solid ${next ? "var(--ink)" : "var(--line)"}`,
        background: done ? "var(--bg-sunken)" : undefined,
        borderRadius: 4,
        padding: "6px 10px",
        fontSize: 12,
      }}
    >
      <div className="row g6">
        <span className={done ? "mk o" : "mk"}>{done ? "✓" : number}</span>
        <b>{title}</b>
      </div>
      <div className="i3">
        {done ? `${done.signed_by} · ${clockText(done.signed_at).slice(0, 5)}` : t("warning.awaited")}
      </div>
    </div>
  )
  return (
    <Inspector
      label={warning.code}
      actions={
        over ? undefined : (
          <>
            {asking ? (
              <div style={{ marginBottom: 8 }}>
                <Field
                  label={t(`warning.ask.${asking}`)}
                  note={asking === "return" ? t("warning.required") : t("warning.optional")}
                >
                  <span className="in">
                    <input
                      ref={(element) => element?.focus()}
                      maxLength={500}
                      value={note}
                      onChange={(event) => setNote(event.target.value)}
                      onKeyDown={(event) => {
                        if (event.key === "Escape") setAsking(null)
                      }}
                    />
                  </span>
                </Field>
              </div>
            ) : null}
            <div className="row g8">
              {editing && edit_action ? (
                <>
                  <Button kind="primary" large className="sp" disabled={act.isPending} onClick={() => run(edit_action)}>
                    {t(`warning.act.${edit_action}`)}
                  </Button>
                  <Button large onClick={() => setEditing(null)}>
                    {t("warning.cancel")}
                  </Button>
                </>
              ) : (
                <>
                  {main ? (
                    <Button
                      kind="primary"
                      large
                      style={{ flex: 1.4 }}
                      disabled={act.isPending}
                      onClick={() => run(main)}
                    >
                      {asking === main
                        ? t("warning.sign_now", { what: t(`warning.act.${main}`) })
                        : `${t(`warning.act.${main}`)}${asks.has(main) ? "…" : ""}`}
                    </Button>
                  ) : null}
                  {may("return") ? (
                    <Button
                      large
                      className="sp"
                      disabled={act.isPending || (asking === "return" && !note.trim())}
                      onClick={() => run("return")}
                    >
                      {asking === "return" ? t("warning.act.return") : `${t("warning.act.return")}…`}
                    </Button>
                  ) : null}
                  {edit_action ? (
                    <Button large className="sp" onClick={() => setEditing(warning.content)}>
                      {t("warning.edit")}
                    </Button>
                  ) : null}
                  {asking ? (
                    <Button large kind="ghost" onClick={() => setAsking(null)}>
                      {t("warning.cancel")}
                    </Button>
                  ) : null}
                </>
              )}
            </div>
            <div className="f11 i3" style={{ marginTop: 5 }}>
              {main === "issue"
                ? t("warning.issue_note")
                : warning.actions.length
                  ? t("warning.two_people")
                  : t("warning.no_action")}
            </div>
          </>
        )
      }
    >
      {head ? <div style={{ padding: "8px 16px 0 8px" }}>{head}</div> : null}
      <div style={{ padding: "10px 16px 9px" }}>
        <div className="row g8">
          <LevelBadge level={warning.severity as Level} state={warning.issued_at === null ? "new" : "seen"}>
            {t("warning.level_warning", { grade: t(`grade.${warning.severity}`) })}
          </LevelBadge>
          <span className="chip">{t(`warning_state.${warning.state}`)}</span>
          <span className="sp" />
          {warning.clock ? (
            <>
              <span className="i3 f12">{t("duty.left", { what: pick(warning.clock.name) })}</span>
              <b className="f16">
                <ClockText clock={warning.clock} now={now} />
              </b>
            </>
          ) : null}
          {head ? null : (
            <Button kind="ghost" icon onClick={onClose} aria-label={t("duty.close")} title={t("duty.close")}>
              <Icon name="close" />
            </Button>
          )}
        </div>
        <div className="row g8" style={{ marginTop: 7 }}>
          <b className="f16 el">{warning.title}</b>
        </div>
        <div className="i3 f12">
          {[warning.code, t("warning.version", { count: warning.version }), pick(warning.place)].join(" · ")}
        </div>
        <StateTrack steps={trackOf(warning, now, t)} />
      </div>
      {editing ? (
        <Section>
          <ContentFields content={editing} onChange={setEditing} />
        </Section>
      ) : (
        <Section
          title={t("warning.content")}
          note={before ? t("warning.against", { count: warning.version - 1 }) : undefined}
        >
          <div className="col" style={{ gap: 8, fontSize: 13, lineHeight: "20px" }}>
            <div>
              <Changed now={content.text} before={before?.text} />
            </div>
            {content.measures ? (
              <div className="i2" style={{ whiteSpace: "pre-line" }}>
                <Changed now={content.measures} before={before?.measures} />
              </div>
            ) : null}
            <KeyValues
              rows={[
                {
                  key: t("warning.radius"),
                  value: <Changed now={`${content.radius_m} m`} before={before ? `${before.radius_m} m` : undefined} />,
                },
                { key: t("warning.owner"), value: pick(owner) },
              ]}
            />
          </div>
        </Section>
      )}
      <Section title={t("warning.as_received")}>
        <Preview content={content} city={pick(city?.name)} />
      </Section>
      <Section title={t("warning.signatures")}>
        <div className="row g8">
          {sign(1, t("warning.draft"), signed("submit") ?? signed("draft"), warning.state === "draft")}
          {sign(2, t("warning.issue"), signed("issue"), warning.state === "submitted")}
        </div>
      </Section>
      {warning.orders.length ? (
        <Section title={t("warning.orders")}>
          {warning.orders.map((order) => (
            <div key={order.id} className="row g8 f12">
              <Link to={"/response" as never} search={{ order: String(order.id) } as never} className="lk m">
                {order.code}
              </Link>
              <span className="chip">{t(`order_state.${order.state}`)}</span>
            </div>
          ))}
        </Section>
      ) : null}
      <Section title={t("duty.history")}>
        <table className="t tight flush">
          <tbody>
            {warning.history.map((h) => (
              <tr key={`${h.time}${h.action}`}>
                <td className="i3" title={exactText(h.time)}>
                  {shortText(h.time, now)}
                </td>
                <td className="el" style={{ maxWidth: 220 }}>
                  {pick(h.words)}
                </td>
                <td className="r i3">{h.actor}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      <Section title={t("warning.alarms")}>
        {warning.alarms.map((alarm) => (
          <div key={alarm.id} className="row g6 f12" style={{ lineHeight: "22px" }}>
            <LevelShape level={alarm.severity} size="s" />
            <Link to={"/duty" as never} search={{ sel: `alarm:${alarm.id}` } as never} className="lk el">
              {pick(alarm.title)}
            </Link>
            <span className="sp" />
            <span className="i3">{shortText(alarm.raised_at, now)}</span>
          </div>
        ))}
        <WhyButton warning_id={warning.id}>{t("warning.why")}</WhyButton>
      </Section>
    </Inspector>
  )
}

const stateOrder = ["draft", "submitted", "issued", "lifted"]
function trackOf(
  warning: WarningView,
  now: number,
  t: (key: string, values?: Record<string, unknown>) => string,
): TrackStep[] {
  const state = warning.state === "expired" ? "lifted" : warning.state
  const at = stateOrder.indexOf(state)
  const time = (value: number | null | undefined) => (value == null ? t("duty.wait") : shortText(value, now))
  const submitted = warning.versions.filter((v) => v.action === "submit").at(-1)?.signed_at
  return [
    { name: t("warning.draft"), note: time(warning.drafted_at), state: at > 0 ? "done" : "now" },
    { name: t("warning.submitted"), note: time(submitted), state: at > 1 ? "done" : at === 1 ? "now" : "todo" },
    { name: t("warning.issued"), note: time(warning.issued_at), state: at > 2 ? "done" : at === 2 ? "now" : "todo" },
    { name: t("warning.lifted"), note: time(warning.lifted_at), state: at > 2 ? "done" : "todo" },
  ]
}
