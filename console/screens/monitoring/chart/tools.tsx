import { useState } from "react"
import { compares, spanOf, spanText, stateOf } from "../../../charts/index.ts"
import { Button, Icon, Segment } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import type { Shown, WindowControl } from "./use-window.ts"

const help = ["wheel", "drag", "shift", "double", "keys", "live", "compare", "escape"] as const

/** How the chart looks: in panes or laid over each other, compared with another day, following, with the map. */
export function Tools({ shown, control, onExport }: { shown: Shown; control: WindowControl; onExport(): void }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const [open, setOpen] = useState(false)
  const state = stateOf(search)
  const compare = (Object.keys(compares) as (keyof typeof compares)[]).find((k) => compares[k] === state.compare_ms)
  const span = spanOf(shown.window)
  return (
    <div className="ctools">
      <Button
        icon
        kind="ghost"
        onClick={() => control.move(zoomed(shown, 0.5), true)}
        aria-label={t("chart.zoom_in")}
        title={t("chart.zoom_in")}
      >
        <Icon name="plus" />
      </Button>
      <Button
        icon
        kind="ghost"
        onClick={() => control.move(zoomed(shown, 2), true)}
        aria-label={t("chart.zoom_out")}
        title={t("chart.zoom_out")}
      >
        <Icon name="minus" />
      </Button>
      <span className="i2 f12 nw1 span">{spanText(span)}</span>
      <button
        type="button"
        className={`chip ${shown.follow ? "on" : ""}`}
        aria-pressed={shown.follow}
        onClick={() => control.follow()}
        title={t("chart.follow_text")}
      >
        {t("chart.follow")}
      </button>
      <span className="sp" />
      <Segment
        label={t("chart.layout")}
        value={state.overlay ? "over" : "apart"}
        onChange={(value) => setUrl({ lay: value === "over" ? "over" : undefined }, { replace: true })}
        options={[
          { value: "apart", words: t("chart.apart") },
          { value: "over", words: t("chart.over") },
        ]}
      />
      <Segment
        label={t("chart.compare")}
        value={compare ?? "off"}
        onChange={(value) => setUrl({ cmp: value === "off" ? undefined : value }, { replace: true })}
        options={[
          { value: "off", words: t("chart.compare_off") },
          { value: "1d", words: t("chart.compare_1d") },
          { value: "7d", words: t("chart.compare_7d") },
        ]}
      />
      <Button
        aria-pressed={state.map}
        className={state.map ? "pri" : ""}
        onClick={() => setUrl({ map: state.map ? undefined : "1" }, { replace: true })}
      >
        <Icon name="locate" />
        {t("chart.map")}
      </Button>
      <Button onClick={onExport}>
        <Icon name="download" />
        {t("chart.export")}
      </Button>
      <span style={{ position: "relative" }}>
        <Button icon kind="ghost" onClick={() => setOpen(!open)} aria-expanded={open} aria-label={t("chart.help")}>
          ?
        </Button>
        {open ? (
          <div className="chelp" role="note">
            {help.map((id) => (
              <div key={id} style={{ display: "contents" }}>
                <b>{t(`chart.gesture.${id}`)}</b>
                <span>{t(`chart.does.${id}`)}</span>
              </div>
            ))}
          </div>
        ) : null}
      </span>
    </div>
  )
}

const zoomed = ({ window, follow }: Shown, factor: number) => {
  const span = spanOf(window)
  // A following window keeps its right edge, so that it goes on following.
  const at = follow ? window.to : (window.from + window.to) / 2
  return { from: at - (at - window.from) * factor, to: at + (window.to - at) * factor, span }
}
