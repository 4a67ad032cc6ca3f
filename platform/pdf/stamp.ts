/** An instant (UTC ms) as a document prints it: date and time of a zone, and the zone's name. */
export function stamp(time: number, zone: string): string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  })
  const p = Object.fromEntries(format.formatToParts(time).map((part) => [part.type, part.value]))
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute} (${zone})`
}

/** The year of an instant in a zone, for numbers of documents. */
export const yearOf = (time: number, zone: string): string => stamp(time, zone).slice(0, 4)
