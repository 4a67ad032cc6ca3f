import { useEffect } from "react"
import { useStore } from "../external.ts"
import { clearWork, type Feature, goTo, pickStore, readyStore, setData, setFocus } from "../map/index.ts"

type Shown = { geometry: { type: string; coordinates: unknown }; lon_lat: [number, number] } | null | undefined

/** Draws the chosen asset in ink and moves to it; the work of the duty desk goes off the map while another screen has it. */
export function useShownAsset(asset: Shown): void {
  const ready = useStore(readyStore)
  useEffect(() => {
    if (!ready) return
    clearWork()
    setFocus(null, new Set())
  }, [ready])
  const key = asset ? JSON.stringify(asset.geometry) : ""
  // biome-ignore lint/correctness/useExhaustiveDependencies: the geometry's text stands for the asset
  useEffect(() => {
    if (!ready) return
    setData("selected", asset ? [featureOf(asset)] : [])
    if (asset) goTo(asset.lon_lat, 16)
  }, [ready, key])
}

const featureOf = (asset: NonNullable<Shown>): Feature => ({
  type: "Feature",
  properties: {},
  geometry: asset.geometry as Feature["geometry"],
})

/** Calls `select` with the asset that was clicked on the map. */
export function usePickedAsset(select: (id: number) => void): void {
  const picked = useStore(pickStore)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new click selects
  useEffect(() => {
    if (picked?.kind === "asset" && Date.now() - picked.at < 1000) select(picked.id)
  }, [picked])
}
