import { remembered, useStore } from "../../external.ts"
import { Button } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"

const hintStore = remembered<"new" | "seen">("mingmai.hint", "new", ["new", "seen"])

/** Leads a newcomer in the demo to the first alarm and from its evidence to the decision; goes for good when closed. */
export function Hint({ selected, any }: { selected: boolean; any: boolean }) {
  const { t } = useWords()
  const hint = useStore(hintStore)
  if (hint === "seen" || !any) return null
  const step = selected ? 2 : 1
  return (
    <div className="hint" role="note" style={selected ? { right: 16, bottom: 16 } : { left: 16, top: 56 }}>
      <b>{t(`hint.title_${step}`)}</b>
      <div className="i2" style={{ marginTop: 2 }}>
        {t(`hint.text_${step}`)}
      </div>
      <div className="row" style={{ marginTop: 8 }}>
        <span className="i3 f12">{step} / 2</span>
        <span className="sp" />
        <Button onClick={() => hintStore.set("seen")}>{t("hint.close")}</Button>
      </div>
    </div>
  )
}
