import { useEffect, useMemo } from "react"
import type { OrderRow } from "../../api.ts"
import { useStore } from "../../external.ts"
import { clearWork, MapSlot, mapStore, readyStore, type ShownAlarm, setFocus, useAlarmsOnMap } from "../../map/index.ts"
import { enlargeNames } from "../wall/names.ts"
import { shapeState } from "./orders.ts"

const none: ReadonlySet<string> = new Set()

/** The place of an order on the map, its own lifeline lifted. */
export function Place({ order, zoom = 16.4, names = 1 }: { order: OrderRow; zoom?: number; names?: number }) {
  const ready = useStore(readyStore)
  const state = shapeState(order)
  const place = order.lon_lat?.join() ?? ""
  const shown = useMemo(
    (): ShownAlarm[] =>
      place
        ? [
            {
              id: order.id,
              level: order.severity,
              state,
              lon_lat: place.split(",").map(Number) as [number, number],
              title: "",
              value: "",
            },
          ]
        : [],
    [place, order.id, order.severity, state],
  )
  useEffect(() => {
    if (!ready || !place) return
    clearWork()
    const at = place.split(",").map(Number) as [number, number]
    setFocus({ place: at, radius_m: 200, lifelines: [order.lifeline] }, none)
    mapStore.get()?.jumpTo({ center: at, zoom })
    return () => setFocus(null, none)
  }, [ready, place, order.lifeline, zoom])
  useEffect(() => {
    const map = mapStore.get()
    return ready && map && names !== 1 ? enlargeNames(map, names) : undefined
  }, [ready, names])
  useAlarmsOnMap(shown, null)
  return <MapSlot pointers={false} />
}
