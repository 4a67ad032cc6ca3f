import { useMemo } from "react"
import { useGet } from "../../../api.ts"
import { featuresOf, type NetworkFeature } from "./ask.ts"

export type Shape = NetworkFeature["geometry"]
const none: ReadonlyMap<number, Shape> = new Map()

/** Where the pipes of a long section lie: of the way between two assets, or of what lies downstream of one. */
export function useShapes(from: number | null, to: number | null): ReadonlyMap<number, Shape> {
  const path = from === null ? null : to === null ? "/api/census/network/trace" : "/api/census/network/path"
  const query = to === null ? { asset: from, direction: "down" } : { from, to }
  const answer = useGet<{ geojson: unknown }>("census", path, query, { keep: false, stale_ms: 60_000 }).data
  return useMemo(
    () => (answer ? new Map(featuresOf(answer).map((f) => [f.properties.id, f.geometry])) : none),
    [answer],
  )
}
