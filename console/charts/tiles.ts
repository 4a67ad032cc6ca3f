import { type Source, step_ms } from "./source.ts"
import { spanOf, type Window } from "./window.ts"

/** One stretch of one source, aligned so that it can be kept and met again: [index × span, (index + 1) × span). */
export type Tile = { source: Source; span_ms: number; index: number }

const buckets_per_tile = 512
const raw_tile_ms_min = 60_000
const wave_tile_ms_min = 1000

/** Length of the tiles of a source at a zoom: powers of two, so that a window is two to four tiles long. */
export function tileSpan(source: Source, span_ms: number): number {
  if (source !== "raw" && source !== "wave") return step_ms[source] * buckets_per_tile
  const least = source === "wave" ? wave_tile_ms_min : raw_tile_ms_min
  return Math.max(least, least * 2 ** Math.floor(Math.log2(span_ms / 2 / least)))
}

export const tileWindow = (t: Tile): Window => ({ from: t.index * t.span_ms, to: (t.index + 1) * t.span_ms })
export const tileKey = (t: Tile): string => `${t.source}|${t.span_ms}|${t.index}`

/** Tiles that cover a window, and those beside it to have at hand when it is moved; none begins after now. */
export function tilesFor(source: Source, w: Window, now: number): { seen: Tile[]; beside: Tile[] } {
  const span_ms = tileSpan(source, spanOf(w))
  const first = Math.floor(w.from / span_ms)
  const last = Math.max(first, Math.ceil(w.to / span_ms) - 1)
  const seen: Tile[] = []
  for (let index = first; index <= last; index++) seen.push({ source, span_ms, index })
  const begun = (t: Tile) => t.index * t.span_ms <= now
  const beside = [last + 1, first - 1, first - 2].map((index) => ({ source, span_ms, index }))
  return { seen: seen.filter(begun), beside: beside.filter(begun) }
}

/** Values asked of the server for one tile: two a pixel and more, in few sizes so that a wider window finds them again. */
export function tileValues(span_ms: number, window_ms: number, width_px: number): number {
  const px = (width_px * span_ms) / window_ms
  return [800, 1600, 3200].find((n) => n >= 2 * px) ?? 4000
}
