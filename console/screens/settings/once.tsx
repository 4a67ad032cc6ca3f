import { say } from "../../frame/index.ts"
import { Button } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"

/** A secret that is shown once: it cannot be read again after this box is closed. */
export function Once({ title, secret, onDone }: { title: string; secret: string; onDone(): void }) {
  const { t } = useWords()
  const copy = () => {
    navigator.clipboard.writeText(secret).then(
      () => say(t("settings.copied")),
      () => say(t("settings.copy_by_hand")),
    )
  }
  return (
    <div className="once" role="alertdialog" aria-label={title}>
      <b>{title}</b>
      <div className="i2 f12">{t("settings.once")}</div>
      <code>{secret}</code>
      <div className="row g8">
        <Button kind="primary" onClick={copy}>
          {t("settings.copy")}
        </Button>
        <Button onClick={onDone}>{t("settings.kept")}</Button>
      </div>
    </div>
  )
}
