import { useEffect, useReducer } from "react"
import { useCity } from "../api.ts"
import { useStore } from "../external.ts"
import { Icon } from "../kit/index.ts"
import { useWords } from "../words/index.ts"
import { mapStore } from "./instance.ts"
import { Leads } from "./leads.tsx"
import { EdgePointers } from "./pointers.tsx"

/** Renders again whenever the camera moved. */
export function useCamera(): void {
  const map = useStore(mapStore)
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    if (!map) return
    map.on("move", again)
    map.on("resize", again)
    return () => {
      map.off("move", again)
      map.off("resize", again)
    }
  }, [map])
}

/** Zoom buttons, scale bar, north and edge pointers: always on. */
export function Furniture({ pointers }: { pointers: boolean }) {
  const { t } = useWords()
  const map = useStore(mapStore)
  const city = useCity().data
  useCamera()
  if (!map) return null
  const home = () => {
    if (city?.base_map && city.center) map.jumpTo({ center: city.center, zoom: 15, bearing: 0 })
    else if (city?.bounds) map.fitBounds(city.bounds, { padding: 48, duration: 0 })
  }
  return (
    <>
      <div className="mapui col" style={{ right: 12, top: 12 }}>
        <button
          type="button"
          aria-label={t("map.zoom_in")}
          title={t("map.zoom_in")}
          onClick={() => map.zoomIn({ duration: 160 })}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          aria-label={t("map.zoom_out")}
          title={t("map.zoom_out")}
          onClick={() => map.zoomOut({ duration: 160 })}
        >
          <Icon name="minus" />
        </button>
        <button type="button" aria-label={t("map.home")} title={t("map.home")} onClick={home}>
          <Icon name="locate" />
        </button>
      </div>
      {pointers ? <EdgePointers /> : null}
      <Leads />
      <ScaleBar zoom={map.getZoom()} latitude={map.getCenter().lat} />
      <svg
        className="furn"
        width="30"
        height="48"
        style={{ position: "absolute", right: 10, bottom: 10 }}
        viewBox="-15 -15 30 48"
        aria-label={t("map.north")}
      >
        <path d="M0 -13L5.5 6L0 2.6L-5.5 6Z" className="fill" />
        <text y="18">{t("map.north")}</text>
      </svg>
    </>
  )
}

function ScaleBar({ zoom, latitude }: { zoom: number; latitude: number }) {
  const metres_per_px = (78_271.517 * Math.cos((latitude * Math.PI) / 180)) / 2 ** zoom
  const rough = metres_per_px * 90
  const power = 10 ** Math.floor(Math.log10(rough))
  const metres = [5, 2, 1].map((m) => m * power).find((m) => m <= rough) ?? power
  const px = metres / metres_per_px
  const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`
  return (
    <svg
      className="furn"
      width={px + 60}
      height="30"
      style={{ position: "absolute", left: 12, bottom: 12 }}
      viewBox={`-8 -26 ${px + 60} 30`}
      aria-hidden="true"
    >
      <path d={`M0 -5V0H${px}V-5M${px / 2} -3V0`} />
      <text x="0" y="-9">
        0
      </text>
      <text x={px} y="-9">
        {text}
      </text>
    </svg>
  )
}
