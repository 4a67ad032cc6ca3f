/** A code's first part: kind and day in the city's zone, for example YJ-20261118. */
export function dayCode(prefix: string, at: { city: number; time_zone: string }): string {
  const day = new Intl.DateTimeFormat("en-CA", {
    timeZone: at.time_zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(at.city)
  return `${prefix}-${day.replaceAll("-", "")}`
}
