import { cover, type Held, isExact, type Piece } from "./cover.ts"
import { type Source, sourceOf } from "./source.ts"
import { after, emptyStrip, type Strip } from "./strip.ts"
import { type Tile, tileKey, tilesFor, tileValues, tileWindow } from "./tiles.ts"
import { spanOf, type Window } from "./window.ts"

export type LoadPoint = { id: number; interval_ms: number; waveform: boolean }
export type Request = { source: Source; points: LoadPoint[]; window: Window; values: number }
/** What the chart shows now: its points, its window and those behind it (compared), its width, the newest known time. */
export type Asked = { points: readonly LoadPoint[]; windows: readonly Window[]; width_px: number; now: number }

export type LoaderOptions = {
  /** One request for some points; the answer has a strip for each point that has values. */
  fetch(request: Request, signal: AbortSignal): Promise<ReadonlyMap<number, Strip>>
  /** Runs later; returns what takes it back. */
  later(ms: number, run: () => void): () => void
  /** Wall time, ms. */
  wall(): number
  /** Something new is at hand, or the state of loading changed. */
  changed(): void
}

type Kept = Tile & { strip: Strip; fetched: number; complete: boolean; used: number }
type Flight = { keys: Set<string>; abort: AbortController; points: LoadPoint[] }

const settle_ms = 60
const beside_ms = 350
const retry_ms = 3000
/** Values of a stretch that is over may still be corrected by late data: taken again after this long. */
const old_ms = 300_000
const live_ms_min = 2000
const flights_max = 4
/** Values held at once; the longest unused go first. */
const values_max = 3_000_000
const points_per_request = 20
/** Windows of fewer intervals reach beyond their edges by so many. */
const sparse_intervals = 40
const reach_intervals = 1.5

/**
 * Keeps tiles of curves and fetches what is missing: what is seen first, shortly after the last move; then what lies
 * beside it. Requests for what is no longer wanted are aborted; what was fetched stays and is shown, stretched, until
 * better is here.
 */
export function createLoader(options: LoaderOptions) {
  const kept = new Map<number, Map<string, Kept>>()
  const flights = new Map<string, Flight>()
  /** Tiles that failed, and when they may be tried again. */
  const failed = new Map<string, number>()
  let held_values = 0
  let asked: Asked | null = null
  let error: unknown = null
  let cancel: (() => void) | null = null
  let cancel_retry: (() => void) | null = null
  let last_key = ""
  let uses = 0

  /**
   * What is looked for around a window: where values are far apart, also the one before and the one after, as the line
   * between them crosses the window.
   */
  const around = (p: LoadPoint, w: Window): Window =>
    !p.waveform && spanOf(w) < sparse_intervals * p.interval_ms
      ? { from: w.from - reach_intervals * p.interval_ms, to: w.to + reach_intervals * p.interval_ms }
      : w
  const sourceFor = (p: LoadPoint, w: Window, width_px: number) => sourceOf(p, spanOf(w), width_px)
  const keyOf = (tile: Tile, point: number) => `${point}|${tileKey(tile)}`
  const fresh = (k: Kept | undefined): boolean => {
    if (!k) return false
    const age = options.wall() - k.fetched
    return age < (k.complete ? old_ms : Math.max(live_ms_min, k.span_ms / 800))
  }
  const flying = (key: string) => [...flights.values()].some((f) => f.keys.has(key))

  /** Requests still to make for what is asked; one for each tile, with all points that lack it. */
  function missing(which: "seen" | "beside"): { request: Request; tile: Tile; keys: string[] }[] {
    if (!asked) return []
    const lacking = new Map<string, { tile: Tile; points: LoadPoint[]; window_ms: number }>()
    for (const window of asked.windows)
      for (const point of asked.points) {
        const wide = around(point, window)
        const source = sourceFor(point, wide, asked.width_px)
        for (const tile of tilesFor(source, wide, asked.now)[which]) {
          const name = keyOf(tile, point.id)
          if (fresh(kept.get(point.id)?.get(tileKey(tile))) || flying(name)) continue
          if ((failed.get(name) ?? 0) > options.wall()) continue
          const key = tileKey(tile)
          const entry = lacking.get(key) ?? { tile, points: [], window_ms: spanOf(window) }
          if (!entry.points.includes(point)) entry.points.push(point)
          lacking.set(key, entry)
        }
      }
    return [...lacking.values()].flatMap(({ tile, points, window_ms }) => {
      // A waveform is asked for point by point, everything else together.
      const size = tile.source === "wave" ? 1 : points_per_request
      const parts: LoadPoint[][] = []
      for (let i = 0; i < points.length; i += size) parts.push(points.slice(i, i + size))
      return parts.map((part) => ({
        tile,
        keys: part.map((p) => keyOf(tile, p.id)),
        request: {
          source: tile.source,
          points: part,
          window: tileWindow(tile),
          values: tileValues(tile.span_ms, window_ms, asked!.width_px),
        },
      }))
    })
  }

  function wanted(): Set<string> {
    const out = new Set<string>()
    for (const window of asked?.windows ?? [])
      for (const point of asked!.points) {
        const wide = around(point, window)
        const { seen, beside } = tilesFor(sourceFor(point, wide, asked!.width_px), wide, asked!.now)
        for (const tile of [...seen, ...beside]) out.add(keyOf(tile, point.id))
      }
    return out
  }

  function start(which: "seen" | "beside"): void {
    for (const { request, tile, keys } of missing(which)) {
      if (flights.size >= flights_max) return
      const abort = new AbortController()
      const name = `${tileKey(tile)}|${keys.join()}`
      flights.set(name, { keys: new Set(keys), abort, points: request.points })
      const begun_now = asked!.now
      void options
        .fetch(request, abort.signal)
        .then((strips) => {
          for (const key of keys) failed.delete(key)
          if (failed.size === 0) error = null
          for (const point of request.points) keep(point.id, tile, strips.get(point.id) ?? null, begun_now)
          trim()
        })
        .catch((reason: unknown) => {
          if (abort.signal.aborted) return
          error = reason
          for (const key of keys) failed.set(key, options.wall() + retry_ms)
          retryLater()
        })
        .finally(() => {
          flights.delete(name)
          options.changed()
          if (!abort.signal.aborted) go()
        })
    }
  }

  function keep(point: number, tile: Tile, strip: Strip | null, now: number): void {
    let tiles = kept.get(point)
    if (!tiles) {
      tiles = new Map()
      kept.set(point, tiles)
    }
    const key = tileKey(tile)
    held_values -= tiles.get(key)?.strip.time.length ?? 0
    const row: Kept = {
      ...tile,
      strip: strip ?? emptyStrip,
      fetched: options.wall(),
      complete: tileWindow(tile).to <= now,
      used: ++uses,
    }
    held_values += row.strip.time.length
    tiles.set(key, row)
  }

  function trim(): void {
    if (held_values <= values_max) return
    const all = [...kept.entries()].flatMap(([point, tiles]) => [...tiles].map(([key, k]) => ({ point, key, k })))
    all.sort((a, b) => a.k.used - b.k.used)
    for (const { point, key, k } of all) {
      if (held_values <= values_max * 0.8) return
      kept.get(point)!.delete(key)
      held_values -= k.strip.time.length
    }
  }

  function go(): void {
    start("seen")
    if (missing("seen").length === 0 && flights.size === 0) plan(beside_ms, "beside")
  }
  function plan(ms: number, which: "seen" | "beside" = "seen"): void {
    cancel?.()
    cancel = options.later(ms, () => {
      cancel = null
      if (which === "seen") go()
      else start("beside")
    })
  }

  function retryLater(): void {
    cancel_retry ??= options.later(retry_ms + 1, () => {
      cancel_retry = null
      go()
    })
  }

  return {
    /** Says what is shown; asked again on every move, cheap. Fetching begins shortly after the last call. */
    ask(next: Asked): void {
      asked = next
      const still = wanted()
      // What is no longer shown may fail unheard.
      for (const key of failed.keys()) if (!still.has(key)) failed.delete(key)
      if (failed.size === 0) error = null
      for (const [name, flight] of flights)
        if (![...flight.keys].some((key) => still.has(key))) {
          flight.abort.abort()
          flights.delete(name)
        }
      // Asked again without a move (something was drawn anew): what is planned stays planned, nothing new is begun.
      const key = JSON.stringify([next.points.map((p) => p.id), next.windows, next.width_px])
      const moved = key !== last_key
      last_key = key
      if (!moved && cancel) return
      if (missing("seen").length > 0 || missing("beside").length > 0) plan(settle_ms)
    },
    /** What there is to draw of a point in a window, the best first, holes filled with other zooms. */
    pieces(point: LoadPoint, shown: Window, width_px: number): Piece[] {
      const window = around(point, shown)
      const tiles = kept.get(point.id)
      if (!tiles) return []
      const source = sourceFor(point, window, width_px)
      const { seen } = tilesFor(source, window, Number.POSITIVE_INFINITY)
      const asked_ms = seen[0]?.span_ms ?? 1
      const held: Held[] = []
      for (const k of tiles.values()) {
        const place = tileWindow(k)
        if (place.from >= window.to || place.to <= window.from) continue
        const same = k.source === source && k.span_ms === asked_ms
        if (same) k.used = ++uses
        const other = k.source === source ? 0.1 : 0.6
        held.push({
          window: place,
          strip: k.strip,
          distance: same ? 0 : other + Math.abs(Math.log2(k.span_ms / asked_ms)),
        })
      }
      return cover(held, window)
    },
    /** A reading heard live is put at the end of the strips that reach up to now. */
    append(point: number, time: number, value: number, quality: number): void {
      for (const [key, k] of kept.get(point) ?? []) {
        if (k.source !== "raw" || time < k.index * k.span_ms || time >= (k.index + 1) * k.span_ms) continue
        const { strip } = k
        if (strip.time.length > 0 && strip.time.at(-1)! >= time) continue
        kept.get(point)!.set(key, { ...k, strip: appended(strip, time, value, quality) })
        held_values++
      }
    },
    /** Whether all that is seen of a point comes from the asked zoom. */
    exact: (pieces: readonly Piece[], window: Window): boolean =>
      isExact(pieces, window, asked?.now ?? Number.POSITIVE_INFINITY),
    busy: (): boolean => flights.size > 0,
    error: (): unknown => error,
    /** Tries at once what failed. */
    retry(): void {
      error = null
      failed.clear()
      plan(0)
    },
    close(): void {
      cancel?.()
      cancel_retry?.()
      for (const flight of flights.values()) flight.abort.abort()
      flights.clear()
    },
  }
}
export type Loader = ReturnType<typeof createLoader>

function appended(strip: Strip, time: number, value: number, flags: number): Strip {
  const n = after(strip.time, time)
  const longer = (column: Float64Array, last: number) => {
    const out = new Float64Array(n + 1)
    out.set(column)
    out[n] = last
    return out
  }
  const mid = longer(strip.mid, value)
  const quality = new Uint8Array(n + 1)
  quality.set(strip.quality)
  quality[n] = flags
  return { ...strip, time: longer(strip.time, time), low: mid, mid, high: mid, quality }
}
