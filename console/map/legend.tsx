import { useState } from "react"
import { useLifelines } from "../api.ts"
import { useStore } from "../external.ts"
import { Icon } from "../kit/index.ts"
import { classColour, classDashes, themeStore, themes } from "../theme/index.ts"
import { useWords } from "../words/index.ts"
import { useHidden } from "./hidden.ts"

const dash_px: Record<string, string> = Object.fromEntries(
  Object.entries(classDashes).map(([code, dash]) => [code, dash!.map((d) => d * 2.2).join(" ")]),
)

/** The lifelines on the map; those in focus first, a click takes one off and puts it back. */
export function Legend({ focused }: { focused: string[] }) {
  const { t, pick } = useWords()
  const lifelines = useLifelines().data ?? []
  const { hidden, toggle, set } = useHidden()
  const tokens = themes[useStore(themeStore)]
  const [all, setAll] = useState(false)
  if (lifelines.length === 0) return null
  const first = lifelines.filter((l) => focused.includes(l.id))
  const rest = lifelines.filter((l) => !focused.includes(l.id))
  const shown = all ? rest : rest.slice(0, 5)
  const entry = (l: (typeof lifelines)[number], strong: boolean) => (
    <button
      key={l.id}
      type="button"
      className={`k ${strong ? "on" : ""}`}
      aria-pressed={!hidden.has(l.id)}
      title={t("map.toggle")}
      onClick={() => toggle(l.id)}
    >
      <svg width="18" height="8" aria-hidden="true">
        <path
          d="M0 4H18"
          stroke={classColour(tokens, l.class_code)}
          strokeWidth="2.2"
          strokeDasharray={dash_px[l.class_code]}
          opacity={strong ? 1 : 0.55}
        />
      </svg>
      {pick(l.name)}
    </button>
  )
  return (
    <div className="mapui lg" style={{ left: 12, top: 12, maxWidth: "calc(100% - 80px)", overflow: "hidden" }}>
      {first.map((l) => entry(l, true))}
      {first.length && rest.length ? <i /> : null}
      {shown.map((l) => entry(l, first.length === 0))}
      {rest.length > 5 || hidden.size ? (
        <>
          <i />
          <button
            type="button"
            style={{ width: 18, height: 18, border: 0 }}
            aria-label={t("map.all_layers")}
            title={t("map.all_layers")}
            onClick={() => (hidden.size ? set(new Set()) : setAll(!all))}
          >
            <Icon name="layers" />
          </button>
        </>
      ) : null}
    </div>
  )
}
