import { useEffect, useRef, useState } from "react"
import { quality } from "../../../../model/index.ts"
import { createLoader, fetchTile, type Loader } from "../../../charts/index.ts"
import { type Store, store } from "../../../external.ts"
import { readingStore } from "../../../live.ts"

export type Loading = {
  loader: Loader
  version: Store<number>
  /** Width of the plots, CSS px, as last drawn. */
  width: { px: number }
}

/** The chart's store of curves; `version` counts what became new. Live readings are put at the end of what it holds. */
export function useLoader(live: boolean): Loading {
  const [made] = useState((): Loading => {
    const version = store(0)
    const loader = createLoader({
      fetch: fetchTile,
      later(ms, run) {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      wall: () => Date.now(),
      changed: () => version.set(version.get() + 1),
    })
    return { loader, version, width: { px: 900 } }
  })
  useEffect(() => () => made.loader.close(), [made])
  const heard = useRef(new Map<number, number>())
  useEffect(() => {
    if (!live) return
    return readingStore.subscribe(() => {
      for (const [point, reading] of readingStore.get()) {
        if (heard.current.get(point) === reading.time) continue
        heard.current.set(point, reading.time)
        const flags = reading.quality.reduce((sum, name) => sum | (quality[name as keyof typeof quality] ?? 0), 0)
        made.loader.append(point, reading.time, reading.value, flags)
      }
      made.version.set(made.version.get() + 1)
    })
  }, [live, made])
  return made
}
