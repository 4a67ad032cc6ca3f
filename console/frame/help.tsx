import { store, useStore } from "../external.ts"
import { Button } from "../kit/index.ts"
import { useWords } from "../words/index.ts"
import { useKeys } from "./keys.ts"

export const helpStore = store(false)
const rows: [string, string][] = [
  ["↑ ↓", "move"],
  ["G D", "go"],
  ["⏎", "confirm"],
  ["X", "dismiss"],
  ["W", "draft"],
  ["A", "acknowledge"],
  ["U", "undo"],
  ["Esc", "close"],
  ["/", "search"],
  ["L", "live"],
  ["Space", "pause"],
  ["T", "fold"],
  ["D", "theme"],
  ["?", "help"],
]

/** All keys on one sheet. */
export function Help() {
  const { t } = useWords()
  const open = useStore(helpStore)
  useKeys({ "?": () => helpStore.set(!helpStore.get()), ...(open ? { Escape: () => helpStore.set(false) } : {}) })
  if (!open) return null
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: Escape closes it too
    <div className="scrim" onClick={() => helpStore.set(false)}>
      <div className="dialog" role="dialog" aria-modal="true" aria-label={t("help.title")}>
        <div className="row" style={{ marginBottom: 10 }}>
          <b className="f16">{t("help.title")}</b>
          <span className="sp" />
          <Button autoFocus onClick={() => helpStore.set(false)}>
            {t("help.close")}
          </Button>
        </div>
        <div style={{ display: "grid", gridTemplateColumns: "auto 1fr", gap: "6px 16px", alignItems: "center" }}>
          {rows.map(([key, id]) => (
            <div key={id} style={{ display: "contents" }}>
              <span>
                <kbd>{key}</kbd>
              </span>
              <span className="i2">{t(`help.${id}`)}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}
