/** A street of junctions with a pressure sensor each, and readings that break the limit again and again. */
export const street_points = 12
const minute_ms = 60_000
const from_ms = Date.UTC(2026, 0, 5)

const name = (i: number) => `K${String(i).padStart(2, "0")}`
const rows = <T>(make: (i: number) => T) => Array.from({ length: street_points }, (_, i) => make(i))

export const street = {
  file_name: "street.inp",
  text: `[TITLE]
A street
[JUNCTIONS]
${rows((i) => `${name(i)} 10 1`).join("\n")}
[RESERVOIRS]
R 60
[PIPES]
${rows((i) => `P${i} ${i === 0 ? "R" : name(i - 1)} ${name(i)} 400 200 120 0 Open`).join("\n")}
[OPTIONS]
Units CMH
[COORDINATES]
R -400 0
${rows((i) => `${name(i)} ${i * 400} 0`).join("\n")}
[END]
`,
  companion: { pressure_sensors: { ids: rows(name), interval_s: 60 } },
  origin: [117.23, 31.82] as [number, number],
}

export const deviceOf = (point: number) => `pressure-${name(point)}`
export const timeOf = (step: number) => from_ms + step * minute_ms

/**
 * Pressure in m of a point at a step: half an hour's cycle of which a half is under the limit, each second time far
 * under it. The thousandths number the reading, so that one cannot stand for another.
 */
export function pressureOf(point: number, step: number): number {
  const at = step + 5 * point
  const low = Math.floor(at / 30) % 2 === 0 ? 9 : 4
  return (at % 30 < 15 ? low : 30) + ((step * street_points + point) % 1000) / 1000
}
