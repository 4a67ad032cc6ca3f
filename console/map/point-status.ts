/**
 * The live status of what the map shows: a stream for the view, its changes gathered and put on the map in one go, so
 * that a thousand changes a second cost a few drawings a second. Nothing here knows the map or the network; both are
 * given by the caller.
 */
export type PointStatus = { severity: number; state: string; value: number | null; time: number }
/** SSE event `status`: columns, one entry a point. Severity 0 is no alarm, 1 the worst … 4; state online, silent, never_heard. */
export type StatusEvent = {
  points: number[]
  severity: number[]
  state: string[]
  value: (number | null)[]
  time: number[]
}
export type View = { west: number; south: number; east: number; north: number; zoom: number }

export type PointStatusOptions = {
  /** Opens the stream of a view; returns what closes it. */
  open(url: string, heard: (event: StatusEvent) => void, connected: (yes: boolean) => void): () => void
  /** Puts changes on the map. */
  show(changes: ReadonlyMap<number, PointStatus>): void
  later(ms: number, run: () => void): () => void
  connected?(yes: boolean): void
}

const view_ms = 300
const show_ms = 250
/** Points whose state is remembered; the oldest are forgotten, their tiles bring them again. */
export const remembered_max = 150_000
/** Most changes put on the map at once; the rest follows with the next drawing. */
export const shown_max = 5000

/** Address of the stream of a view: corners to five decimals (about a metre), zoom to one. */
export const streamUrl = (v: View): string =>
  `/api/live?view=${[v.west, v.south, v.east, v.north].map((n) => n.toFixed(5)).join()},${v.zoom.toFixed(1)}`

export function createPointStatus(options: PointStatusOptions) {
  const known = new Map<number, PointStatus>()
  let waiting = new Map<number, PointStatus>()
  let close: (() => void) | null = null
  let cancel_view: (() => void) | null = null
  let cancel_show: (() => void) | null = null
  let url = ""
  let heard_total = 0

  function heard(event: StatusEvent): void {
    event.points.forEach((point, i) => {
      const status: PointStatus = {
        severity: event.severity[i] ?? 0,
        state: event.state[i] ?? "online",
        value: event.value[i] ?? null,
        time: event.time[i] ?? 0,
      }
      const before = known.get(point)
      heard_total++
      known.delete(point)
      known.set(point, status)
      // Only what changes the drawing goes to the map; value and time are looked up when asked.
      if (!before || before.severity !== status.severity || before.state !== status.state) waiting.set(point, status)
    })
    for (const point of known.keys()) {
      if (known.size <= remembered_max) break
      known.delete(point)
    }
    if (waiting.size > 0) showSoon()
  }
  function showSoon(): void {
    cancel_show ??= options.later(show_ms, () => {
      cancel_show = null
      const all = waiting
      waiting = new Map()
      const now = new Map<number, PointStatus>()
      for (const [point, status] of all)
        if (now.size < shown_max) now.set(point, status)
        else waiting.set(point, status)
      options.show(now)
      if (waiting.size > 0) showSoon()
    })
  }

  return {
    /** The map shows another view: the stream is opened anew shortly after the last move. */
    look(view: View): void {
      const next = streamUrl(view)
      if (next === url) return
      cancel_view?.()
      cancel_view = options.later(view_ms, () => {
        cancel_view = null
        url = next
        close?.()
        close = options.open(url, heard, (yes) => options.connected?.(yes))
      })
    },
    status: (point: number): PointStatus | undefined => known.get(point),
    /** Tiles came or the style was made anew: everything remembered is put on the map once more. */
    again(): void {
      for (const [point, status] of known) if (!waiting.has(point)) waiting.set(point, status)
      if (waiting.size > 0) showSoon()
    },
    heard: (): number => heard_total,
    close(): void {
      cancel_view?.()
      cancel_show?.()
      cancel_view = cancel_show = null
      close?.()
      close = null
      url = ""
    },
  }
}
export type PointStatusClient = ReturnType<typeof createPointStatus>

/** What a cluster holds, from its tile: counts by lifeline as JSON, the worst level (0 none), how many are silent. */
export type Cluster = { count: number; worst: number; silent: number; lifelines: { id: string; count: number }[] }
export function clusterOf(properties: Record<string, unknown>): Cluster {
  const count = Number(properties.count) || 0
  let by: unknown = null
  try {
    by = JSON.parse(String(properties.lifelines ?? "{}"))
  } catch {
    // A tile of another version: the sums stay right without the breakdown.
  }
  return {
    count,
    worst: Number(properties.worst) || 0,
    silent: Number(properties.silent) || 0,
    lifelines:
      by && typeof by === "object"
        ? Object.entries(by as Record<string, unknown>)
            .map(([id, n]) => ({ id, count: Number(n) || 0 }))
            .sort((a, b) => b.count - a.count)
        : [],
  }
}
