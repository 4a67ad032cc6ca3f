import { expect, test } from "vitest"
import { createLoader, type LoadPoint, type Request } from "./loader.ts"
import { type Strip, stripOfRuns } from "./strip.ts"

type Waiting = { request: Request; signal: AbortSignal; answer(): void; fail(reason: unknown): void }
const point: LoadPoint = { id: 7, interval_ms: 60_000, waveform: false }
const hour = 3_600_000
const window = { from: 10 * hour, to: 12 * hour }

/** A loader whose clock and server are in the test's hands. */
function made() {
  const waiting: Waiting[] = []
  let timers: { at: number; run(): void }[] = []
  let time = 0
  let changes = 0
  const loader = createLoader({
    fetch: (request, signal) =>
      new Promise((resolve, reject) => {
        waiting.push({
          request,
          signal,
          answer: () =>
            resolve(
              new Map(
                request.points.map((p): [number, Strip] => [p.id, valuesOf(request.window.from, request.window.to)]),
              ),
            ),
          fail: reject,
        })
      }),
    later(ms, run) {
      const timer = { at: time + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((t) => t !== timer)
      }
    },
    wall: () => time,
    changed: () => {
      changes++
    },
  })
  return {
    loader,
    waiting,
    changes: () => changes,
    /** Lets so much time pass, and what was answered be taken in. */
    async pass(ms: number) {
      time += ms
      const due = timers.filter((t) => t.at <= time)
      timers = timers.filter((t) => t.at > time)
      for (const t of due) t.run()
      for (let i = 0; i < 6; i++) await Promise.resolve()
    },
    /** Answers everything that is asked, also what follows from the answers; returns how much was asked in all. */
    async answered() {
      for (let done = 0; done < waiting.length; ) {
        for (; done < waiting.length; done++) waiting[done]!.answer()
        for (let i = 0; i < 6; i++) await Promise.resolve()
      }
      return waiting.length
    },
  }
}
const valuesOf = (from: number, to: number) =>
  stripOfRuns([
    { start: from, rate_hz: 1 / 60, values: Array.from({ length: (to - from) / 60_000 }, (_, i) => i), quality: 0 },
  ])
const ask = { points: [point], windows: [window], width_px: 900, now: 20 * hour }

test("fetching begins after the last move only, and what was fetched is not fetched again", async () => {
  const { loader, waiting, pass, answered } = made()
  loader.ask({ ...ask, windows: [{ from: window.from - 1000, to: window.to - 1000 }] })
  await pass(30)
  loader.ask(ask)
  await pass(30)
  expect(waiting).toHaveLength(0)
  await pass(60)
  const first = await answered()
  expect(first).toBeGreaterThan(0)
  const pieces = loader.pieces(point, window, 900)
  expect(loader.exact(pieces, window)).toBe(true)
  loader.ask(ask)
  await pass(70)
  expect(waiting).toHaveLength(first)
})

test("what lies beside the window is fetched once it is quiet", async () => {
  const { loader, waiting, pass, answered } = made()
  loader.ask(ask)
  await pass(70)
  const seen = await answered()
  await pass(400)
  expect(waiting.length).toBeGreaterThan(seen)
  for (const w of waiting.slice(seen))
    expect(w.request.window.to <= window.from || w.request.window.from >= window.to).toBe(true)
})

test("requests that the move made useless are aborted; the old is drawn meanwhile", async () => {
  const { loader, waiting, pass } = made()
  loader.ask(ask)
  await pass(70)
  for (const w of waiting) w.answer()
  await pass(1)
  const near = { from: 10.5 * hour, to: 10.5 * hour + 60_000 * 8 }
  loader.ask({ ...ask, windows: [near] })
  await pass(70)
  const late = waiting.at(-1)!
  expect(late.signal.aborted).toBe(false)
  // Before the answer there is something to draw, from the coarser tiles.
  const old = loader.pieces(point, near, 900)
  expect(old.length).toBeGreaterThan(0)
  expect(loader.exact(old, near)).toBe(false)
  loader.ask({ ...ask, windows: [{ from: hour, to: 3 * hour }] })
  expect(late.signal.aborted).toBe(true)
})

test("a failed request is told and tried again", async () => {
  const { loader, waiting, pass, answered } = made()
  loader.ask(ask)
  await pass(70)
  const count = waiting.length
  for (const w of waiting) w.fail(new Error("unreachable"))
  await pass(1)
  expect(loader.error()).toBeInstanceOf(Error)
  await pass(3100)
  expect(waiting.length).toBeGreaterThan(count)
  await answered()
  expect(loader.error()).toBe(null)
})

test("several points share one request; a compared window asks for its own tiles", async () => {
  const { loader, waiting, pass } = made()
  const other = { ...point, id: 8 }
  const earlier = { from: window.from - 24 * hour, to: window.to - 24 * hour }
  loader.ask({ ...ask, points: [point, other], windows: [window, earlier], now: 20 * hour })
  await pass(70)
  for (let i = 0; i < 5; i++) {
    for (const w of waiting) w.answer()
    await pass(1)
  }
  expect(waiting.every((w) => w.request.points.length === 2)).toBe(true)
  expect(waiting.some((w) => w.request.window.from < 0)).toBe(true)
})

test("a live reading goes to the end of what reaches up to now", async () => {
  const { loader, waiting, pass } = made()
  loader.ask(ask)
  await pass(70)
  for (const w of waiting) w.answer()
  await pass(1)
  const before = loader.pieces(point, window, 900).at(-1)!.strip.time.length
  const end = loader.pieces(point, window, 900).at(-1)!.strip.time.at(-1)!
  loader.append(7, end + 30_000, 42, 16)
  const strip = loader.pieces(point, window, 900).at(-1)!.strip
  expect([strip.time.length, strip.mid.at(-1), strip.quality.at(-1)]).toEqual([before + 1, 42, 16])
})

test("where all is at hand, asking again and again begins nothing and changes nothing", async () => {
  const { loader, waiting, pass, answered, changes } = made()
  loader.ask(ask)
  await pass(70)
  await answered()
  await pass(400)
  await answered()
  const [asked, changed] = [waiting.length, changes()]
  for (let i = 0; i < 20; i++) {
    loader.ask(ask)
    await pass(70)
  }
  expect([waiting.length, changes()]).toEqual([asked, changed])
})
