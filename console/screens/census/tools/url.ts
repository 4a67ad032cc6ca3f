import type { Place } from "../../../map/tools/index.ts"
import { type Search, useUrl } from "../../../url.ts"

export const tools = ["cross", "long", "trace", "isolate", "dig"] as const
export type Tool = (typeof tools)[number]
/** What the tools keep in the URL, so that a view can be sent. */
const params = ["tool", "cut", "from", "to", "way", "isolate", "failed", "ring", "check"] as const

const decimals = 7
/** "lon,lat;lon,lat" of a line or ring. */
export const placesText = (places: readonly Place[]): string =>
  places.map((p) => p.map((v) => Number(v.toFixed(decimals))).join(",")).join(";")
/** What a URL says of a line; places that are none are left out. */
export const placesOf = (text: string | undefined): Place[] =>
  (text ?? "")
    .split(";")
    .map((pair) => pair.split(",").map(Number))
    .filter((p): p is Place => p.length === 2 && Math.abs(p[0]!) <= 180 && Math.abs(p[1]!) <= 85)
export const idOf = (text: string | undefined): number | null => {
  const id = Number(text)
  return Number.isSafeInteger(id) && id > 0 ? id : null
}
export const idsOf = (text: string | undefined): number[] => (text ?? "").split(",").flatMap((part) => idOf(part) ?? [])

/** The open tool; an asset to isolate alone opens its tool. */
export const toolOf = (search: Search): Tool | null =>
  tools.find((tool) => tool === search.tool) ?? (idOf(search.isolate) ? "isolate" : null)

/** The open tool, its values in the URL, and a function that opens another one or closes it. */
export function useTool() {
  const [search, setUrl] = useUrl()
  const tool = toolOf(search)
  const open = (next: Tool | null, values: Search = {}) =>
    setUrl({
      ...Object.fromEntries(params.map((name) => [name, undefined])),
      tool: next ?? undefined,
      // The inspector makes room for the tool.
      ...(next ? { sel: undefined } : {}),
      ...values,
    })
  return { tool, search, open, set: (values: Search) => setUrl(values, { replace: true }) }
}
