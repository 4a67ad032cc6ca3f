import type { VectorTileSource } from "maplibre-gl"
import { useEffect, useRef } from "react"
import { useStore } from "../external.ts"
import { changeStore } from "../live.ts"
import { useAt } from "../url.ts"
import { keepFocus } from "./focus.ts"
import { useHidden } from "./hidden.ts"
import { mapStore, readyStore } from "./instance.ts"

/** Playback moves the time twice a second; tiles are asked for when it rests. */
const rest_ms = 400
/** A publication tells of many assets at once. */
const settle_ms = 800
let shown_at: number | null = null

/**
 * What the census' layers show: as it was where the time bar stands in the past, without what the legend has taken off, and
 * anew after a change. Tiles that a change did not touch are answered from the browser's own copy.
 */
export function useCensusTiles(): void {
  const ready = useStore(readyStore)
  const { hidden } = useHidden()
  const at = useAt()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store holds what is hidden when this runs
  useEffect(() => {
    if (ready) keepFocus()
  }, [ready, hidden])
  useEffect(() => {
    if (!ready || shown_at === at) return
    const timer = setTimeout(() => {
      shown_at = at
      const source = mapStore.get()?.getSource("census") as VectorTileSource | undefined
      source?.setTiles([`${location.origin}/api/map/census/{z}/{x}/{y}.mvt${at === null ? "" : `?at=${at}`}`])
    }, rest_ms)
    return () => clearTimeout(timer)
  }, [ready, at])
  const change = useStore(changeStore)
  const heard = useRef(change)
  useEffect(() => {
    if (!ready || change === heard.current || change?.kind !== "asset") return
    heard.current = change
    const timer = setTimeout(() => mapStore.get()?.refreshTiles("census"), settle_ms)
    return () => clearTimeout(timer)
  }, [ready, change])
}
