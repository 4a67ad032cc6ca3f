import { exactText } from "../../time.ts"
import { useAt, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { mapStore } from "../instance.ts"
import { LegendPanel } from "../legend-panel.tsx"
import { Find } from "./find.tsx"
import "./search.css"

/** What helps to read the census' map: search, legend, the way underground, and the time it shows. */
export function MapHelp() {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const at = useAt()
  const underground = () => {
    const centre = mapStore.get()?.getCenter()
    if (centre)
      setUrl({
        under: [centre.lng.toFixed(6), centre.lat.toFixed(6)].join(),
        tool: undefined,
        isolate: undefined,
      })
  }
  return (
    <div className="map-help">
      <Find />
      <div className="map-row">
        <LegendPanel />
        <button type="button" className="mapui map-3d" onClick={underground}>
          {t("underground.open")}
        </button>
      </div>
      {at !== null ? (
        <div className="mapui map-past" role="status">
          {t("past.map", { time: exactText(at) })}
        </div>
      ) : null}
    </div>
  )
}
