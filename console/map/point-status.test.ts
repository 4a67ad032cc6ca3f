import { expect, test } from "vitest"
import {
  clusterOf,
  createPointStatus,
  type PointStatus,
  type StatusEvent,
  shown_max,
  streamUrl,
} from "./point-status.ts"

const view = { west: 118.6, south: 33.2, east: 118.7, north: 33.3, zoom: 15 }
const event = (points: number[], severity = 0): StatusEvent => ({
  points,
  severity: points.map(() => severity),
  state: points.map(() => "online"),
  value: points.map(() => 1.5),
  time: points.map(() => 7),
})

function made() {
  let timers: { at: number; run(): void }[] = []
  let time = 0
  const opened: string[] = []
  const closed: string[] = []
  const shown: ReadonlyMap<number, PointStatus>[] = []
  let hear: (e: StatusEvent) => void = () => undefined
  const client = createPointStatus({
    open(url, heard) {
      opened.push(url)
      hear = heard
      return () => closed.push(url)
    },
    show: (changes) => shown.push(changes),
    later(ms, run) {
      const timer = { at: time + ms, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((t) => t !== timer)
      }
    },
  })
  return {
    client,
    opened,
    closed,
    shown,
    hear: (e: StatusEvent) => hear(e),
    pass(ms: number) {
      for (const end = time + ms; time < end; ) {
        time += 50
        const due = timers.filter((t) => t.at <= time)
        timers = timers.filter((t) => t.at > time)
        for (const t of due) t.run()
      }
    },
  }
}

test("the stream is opened for where the map came to rest, and closed when it moves on", () => {
  const { client, opened, closed, pass } = made()
  client.look(view)
  client.look({ ...view, west: 118.61 })
  pass(400)
  expect(opened).toEqual([streamUrl({ ...view, west: 118.61 })])
  client.look({ ...view, west: 118.61 })
  pass(400)
  expect(opened).toHaveLength(1)
  client.look(view)
  pass(400)
  expect(closed).toEqual([opened[0]])
  expect(opened[1]).toBe("/api/live?view=118.60000,33.20000,118.70000,33.30000,15.0")
  client.close()
  expect(closed).toHaveLength(2)
})

test("a thousand changes a second cost a few drawings; the last state of each point counts", () => {
  const { client, shown, hear, pass } = made()
  client.look(view)
  pass(400)
  for (let i = 0; i < 20; i++) {
    hear(
      event(
        Array.from({ length: 50 }, (_, k) => k + 1),
        i % 2 === 0 ? 1 : 2,
      ),
    )
    pass(50)
  }
  expect(shown.length).toBeLessThanOrEqual(5)
  expect(shown.at(-1)!.get(50)!.severity).toBe(2)
  expect(client.status(50)).toEqual({ severity: 2, state: "online", value: 1.5, time: 7 })
  expect(client.heard()).toBe(1000)
})

test("what does not change the drawing is not drawn, but known", () => {
  const { client, shown, hear, pass } = made()
  client.look(view)
  pass(400)
  hear(event([1, 2]))
  pass(300)
  hear({ ...event([1]), value: [9] })
  pass(300)
  expect(shown).toHaveLength(1)
  expect(client.status(1)!.value).toBe(9)
})

test("a flood is put on the map in parts", () => {
  const { client, shown, hear, pass } = made()
  client.look(view)
  pass(400)
  hear(event(Array.from({ length: shown_max + 10 }, (_, k) => k + 1)))
  pass(250)
  expect(shown.map((s) => s.size)).toEqual([shown_max])
  pass(300)
  expect(shown.map((s) => s.size)).toEqual([shown_max, 10])
})

test("a cluster says what is inside, also where its breakdown cannot be read", () => {
  expect(clusterOf({ count: 12, worst: 2, silent: 1, lifelines: '{"gas":3,"water":9}' })).toEqual({
    count: 12,
    worst: 2,
    silent: 1,
    lifelines: [
      { id: "water", count: 9 },
      { id: "gas", count: 3 },
    ],
  })
  expect(clusterOf({ count: 5, lifelines: "{" })).toEqual({ count: 5, worst: 0, silent: 0, lifelines: [] })
})
