import { client, type LatestView } from "./api.ts"
import { store } from "./external.ts"
import { hearClock } from "./time.ts"

/** Kinds of change, and the queries that show them. */
const shows: Record<string, string[]> = {
  alarm: ["alarm", "now", "timeline", "analysis"],
  warning: ["warning", "alarm", "now", "timeline"],
  order: ["order", "alarm", "warning", "now", "timeline"],
  device: ["device", "point", "now"],
  asset: ["asset", "census", "risk"],
  report: ["report", "day"],
  trouble: ["now", "analysis"],
  quarantine: ["quarantine"],
}

/** True while the live stream is connected. */
export const liveStore = store(true)
/** Newest readings of the points the open screen asked for, by point. */
export const readingStore = store<ReadonlyMap<number, LatestView>>(new Map())
/** Last alarm change heard, for the sound. */
export const changeStore = store<{ kind: string; id: number; at: number } | null>(null)

const waiting = new Set<string>()
let timer: ReturnType<typeof setTimeout> | null = null
/** Changes come in bursts: what is stale is refetched at most three times a second. */
function refetchSoon(kind: string): void {
  for (const shown of shows[kind] ?? [kind]) waiting.add(shown)
  if (timer !== null) return
  timer = setTimeout(() => {
    timer = null
    const kinds = [...waiting]
    waiting.clear()
    for (const shown of kinds) void client.invalidateQueries({ queryKey: [shown] })
  }, 330)
}

let source: EventSource | null = null
let asked = ""

/** Opens the stream; called again with other points it is opened anew. */
export function connectLive(points: readonly number[]): void {
  const url = points.length ? `/api/live?points=${[...points].sort((a, b) => a - b).join(",")}` : "/api/live"
  if (source && url === asked && source.readyState !== EventSource.CLOSED) return
  source?.close()
  asked = url
  source = new EventSource(url)
  source.addEventListener("open", () => {
    if (!liveStore.get()) void client.invalidateQueries()
    liveStore.set(true)
  })
  source.addEventListener("error", () => liveStore.set(false))
  source.addEventListener("clock", (event) => hearClock(JSON.parse(event.data)))
  source.addEventListener("change", (event) => {
    const change = JSON.parse(event.data) as { kind: string; id: number }
    refetchSoon(change.kind)
    changeStore.set({ ...change, at: Date.now() })
  })
  source.addEventListener("latest", (event) => {
    const { readings } = JSON.parse(event.data) as { readings: LatestView[] }
    const next = new Map(readingStore.get())
    for (const reading of readings) next.set(reading.point, reading)
    readingStore.set(next)
  })
}

export function disconnectLive(): void {
  source?.close()
  source = null
}
