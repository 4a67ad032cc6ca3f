import { useCallback, useEffect, useMemo, useRef } from "react"
import {
  chosen,
  following,
  keepInSight,
  lead_share,
  ranges,
  settled,
  spanOf,
  stateOf,
  type Window,
  windowSearch,
} from "../../../charts/index.ts"
import { type Store, store } from "../../../external.ts"
import { cityNow } from "../../../time.ts"
import { useAt, useUrl, useViewTime } from "../../../url.ts"

export type Shown = { window: Window; follow: boolean }
export type WindowControl = {
  shown: Store<Shown>
  /** Moves to a window; `done` writes it into the address. */
  move(window: Window, done: boolean): void
  /** A chosen stretch: a step of the browser's history, so that "back" leads out of it. */
  select(window: Window): void
  /** Follows the newest time (or the one played back) with a span. */
  follow(span_ms?: number): void
}

const write_ms = 400

/** The chart's window between the address, the time bar and the gestures. */
export function useWindow(): WindowControl {
  const [search, setUrl] = useUrl()
  const at = useAt()
  const now = useViewTime()
  const range_ms = ranges[search.range ?? "7h"] ?? ranges["7h"]!
  const first = useRef<Store<Shown> | null>(null)
  if (first.current === null) {
    const state = stateOf(search)
    first.current = store<Shown>(
      state.window ? { window: state.window, follow: false } : { window: following(state.span_ms, now), follow: true },
    )
  }
  const shown = first.current
  const written = useRef(`${search.from}|${search.to}|${search.span}`)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const latest = useRef({ at, range_ms })
  latest.current = { at, range_ms }

  const write = useCallback(
    (replace: boolean) => {
      if (timer.current) clearTimeout(timer.current)
      timer.current = null
      const { window, follow } = shown.get()
      const next = windowSearch(window, follow, latest.current.range_ms)
      const key = `${next.from}|${next.to}|${next.span}`
      if (key === written.current) return
      written.current = key
      setUrl(next, { replace })
    },
    [setUrl, shown],
  )
  const viewNow = useCallback(() => latest.current.at ?? cityNow(), [])

  // The address changed by itself: a link, the browser's back, another range on the time bar.
  const address = `${search.from}|${search.to}|${search.span}`
  const last_range = useRef(search.range)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what the address says counts, not the running time
  useEffect(() => {
    if (search.range !== last_range.current) {
      last_range.current = search.range
      shown.set({ window: following(range_ms, viewNow()), follow: true })
      write(true)
      return
    }
    if (address === written.current) return
    written.current = address
    const state = stateOf(search)
    shown.set(
      state.window
        ? { window: state.window, follow: false }
        : { window: following(state.span_ms, viewNow()), follow: true },
    )
  }, [address, search.range])

  // A window that follows moves with the clock; a fixed one moves on when a played time leaves it.
  const last_at = useRef(at)
  useEffect(() => {
    const { window, follow } = shown.get()
    if (follow) shown.set({ window: following(spanOf(window), now), follow })
    else if (at !== null && at !== last_at.current) {
      const next = keepInSight(window, at)
      if (next !== window) {
        shown.set({ window: next, follow: false })
        timer.current ??= setTimeout(() => write(true), write_ms)
      }
    }
    last_at.current = at
  }, [now, at, shown, write])
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current)
    },
    [],
  )

  return useMemo(
    () => ({
      shown,
      move(window, done) {
        const was = shown.get()
        // While it follows, a tremble of the hand at the right edge does not take it off.
        const still = was.follow && Math.abs(window.to - was.window.to) < spanOf(window) * lead_share * 0.5
        const next = still ? { window: following(spanOf(window), viewNow()), follow: true } : settled(window, viewNow())
        shown.set(next)
        if (done) write(true)
        else {
          if (timer.current) clearTimeout(timer.current)
          timer.current = setTimeout(() => write(true), write_ms)
        }
      },
      select(window) {
        const { window: to, follow } = settled(chosen(window.from, window.to), viewNow())
        shown.set({ window: to, follow })
        write(false)
      },
      follow(span_ms) {
        shown.set({ window: following(span_ms ?? spanOf(shown.get().window), viewNow()), follow: true })
        write(true)
      },
    }),
    [shown, viewNow, write],
  )
}
