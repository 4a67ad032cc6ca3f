const day_ms = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

function fields(time: number, zone: string): { date: string; clock: string; utc: number } {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    })
    formats.set(zone, format)
  }
  const p = Object.fromEntries(format.formatToParts(time).map((part) => [part.type, part.value])) as Record<
    string,
    string
  >
  const n = (name: string) => Number(p[name])
  return {
    date: `${p.year}-${p.month}-${p.day}`,
    clock: `${p.hour}:${p.minute}:${p.second}`,
    utc: Date.UTC(n("year"), n("month") - 1, n("day"), n("hour"), n("minute"), n("second")),
  }
}

/** The date YYYY-MM-DD of an instant (UTC ms) in a zone. */
export const dateOf = (time: number, zone: string): string => fields(time, zone).date

/** The wall clock HH:MM of an instant in a zone. */
export const clockOf = (time: number, zone: string): string => fields(time, zone).clock.slice(0, 5)

/** True for a day that exists, written YYYY-MM-DD. */
export function isDate(text: string): boolean {
  const at = midnightUtc(text)
  return Number.isFinite(at) && dateOf(at, "UTC") === text
}

/** The day `days` after a date. */
export const dateAfter = (date: string, days: number): string => dateOf(midnightUtc(date) + days * day_ms, "UTC")

/** A day of a zone as [from, to) in UTC ms; 23 or 25 hours long where the clocks change. */
export const dayBounds = (date: string, zone: string): { from: number; to: number } => ({
  from: midnight(date, zone),
  to: midnight(dateAfter(date, 1), zone),
})

const midnightUtc = (date: string): number =>
  /^\d{4}-\d{2}-\d{2}$/.test(date)
    ? Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10)))
    : Number.NaN

function midnight(date: string, zone: string): number {
  const wanted = midnightUtc(date)
  let at = wanted
  // Twice, because the offset of the first guess may be that of the other side of a clock change.
  for (let i = 0; i < 2; i++) at = wanted - offsetOf(at, zone)
  return at
}

/** How far a zone's clock is ahead of UTC at an instant, ms. */
export const offsetOf = (time: number, zone: string): number => fields(time, zone).utc - Math.floor(time / 1000) * 1000
