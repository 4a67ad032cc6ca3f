import { type ReactNode, useLayoutEffect, useRef } from "react"
import { useCity } from "../api.ts"
import { useStore } from "../external.ts"
import { Notice } from "../kit/index.ts"
import { useWords } from "../words/index.ts"
import { useCensusTiles } from "./census-tiles.ts"
import { Furniture } from "./furniture.tsx"
import { makeMap, mapElement, mapStore, mapTroubleStore } from "./instance.ts"

/** The place of a screen where the one map hangs; `children` lie over it. */
export function MapSlot({ children, pointers = true }: { children?: ReactNode; pointers?: boolean }) {
  const { t } = useWords()
  const slot = useRef<HTMLDivElement>(null)
  const city = useCity().data
  const trouble = useStore(mapTroubleStore)
  useCensusTiles()
  useLayoutEffect(() => {
    const element = slot.current!
    element.append(mapElement)
    if (city) makeMap(city)
    mapStore.get()?.resize()
    const observer = new ResizeObserver(() => mapStore.get()?.resize())
    observer.observe(element)
    return () => {
      observer.disconnect()
      mapElement.remove()
    }
  }, [city])
  return (
    <section className="map" aria-label={t("map.label")}>
      <div ref={slot} className="mapslot" />
      {trouble ? (
        <Notice icon="warning" title={t("map.no_webgl")} text={t("map.no_webgl_text")} />
      ) : (
        <Furniture pointers={pointers} />
      )}
      {children}
    </section>
  )
}
