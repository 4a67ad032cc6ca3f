import { useMutation } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import {
  type AlarmView,
  type ApiError,
  client,
  post,
  useCity,
  type WarningContent,
  type WarningView,
} from "../../api.ts"
import { say } from "../../frame/index.ts"
import { Button, Inspector, LevelBadge, levelState, Section } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"
import { ContentFields, Preview } from "./fields.tsx"

/** Drafting a warning from an alarm; the proposal comes prefilled, submitting hands it to the duty leader. */
export function DraftForm({
  alarm,
  proposal,
  head,
  onDone,
  onClose,
}: {
  alarm: AlarmView
  proposal: WarningContent
  head: ReactNode
  onDone(warning: WarningView): void
  onClose(): void
}) {
  const { t, pick } = useWords()
  const city = useCity().data
  const [content, setContent] = useState(proposal)
  const save = useMutation<WarningView, ApiError, boolean>({
    mutationFn: async (submit) => {
      const draft = await post<WarningView>("/api/warning/warnings", { alarm_id: alarm.id, content })
      return submit ? post<WarningView>(`/api/warning/warnings/${draft.id}/submit`, {}) : draft
    },
    onSuccess: (warning, submit) => {
      say(t(submit ? "said.submit" : "said.draft", { title: warning.code }))
      for (const kind of ["alarm", "warning", "now"]) void client.invalidateQueries({ queryKey: [kind] })
      onDone(warning)
    },
    onError: (error) => say(pick(error.problem.words)),
  })
  const valid = content.title.trim() !== "" && content.text.trim() !== ""
  return (
    <Inspector
      label={t("warning.draft_title")}
      actions={
        <>
          <div className="row g8">
            <Button
              kind="primary"
              large
              style={{ flex: 1.4 }}
              disabled={!valid || save.isPending}
              onClick={() => save.mutate(true)}
            >
              {t("warning.submit")}
            </Button>
            <Button large className="sp" disabled={!valid || save.isPending} onClick={() => save.mutate(false)}>
              {t("warning.save_draft")}
            </Button>
            <Button large kind="ghost" onClick={onClose}>
              {t("warning.cancel")}
            </Button>
          </div>
          <div className="f11 i3" style={{ marginTop: 5 }}>
            {t("warning.two_people")}
          </div>
        </>
      }
    >
      <div style={{ padding: "8px 16px 9px 8px" }}>{head}</div>
      <div style={{ padding: "0 16px 10px" }}>
        <div className="row g8">
          <b className="f16">{t("warning.draft_title")}</b>
          <span className="sp" />
          <LevelBadge level={alarm.severity} state={levelState(alarm)}>
            {t("duty.level_alarm", { level: t(`level.${alarm.severity}`) })}
          </LevelBadge>
        </div>
        <div className="i3 f12">{[pick(alarm.title), pick(alarm.place), alarm.code].filter(Boolean).join(" · ")}</div>
      </div>
      <Section>
        <ContentFields content={content} onChange={setContent} />
      </Section>
      <Section title={t("warning.as_received")}>
        <Preview content={content} city={pick(city?.name)} />
      </Section>
    </Inspector>
  )
}
