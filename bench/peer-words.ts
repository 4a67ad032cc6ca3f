/** Says of two rows of figures who is better at what: from the numbers alone. */

export type Figures = Record<string, number | null | undefined>

/** What is compared: how it is called, its unit, and whether less is better. */
const compared: { key: string; name: string; unit: string; less: boolean }[] = [
  { key: "values_per_s_flat_out", name: "values taken as fast as it goes", unit: "/s", less: false },
  {
    key: "cores",
    name: "processor at the same load with alarms and questions, ours over MQTT",
    unit: " cores",
    less: true,
  },
  { key: "cores_same_lines", name: "processor for the same Influx lines alone", unit: " cores", less: true },
  { key: "pss_mb", name: "memory", unit: " MB", less: true },
  { key: "bytes_per_value", name: "disk a value", unit: " bytes", less: true },
  { key: "ack_p99_ms", name: "99th percentile of the acknowledgement", unit: " ms", less: true },
  { key: "latest_all_ms", name: "latest of all points", unit: " ms", less: true },
  { key: "day_of_a_point_ms", name: "a day of a point", unit: " ms", less: true },
  { key: "year_of_a_point_ms", name: "a year of a point by days", unit: " ms", less: true },
  { key: "alarm_p50_ms", name: "from crossing a limit to the alarm", unit: " ms", less: true },
  { key: "missing_pct", name: "acknowledged values missing after SIGKILL", unit: " %", less: true },
  { key: "start_after_kill_ms", name: "start after SIGKILL", unit: " ms", less: true },
]
/** Closer than this is a draw: another run may turn it. */
const draw = 0.1

/** One sentence on each side, and one on what is a draw; what was not measured on both sides is left out. */
export function verdict(ours: Figures, theirs: Figures): { wins: string; says: string }[] {
  const [we, they, even] = [[] as string[], [] as string[], [] as string[]]
  for (const { key, name, unit, less } of compared) {
    const [a, b] = [ours[key], theirs[key]]
    if (a === null || a === undefined || b === null || b === undefined) continue
    const near = Math.abs(a - b) <= draw * Math.max(Math.abs(a), Math.abs(b))
    const words = (x: number, y: number) => `${name} (${said(x)} against ${said(y)}${unit})`
    if (near) even.push(words(a, b))
    else if (a < b === less) we.push(words(a, b))
    else they.push(words(b, a))
  }
  const sentence = (who: string, what: string[]) =>
    what.length === 0 ? `${who} at nothing that was measured.` : `${who} at ${what.join("; ")}.`
  return [
    { wins: "mingmai", says: sentence("Mingmai is better", we) },
    { wins: "victoria-metrics", says: sentence("VictoriaMetrics is better", they) },
    { wins: "neither", says: sentence("They are within 10 %", even) },
  ]
}

const said = (v: number): string =>
  Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en-US") : String(Number(v.toPrecision(3)))
