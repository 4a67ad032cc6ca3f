/** ISO 8601 in a zone, as exports write it: 2026-11-24T08:00:00.000+08:00. Offsets are looked up once a quarter hour. */
export function zonedTimes(zone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" })
  let quarter = Number.NaN
  let offset_ms = 0
  let suffix = "Z"
  return (ms) => {
    const own = Math.floor(ms / 900_000)
    if (own !== quarter) {
      quarter = own
      const name = format.formatToParts(own * 900_000).find((p) => p.type === "timeZoneName")?.value ?? "GMT"
      const found = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name)
      const minutes = found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0
      offset_ms = minutes * 60_000
      suffix = found ? `${found[1]}${found[2]}:${found[3]}` : "+00:00"
    }
    return new Date(ms + offset_ms).toISOString().slice(0, 23) + suffix
  }
}
