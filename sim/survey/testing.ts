/** For tests: reads CSV deliveries back and measures what a sound one promises, without anything of the generator. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export type Row = Record<string, string>
export type Sheet = { name: string; header: string[]; rows: Row[] }

/** Every XXPOINT.csv and XXLINE.csv of a folder, UTF-8, header in the first line. */
export function readSheets(folder: string): Map<string, Sheet> {
  const sheets = new Map<string, Sheet>()
  for (const file of readdirSync(folder).filter((name) => /(POINT|LINE)\.csv$/.test(name))) {
    const [head, ...lines] = readFileSync(join(folder, file), "utf8")
      .replace(/^\ufeff/, "")
      .trimEnd()
      .split("\r\n")
    const header = head!.split(",")
    const rows = lines.map((line) => Object.fromEntries(line.split(",").map((cell, n) => [header[n]!, cell])))
    sheets.set(file.slice(0, -4), { name: file.slice(0, -4), header, rows })
  }
  return sheets
}

export type Place = { north: number; east: number; ground: number; lines: Pipe[]; row: Row; class_code: string }
export type Pipe = {
  class_code: string
  a: Place
  b: Place
  /** Heights of the pipe's lowest and highest inside at both ends. */
  low: [number, number]
  high: [number, number]
  width: number
  key: string
  row: Row
}

/** Joins the tables of style 0: places by number, pipes with their bodies. Throws where a line names no point. */
export function join3d(sheets: Map<string, Sheet>): { places: Place[]; pipes: Pipe[] } {
  const [places, pipes]: [Place[], Pipe[]] = [[], []]
  for (const { name, rows } of sheets.values()) {
    if (!name.endsWith("POINT")) continue
    const class_code = name.slice(0, -5)
    const by_number = new Map<string, Place>()
    for (const row of rows) {
      const [north, east, ground] = [Number(row.X), Number(row.Y), Number(row.High)]
      const place: Place = { north, east, ground, lines: [], row, class_code }
      if (by_number.has(row.Exp_No!)) throw new Error(`${row.Exp_No} comes twice`)
      by_number.set(row.Exp_No!, place)
      places.push(place)
    }
    for (const row of sheets.get(`${class_code}LINE`)!.rows) {
      const key = `${row.S_Point}-${row.E_Point}`
      const [a, b] = [by_number.get(row.S_Point!), by_number.get(row.E_Point!)]
      if (!a || !b) throw new Error(`${key} has no such point`)
      const [width, height] = (row.D_S!.includes("×") ? row.D_S!.split("×") : [row.D_S, row.D_S]).map(
        (v) => Number(v) / 1000,
      ) as [number, number]
      const said: [number, number] = [Number(row.S_High), Number(row.E_High)]
      const gravity = class_code === "YS" || class_code === "WS"
      const low = said.map((v) => (gravity ? v : v - height)) as [number, number]
      const high = said.map((v) => (gravity ? v + height : v)) as [number, number]
      const pipe = { class_code, a, b, low, high, width, key, row }
      pipes.push(pipe)
      a.lines.push(pipe)
      b.lines.push(pipe)
    }
  }
  return { places, pipes }
}

/** Number of connected groups of one class. */
export function groups(places: Place[], class_code: string): number {
  const seen = new Set<Place>()
  let count = 0
  for (const start of places) {
    if (start.class_code !== class_code || seen.has(start)) continue
    count++
    const open = [start]
    seen.add(start)
    for (let place = open.pop(); place; place = open.pop())
      for (const { a, b } of place.lines)
        for (const next of [a, b]) {
          if (seen.has(next)) continue
          seen.add(next)
          open.push(next)
        }
  }
  return count
}

/** Smallest angle between two lines at a place, degrees; 180 where fewer than two meet. */
export function sharpest({ north, east, lines }: Place): number {
  const bearings = lines.map(({ a, b }) => {
    const far = a.north === north && a.east === east ? b : a
    return Math.atan2(far.east - east, far.north - north)
  })
  let least = Math.PI
  bearings.forEach((u, n) => {
    for (const v of bearings.slice(n + 1)) {
      const d = Math.abs(u - v) % (2 * Math.PI)
      least = Math.min(least, d > Math.PI ? 2 * Math.PI - d : d)
    }
  })
  return (least * 180) / Math.PI
}

export type Approach = { p: Pipe; q: Pipe; horizontal: number; vertical: number; crosses: boolean }
/**
 * Every pair of pipes of different classes that come nearer than `reach` in plan: clear distances between their sides
 * and, at the nearest place, between their bodies' heights (below 0: they overlap).
 */
export function approaches(pipes: Pipe[], reach: number): Approach[] {
  const cell = 40
  const cells = new Map<string, Pipe[]>()
  const span = (p: Pipe, grow: number) =>
    (["north", "east"] as const).map((axis) => [
      Math.floor((Math.min(p.a[axis], p.b[axis]) - grow) / cell),
      Math.floor((Math.max(p.a[axis], p.b[axis]) + grow) / cell),
    ]) as [[number, number], [number, number]]
  const found: Approach[] = []
  for (const p of pipes) {
    const [[n0, n1], [e0, e1]] = span(p, reach + 1)
    const near = new Set<Pipe>()
    for (let n = n0; n <= n1; n++)
      for (let e = e0; e <= e1; e++) for (const q of cells.get(`${n},${e}`) ?? []) near.add(q)
    for (const q of near) {
      if (q.class_code === p.class_code) continue
      const { distance, u, v } = nearest(p, q)
      const horizontal = distance - p.width / 2 - q.width / 2
      if (horizontal >= reach) continue
      const at = ([x, y]: [number, number], share: number) => x + (y - x) * share
      const vertical = Math.max(at(p.low, u) - at(q.high, v), at(q.low, v) - at(p.high, u))
      found.push({ p, q, horizontal, vertical, crosses: distance === 0 })
    }
    const [[m0, m1], [f0, f1]] = span(p, 0)
    for (let n = m0; n <= m1; n++)
      for (let e = f0; e <= f1; e++) {
        const list = cells.get(`${n},${e}`)
        if (list) list.push(p)
        else cells.set(`${n},${e}`, [p])
      }
  }
  return found
}

/** Nearest places of two pipes' middle lines in plan, as shares of their lengths. */
function nearest(p: Pipe, q: Pipe): { distance: number; u: number; v: number } {
  const d1 = [p.b.north - p.a.north, p.b.east - p.a.east] as const
  const d2 = [q.b.north - q.a.north, q.b.east - q.a.east] as const
  const r = [q.a.north - p.a.north, q.a.east - p.a.east] as const
  const cross = d1[0] * d2[1] - d1[1] * d2[0]
  if (cross !== 0) {
    const u = (r[0] * d2[1] - r[1] * d2[0]) / cross
    const v = (r[0] * d1[1] - r[1] * d1[0]) / cross
    if (u >= 0 && u <= 1 && v >= 0 && v <= 1) return { distance: 0, u, v }
  }
  const foot = (x: Place, of: Pipe) => {
    const d = [of.b.north - of.a.north, of.b.east - of.a.east] as const
    const share = ((x.north - of.a.north) * d[0] + (x.east - of.a.east) * d[1]) / (d[0] ** 2 + d[1] ** 2)
    const t = Math.max(0, Math.min(1, share))
    return { t, distance: Math.hypot(x.north - of.a.north - t * d[0], x.east - of.a.east - t * d[1]) }
  }
  const ends = [
    { ...foot(p.a, q), u: 0 },
    { ...foot(p.b, q), u: 1 },
  ].map(({ t, distance, u }) => ({ distance, u, v: t }))
  const others = [
    { ...foot(q.a, p), v: 0 },
    { ...foot(q.b, p), v: 1 },
  ].map(({ t, distance, v }) => ({ distance, u: t, v }))
  return [...ends, ...others].reduce((least, one) => (one.distance < least.distance ? one : least))
}
