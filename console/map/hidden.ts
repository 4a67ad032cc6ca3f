import { useCallback, useEffect, useMemo } from "react"
import { store } from "../external.ts"
import { useUrl } from "../url.ts"

/** What is off the map: lifelines by their id, kinds as `lifeline:kind`. */
export const hiddenStore = store<ReadonlySet<string>>(new Set())

/** The same as the URL's `off` keeps it; what draws the map hears of it through `hiddenStore`. */
export function useHidden(): {
  hidden: ReadonlySet<string>
  toggle(id: string): void
  set(hidden: ReadonlySet<string>): void
} {
  const [search, setUrl] = useUrl()
  const off = search.off ?? ""
  const hidden = useMemo(() => new Set(off.split(",").filter((id) => id !== "")), [off])
  const set = useCallback(
    (next: ReadonlySet<string>) => setUrl({ off: next.size > 0 ? [...next].join() : undefined }, { replace: true }),
    [setUrl],
  )
  const toggle = useCallback(
    (id: string) => {
      const next = new Set(hidden)
      if (!next.delete(id)) next.add(id)
      set(next)
    },
    [hidden, set],
  )
  useEffect(() => hiddenStore.set(hidden), [hidden])
  return { hidden, toggle, set }
}

/** Condition of the map's style for what is not hidden; null where nothing is. */
export function shownExpression(hidden: ReadonlySet<string>): unknown {
  if (hidden.size === 0) return null
  const kinds = [...hidden].filter((id) => id.includes(":"))
  const lifelines = [...hidden].filter((id) => !id.includes(":"))
  return [
    "all",
    ["!", ["in", ["get", "lifeline"], ["literal", lifelines]]],
    ["!", ["in", ["concat", ["get", "lifeline"], ":", ["get", "kind"]], ["literal", kinds]]],
  ]
}
