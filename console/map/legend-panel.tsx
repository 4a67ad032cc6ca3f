import { useState } from "react"
import { useGet } from "../api.ts"
import { useStore } from "../external.ts"
import { Icon, lifelineIcon, numberText } from "../kit/index.ts"
import { classColour, classDashes, themeStore, themes } from "../theme/index.ts"
import { useWords } from "../words/index.ts"
import { useHidden } from "./hidden.ts"

type Words = { zh: string; en: string }
/** As GET /api/map/legend answers. */
type Entry = {
  lifeline: string
  name: Words
  class_code: string
  symbol: string
  count: number
  kinds: { kind: string; name: Words; geometry: string; symbol: string; count: number }[]
}

/** What the city has, by lifeline and kind, in the colours of CJJ 61; a click takes one off the map and puts it back. */
export function LegendPanel() {
  const { t, pick } = useWords()
  const { hidden, toggle, set } = useHidden()
  const [open, setOpen] = useState(false)
  const [unfolded, setUnfolded] = useState<string | null>(null)
  const query = useGet<Entry[]>("census", "/api/map/legend", {}, { stale_ms: 60_000 })
  const entries = query.data ?? []
  return (
    <section className="mapui legend" aria-label={t("layers.title")}>
      <button type="button" className="legend-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="layers" />
        {t("layers.open")}
        {hidden.size > 0 ? <b className="i2">{t("layers.off", { count: hidden.size })}</b> : null}
        <span className="sp" />
        <Icon name={open ? "down" : "right"} />
      </button>
      {open ? (
        <div className="legend-list">
          {query.error && !query.data ? <div className="find-note">{t("layers.failed")}</div> : null}
          {query.data && entries.length === 0 ? <div className="find-note">{t("layers.none")}</div> : null}
          {entries.map((entry) => (
            <Group
              key={entry.lifeline}
              entry={entry}
              hidden={hidden}
              toggle={toggle}
              open={unfolded === entry.lifeline}
              unfold={() => setUnfolded(unfolded === entry.lifeline ? null : entry.lifeline)}
              name={pick(entry.name)}
            />
          ))}
          {hidden.size > 0 ? (
            <button type="button" className="legend-all" onClick={() => set(new Set())}>
              {t("layers.all")}
            </button>
          ) : null}
        </div>
      ) : null}
    </section>
  )
}

type GroupProps = {
  entry: Entry
  name: string
  hidden: ReadonlySet<string>
  toggle(id: string): void
  open: boolean
  unfold(): void
}

function Group({ entry, name, hidden, toggle, open, unfold }: GroupProps) {
  const { t, pick } = useWords()
  const tokens = themes[useStore(themeStore)]
  const colour = classColour(tokens, entry.class_code)
  const off = hidden.has(entry.lifeline)
  return (
    <>
      <div className="legend-row">
        <button
          type="button"
          className="legend-fold"
          aria-expanded={open}
          aria-label={t("layers.show_kinds", { name })}
          onClick={unfold}
        >
          <Icon name={open ? "down" : "right"} />
        </button>
        <button
          type="button"
          className="legend-name"
          aria-pressed={!off}
          title={t("layers.toggle")}
          onClick={() => toggle(entry.lifeline)}
        >
          <Icon name={lifelineIcon(entry.symbol)} />
          <Stroke colour={colour} dashes={classDashes[entry.class_code] ?? null} />
          <span className="el">{name}</span>
          <span className="sp" />
          <span className="i3">{numberText(entry.count, 0)}</span>
        </button>
      </div>
      {open
        ? entry.kinds.map(({ kind, name: words, geometry, count }) => (
            <div key={kind} className="legend-row kind">
              <button
                type="button"
                className="legend-name"
                aria-pressed={!off && !hidden.has(`${entry.lifeline}:${kind}`)}
                title={t("layers.toggle")}
                onClick={() => toggle(`${entry.lifeline}:${kind}`)}
              >
                <Glyph colour={colour} geometry={geometry} dashes={classDashes[entry.class_code] ?? null} />
                <span className="el">{pick(words)}</span>
                <span className="sp" />
                <span className="i3">{numberText(count, 0)}</span>
              </button>
            </div>
          ))
        : null}
    </>
  )
}

const Stroke = ({ colour, dashes }: { colour: string; dashes: number[] | null }) => (
  <svg width="20" height="8" aria-hidden="true">
    <path d="M0 4H20" stroke={colour} strokeWidth="2.4" strokeDasharray={dashes?.map((dash) => dash * 2.2).join(" ")} />
  </svg>
)

/** Lines as they are drawn, points as rings, areas as dashed squares. */
function Glyph({ colour, geometry, dashes }: { colour: string; geometry: string; dashes: number[] | null }) {
  if (geometry === "line") return <Stroke colour={colour} dashes={dashes} />
  return (
    <svg width="20" height="12" aria-hidden="true">
      {geometry === "area" ? (
        <rect x="4.5" y="1.5" width="11" height="9" fill="none" stroke={colour} strokeDasharray="3 2" />
      ) : (
        <circle cx="10" cy="6" r="3.2" fill="none" stroke={colour} strokeWidth="1.6" />
      )}
    </svg>
  )
}
