import { type AlarmView, useGet, useWarning, type WarningContent } from "../../api.ts"
import { Button, Failed, Icon, Loading } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"
import { DraftForm } from "./form.tsx"
import { WarningInspector } from "./inspector.tsx"

/** The warning of an alarm in the inspector's place: its draft form, or the warning itself once there is one. */
export function WarningPanel({ alarm, now, onBack }: { alarm: AlarmView; now: number; onBack(): void }) {
  const { t } = useWords()
  const has = alarm.warning_id !== null
  const proposal = useGet<WarningContent>(
    "draft",
    has ? null : `/api/warning/alarms/${alarm.id}/draft`,
    {},
    { stale_ms: 0, keep: false },
  )
  const warning = useWarning(alarm.warning_id)
  const back = (
    <Button kind="ghost" onClick={onBack}>
      <Icon name="back" />
      {t("warning.back_to_alarm")}
    </Button>
  )
  if (has)
    return warning.data ? (
      <WarningInspector warning={warning.data} now={now} head={back} onClose={onBack} />
    ) : (
      <aside className="panel bl insp">{warning.error ? <Failed error={warning.error} /> : <Loading />}</aside>
    )
  if (!proposal.data)
    return (
      <aside className="panel bl insp">
        {proposal.error ? <Failed error={proposal.error} retry={() => void proposal.refetch()} /> : <Loading />}
      </aside>
    )
  return (
    <DraftForm
      key={alarm.id}
      alarm={alarm}
      proposal={proposal.data}
      head={back}
      onDone={() => undefined}
      onClose={onBack}
    />
  )
}
