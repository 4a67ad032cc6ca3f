import { store, useStore } from "./external.ts"

/** Texts of times in the city's zone; the zone comes with GET /api/city. */
let zone = "Asia/Shanghai"
const formatters = new Map<string, Intl.DateTimeFormat>()

export function setTimeZone(name: string): void {
  zone = name
  formatters.clear()
}

function parts(time_ms: number): Record<string, string> {
  let formatter = formatters.get(zone)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      weekday: "short",
    })
    formatters.set(zone, formatter)
  }
  const out: Record<string, string> = {}
  for (const part of formatter.formatToParts(time_ms)) out[part.type] = part.value
  return out
}

/** 03:07:26 in the city's zone. */
export const clockText = (time_ms: number): string => {
  const p = parts(time_ms)
  return `${p.hour}:${p.minute}:${p.second}`
}
/** 03:07 in the city's zone. */
export const minuteText = (time_ms: number): string => clockText(time_ms).slice(0, 5)
/** 2026-11-18 in the city's zone. */
export const dateText = (time_ms: number): string => {
  const p = parts(time_ms)
  return `${p.year}-${p.month}-${p.day}`
}
/** 2026-11-18 03:07:26 in the city's zone: what a relative time shows on hover. */
export const exactText = (time_ms: number): string => `${dateText(time_ms)} ${clockText(time_ms)}`

const days_zh: Record<string, string> = {
  Mon: "周一",
  Tue: "周二",
  Wed: "周三",
  Thu: "周四",
  Fri: "周五",
  Sat: "周六",
  Sun: "周日",
}
/** 11-18 周三, or Wed 18 Nov. */
export function dayText(time_ms: number, language: string): string {
  const p = parts(time_ms)
  if (language === "zh") return `${p.month}-${p.day} ${days_zh[p.weekday!]}`
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
    Number(p.month) - 1
  ]
  return `${p.weekday} ${Number(p.day)} ${month}`
}
/** Time of day, with the date in front where it is not the day of `now`. */
export const shortText = (time_ms: number, now_ms: number): string =>
  dateText(time_ms) === dateText(now_ms) ? clockText(time_ms) : `${dateText(time_ms).slice(5)} ${minuteText(time_ms)}`

/** A running clock: 05:54, 1:42:10, 2 d 04 h; overdue ones begin with a minus sign. */
export function durationText(ms: number): string {
  const sign = ms < 0 ? "−" : ""
  const s = Math.floor(Math.abs(ms) / 1000)
  const pad = (n: number) => String(n).padStart(2, "0")
  if (s >= 86_400) return `${sign}${Math.floor(s / 86_400)} d ${pad(Math.floor((s % 86_400) / 3600))} h`
  if (s >= 3600) return `${sign}${Math.floor(s / 3600)}:${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`
  return `${sign}${pad(Math.floor(s / 60))}:${pad(s % 60)}`
}

/** Minutes since midnight in the city's zone, to find round ticks. */
export const minuteOfDay = (time_ms: number): number => {
  const p = parts(time_ms)
  return Number(p.hour) * 60 + Number(p.minute)
}

/** The city clock as last heard; between two messages it runs on by itself at its speed. */
export type CityClock = { city_time: number; heard_at: number; speed: number; paused: boolean; mode: string }
export const clockStore = store<CityClock>({
  city_time: Date.now(),
  heard_at: Date.now(),
  speed: 1,
  paused: false,
  mode: "real",
})
const nowStore = store(Date.now())

const running = (): number => {
  const c = clockStore.get()
  // A demo clock may run at 60×: run on for at most three seconds without hearing, so that it never leaps back far.
  return c.paused ? c.city_time : c.city_time + Math.min(3000, Date.now() - c.heard_at) * c.speed
}
export function hearClock(clock: Omit<CityClock, "heard_at">): void {
  clockStore.set({ ...clock, heard_at: Date.now() })
  nowStore.set(Math.floor(running() / 1000) * 1000)
}
setInterval(() => nowStore.set(Math.floor(running() / 1000) * 1000), 500)

/** City time now, whole seconds, renewed twice a second. */
export const useCityNow = (): number => useStore(nowStore)
export const cityNow = (): number => nowStore.get()
