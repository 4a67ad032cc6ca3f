import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { dismissReasons } from "../../../model/index.ts"
import { type AlarmView, type ApiError, client, post } from "../../api.ts"
import { say, useKeys } from "../../frame/index.ts"
import { Button } from "../../kit/index.ts"
import { durationText, useCityNow } from "../../time.ts"
import { useAt } from "../../url.ts"
import { useWords } from "../../words/index.ts"

type Act = { action: "acknowledge" | "confirm" | "dismiss" | "undo"; body?: unknown }

/** Sends one action of an alarm; the answer replaces what is shown. */
export function useAlarmAction(alarm_id: number) {
  const { t, pick } = useWords()
  const mutation = useMutation<AlarmView, ApiError, Act>({
    mutationFn: ({ action, body }) => post<AlarmView>(`/api/warning/alarms/${alarm_id}/${action}`, body ?? {}),
    onSuccess: (alarm, { action }) => {
      client.setQueriesData({ queryKey: ["alarm", `/api/warning/alarms/${alarm_id}`] }, alarm)
      for (const kind of ["alarm", "now"]) void client.invalidateQueries({ queryKey: [kind] })
      const undo =
        alarm.undo_until !== null && action !== "undo"
          ? { words: t("duty.undo"), run: () => mutation.mutate({ action: "undo" }) }
          : undefined
      say(t(`said.${action}`, { title: pick(alarm.title) }), undo)
    },
    onError: (error) => say(pick(error.problem.words)),
  })
  return mutation
}

/** The action bar: one primary action, reasons behind "…", undo or "cannot be undone" written beside it. */
export function AlarmActions({ alarm, onDraft, onClose }: { alarm: AlarmView; onDraft(): void; onClose(): void }) {
  const { t, pick } = useWords()
  const act = useAlarmAction(alarm.id)
  const city_now = useCityNow()
  const at = useAt()
  const [reasons, setReasons] = useState(false)
  const [note, setNote] = useState("")
  const may = (action: string) => at === null && alarm.actions.includes(action)
  const draft = may("draft") || (may("confirm") && alarm.actions.includes("draft"))
  const dismiss = (code: string) => {
    setReasons(false)
    act.mutate({ action: "dismiss", body: { reason: code, ...(note.trim() ? { note: note.trim() } : {}) } })
  }
  const undo_left = alarm.undo_until !== null ? alarm.undo_until - city_now : 0
  const can_undo = may("undo") && undo_left > 0
  useKeys({
    ...(may("confirm")
      ? { Enter: () => act.mutate({ action: "confirm" }) }
      : draft || alarm.warning_id !== null
        ? { Enter: onDraft }
        : {}),
    ...(may("dismiss") ? { x: () => setReasons(true) } : {}),
    ...(draft || alarm.warning_id !== null ? { w: onDraft } : {}),
    ...(may("acknowledge") ? { a: () => act.mutate({ action: "acknowledge" }) } : {}),
    ...(can_undo ? { u: () => act.mutate({ action: "undo" }) } : {}),
    ...(reasons ? Object.fromEntries(dismissReasons.map((r, i) => [String(i + 1), () => dismiss(r.code)])) : {}),
    Escape: () => (reasons ? setReasons(false) : onClose()),
  })
  if (at !== null) return <div className="f12 i3">{t("duty.past_no_action")}</div>
  const warning = alarm.warning_id !== null
  const steps = alarm.steps.slice(0, 2).map(pick).join(t("duty.and"))
  return (
    <div style={{ position: "relative" }}>
      {reasons ? (
        <div className="pop menu" role="menu" style={{ bottom: "calc(100% + 14px)", right: 0, width: 280 }}>
          <div className="hd">{t("duty.dismiss_reason")}</div>
          {dismissReasons.map((reason, i) => (
            <button key={reason.code} type="button" role="menuitem" onClick={() => dismiss(reason.code)}>
              <kbd>{i + 1}</kbd>
              <span className="sp">{pick(reason.words)}</span>
              <span className="i3 f12">{t(`verdict.${reason.verdict}`)}</span>
            </button>
          ))}
          <span className="in" style={{ marginTop: 4 }}>
            <input
              value={note}
              maxLength={300}
              placeholder={t("duty.dismiss_note")}
              aria-label={t("duty.dismiss_note")}
              onChange={(event) => setNote(event.target.value)}
            />
          </span>
        </div>
      ) : null}
      <div className="row g8">
        {may("confirm") ? (
          <Button
            kind="primary"
            large
            hotkey="⏎"
            style={{ flex: 1.3 }}
            disabled={act.isPending}
            onClick={() => act.mutate({ action: "confirm" })}
          >
            {t("duty.confirm")}
          </Button>
        ) : null}
        {may("dismiss") ? (
          <Button
            large
            hotkey="X"
            className="sp"
            disabled={act.isPending}
            onClick={() => setReasons(!reasons)}
            aria-haspopup="menu"
            aria-expanded={reasons}
          >
            {t("duty.dismiss")}
          </Button>
        ) : null}
        {may("acknowledge") && !may("confirm") ? (
          <Button large hotkey="A" className="sp" onClick={() => act.mutate({ action: "acknowledge" })}>
            {t("duty.acknowledge")}
          </Button>
        ) : null}
        {draft || warning ? (
          <Button large hotkey="W" kind={may("confirm") ? "default" : "primary"} className="sp" onClick={onDraft}>
            {t(warning ? "duty.open_warning" : "duty.draft")}
          </Button>
        ) : null}
        {can_undo ? (
          <Button large hotkey="U" onClick={() => act.mutate({ action: "undo" })}>
            {t("duty.undo")} {durationText(undo_left)}
          </Button>
        ) : null}
      </div>
      <div className="f11 i3" style={{ marginTop: 5 }}>
        {may("confirm")
          ? `${steps ? `${t("duty.advice", { steps })} ` : ""}${t("duty.undo_note")}`
          : alarm.verdict !== "open"
            ? t("duty.judged_as", { verdict: t(`verdict.${alarm.verdict}`) })
            : t("duty.no_action")}
      </div>
    </div>
  )
}
