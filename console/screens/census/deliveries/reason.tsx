import { useState } from "react"
import { Button } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"

/** Asks for a reason in one line; Enter gives it, Escape leaves it. */
export function Reason({
  label,
  yes,
  hint,
  onGive,
  onStop,
}: {
  label: string
  yes?: string
  hint?: string
  onGive(reason: string): void
  onStop(): void
}) {
  const { t } = useWords()
  const [reason, setReason] = useState("")
  return (
    <form
      className="dv-ask row g8 wrap"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        if (reason.trim()) onGive(reason.trim())
      }}
    >
      <span className="f12 i2">{label}</span>
      <span className="in sp">
        <input
          // biome-ignore lint/a11y/noAutofocus: the field was just opened to be typed into
          autoFocus
          value={reason}
          maxLength={500}
          aria-label={t("deliveries.reason")}
          placeholder={hint ?? t("deliveries.reason_hint")}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => {
            event.stopPropagation()
            if (event.key === "Escape") onStop()
          }}
        />
      </span>
      <Button kind="primary" type="submit" disabled={reason.trim() === ""}>
        {yes ?? t("deliveries.give_reason")}
      </Button>
      <Button onClick={onStop}>{t("deliveries.not_now")}</Button>
    </form>
  )
}
