/** Pure parts of the page of running numbers. */
import type { Operate } from "./types.ts"

/** How full something is: calm under 60 %, watch from 60 %, tight from 85 %. */
export type Fullness = "calm" | "watch" | "tight"
export const fullness = (value: number, limit: number): Fullness => {
  if (!(limit > 0)) return "calm"
  const share = value / limit
  return share >= 0.85 ? "tight" : share >= 0.6 ? "watch" : "calm"
}
export const shareOf = (value: number, limit: number): number =>
  limit > 0 ? Math.max(0, Math.min(1, value / limit)) : 0

export type Sample = { at: number; numbers: Record<string, number> }

/** Change per second of each number between two answers; a counter that fell was begun anew and counts from zero. */
export function ratesBetween(before: Sample, now: Sample): Record<string, number> {
  const seconds = (now.at - before.at) / 1000
  if (seconds <= 0) return {}
  return Object.fromEntries(
    Object.entries(now.numbers).map(([name, value]) => {
      const was = before.numbers[name] ?? value
      const change = value < was ? value : value - was
      return [name, change / seconds]
    }),
  )
}

/** The counters of the doors as numbers of their own, so that their rates are known: "mqtt.messages". */
export const doorNumbers = (doors: Operate["doors"]): Record<string, number> =>
  Object.fromEntries(
    (doors ?? []).flatMap((door) =>
      Object.entries(door).flatMap(([name, value]) =>
        typeof value === "number" ? [[`${door.name}.${name}`, value] as [string, number]] : [],
      ),
    ),
  )

/** Bytes on disk for one thing kept; null while nothing is sealed. */
export const bytesEach = (bytes: number, count: number): number | null => (count > 0 ? bytes / count : null)

/** 3.8 ms, 112 ms, 43.1 s. */
export const msText = (ms: number | null | undefined): string =>
  ms === null || ms === undefined
    ? "—"
    : ms >= 10_000
      ? `${(ms / 1000).toFixed(1)} s`
      : `${ms.toFixed(ms < 100 ? 1 : 0)} ms`

/** Counters whose rate says something; totals of what there is are no counters. */
export const isCounter = (name: string): boolean =>
  name.endsWith("_total") && name !== "mingmai_rows_total" && name !== "mingmai_devices_total"

/** Numbers in groups by what they are about, in the order of the road of a reading. */
const groups: [id: string, match: RegExp][] = [
  ["doors", /messages|mqtt|http_|connections|refused|limited|viewers/],
  ["readings", /readings|samples|blocks|duplicate|conflict|late/],
  ["commit", /commit|pending|queue|outstanding|lag/],
  ["store", /rows|series|store|segments/],
  ["machine", /./],
]
export function grouped(names: readonly string[]): { id: string; names: string[] }[] {
  const out = groups.map(([id]) => ({ id, names: [] as string[] }))
  for (const name of names) out[groups.findIndex(([, match]) => match.test(name))]!.names.push(name)
  return out.filter((g) => g.names.length > 0)
}

/** Path of a sparkline in a box; missing values break it. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((v): v is number => v !== null)
  if (values.length < 2 || known.length === 0) return ""
  const high = Math.max(1e-9, ...known)
  let pen = false
  return values
    .map((v, i) => {
      if (v === null) {
        pen = false
        return ""
      }
      const step = `${pen ? "L" : "M"}${((i / (values.length - 1)) * width).toFixed(1)} ${(height - 1 - (v / high) * (height - 2)).toFixed(1)}`
      pen = true
      return step
    })
    .join("")
}
