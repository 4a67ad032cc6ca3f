/** The demo city as its users meet it: how long it takes to come, what it weighs, how fast maps and lists answer. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { type Instance, pause, percentiles, startInstance } from "./instance.ts"

const idle_ms = 60_000
const zooms = [12, 14, 16]

/** The first start invents the city, the later one finds it; then memory after a minute, tiles and answers. About 110 s. */
export async function run(folder: string): Promise<object[]> {
  const first = await startInstance(folder, "demo")
  await first.stop()
  const instance = await startInstance(folder, "demo")
  try {
    await pause(idle_ms)
    const start = {
      bench: "start",
      first_ms: first.answered_ms,
      later_ms: instance.answered_ms,
      ...memory(instance.pid),
      after_s: idle_ms / 1000,
    }
    return [start, ...(await tiles(instance)), ...(await answers(instance))]
  } finally {
    await instance.stop()
  }
}

/** Proportional set size over the process and all it started, the database included, MB; null where /proc does not tell. */
function memory(pid: number): { pss_mb: number | null; processes: number } {
  if (!existsSync("/proc/self/smaps_rollup")) return { pss_mb: null, processes: 0 }
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc").filter((n) => /^\d+$/.test(n))) {
    const stat = read(`/proc/${name}/stat`)
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]))
  }
  const own = new Set([pid])
  for (let before = 0; before !== own.size; ) {
    before = own.size
    for (const [child, parent] of parents) if (own.has(parent)) own.add(child)
  }
  const kb = [...own].map((p) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${p}/smaps_rollup`))?.[1] ?? 0))
  return { pss_mb: Math.round(kb.reduce((a, b) => a + b, 0) / 1024), processes: own.size }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return "" // The process ended meanwhile.
  }
}

async function timed(instance: Instance, path: string): Promise<{ ms: number; bytes: number }> {
  const began = performance.now()
  const answer = await fetch(`${instance.url}${path}`, { headers: instance.headers })
  const bytes = (await answer.arrayBuffer()).byteLength
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return { ms: performance.now() - began, bytes }
}
const round = (ms: number) => Number(ms.toFixed(2))

/** The tile at the city's middle, in Web Mercator. */
function tileAt([lon, lat]: [number, number], z: number): string {
  const n = 2 ** z
  const phi = (lat * Math.PI) / 180
  return `${z}/${Math.floor(((lon + 180) / 360) * n)}/${Math.floor(((1 - Math.asinh(Math.tan(phi)) / Math.PI) / 2) * n)}`
}

async function tiles(instance: Instance): Promise<object[]> {
  const { center } = await instance.api.get<{ center: [number, number] }>("/api/city")
  const lines: object[] = []
  for (const layer of ["census", "base"]) {
    for (const z of zooms) {
      const path = `/api/map/${layer}/${tileAt(center, z)}.mvt`
      const first = await timed(instance, path)
      const again: number[] = []
      for (let i = 0; i < 20; i++) again.push((await timed(instance, path)).ms)
      lines.push({
        bench: `map-${layer}-z${z}`,
        first_ms: round(first.ms),
        cached_ms: percentiles(again).p50,
        bytes: first.bytes,
      })
    }
  }
  return lines
}

async function answers(instance: Instance): Promise<object[]> {
  type Rows = { items: { id: number; device_code: string; latest: { time: number } | null }[] }
  const alarms = await instance.api.get<Rows>("/api/warning/alarms?state=all&limit=50")
  const points = (await instance.api.get<Rows>("/api/monitoring/points?limit=200")).items.filter((p) => p.latest)
  if (alarms.items.length === 0 || points.length === 0)
    throw new Error("The demo city has no alarm or no reading; nothing can be measured.")
  const now = Math.max(...points.map((p) => p.latest!.time))
  const day_ms = 86_400_000
  const routes: [string, (i: number) => string][] = [
    ["alarms-list", () => "/api/warning/alarms?state=all&limit=50"],
    ["alarm-view", (i) => `/api/warning/alarms/${alarms.items[i % alarms.items.length]!.id}`],
    [
      "curves-day",
      (i) => `/api/monitoring/curves?points=${points[i % points.length]!.id}&from=${now - day_ms}&to=${now}`,
    ],
  ]
  const lines: object[] = []
  for (const [name, path] of routes) {
    const ms: number[] = []
    let bytes = 0
    for (let i = 0; i < 200; i++) {
      const answer = await timed(instance, path(i))
      ms.push(answer.ms)
      bytes = Math.max(bytes, answer.bytes)
    }
    const { p50, p99 } = percentiles(ms)
    lines.push({ bench: `api-${name}`, p50_ms: p50, p99_ms: p99, bytes })
  }
  return lines
}
