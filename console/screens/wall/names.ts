import type { Map as MapLibre } from "maplibre-gl"

/** Makes the map's names larger, for a wall or a phone in the sun; returns what puts them back. */
export function enlargeNames(map: MapLibre, factor: number): () => void {
  const before: [string, unknown][] = []
  for (const layer of map.getStyle().layers) {
    if (layer.type !== "symbol" || !layer.id.startsWith("name-")) continue
    const size: unknown = map.getLayoutProperty(layer.id, "text-size")
    if (typeof size !== "number") continue
    before.push([layer.id, size])
    map.setLayoutProperty(layer.id, "text-size", size * factor)
  }
  return () => {
    for (const [id, size] of before) if (map.getLayer(id)) map.setLayoutProperty(id, "text-size", size as never)
  }
}
