/** Says in words where a place of the town is. */
import type { LonLat, Words } from "../../model/index.ts"
import { distance, nearestOn, type P } from "./geometry.ts"
import { toMetres } from "./project.ts"
import type { Town } from "./types.ts"

type Index = { crossings: { at: P; name: Words }[]; streets: { name: Words; line: P[] }[] }
const indexes = new WeakMap<Town, Index>()

function indexOf(town: Town): Index {
  const found = indexes.get(town)
  if (found) return found
  const byId = new Map(town.streets.map((s) => [s.id, s]))
  const made: Index = {
    crossings: town.crossings.map(({ lon_lat, streets: [a, b] }) => ({
      at: toMetres(town.origin, lon_lat),
      name: crossingName(byId.get(a)!.name, byId.get(b)!.name),
    })),
    streets: town.streets.flatMap((s) =>
      s.lines.map((line) => ({ name: s.name, line: line.map((p) => toMetres(town.origin, p)) })),
    ),
  }
  indexes.set(town, made)
  return made
}

export const crossingName = (a: Words, b: Words): Words => ({ zh: `${a.zh}×${b.zh}`, en: `${a.en} × ${b.en}` })

const crossing_reach_m = 120
const street_reach_m = 400

/** "人民路×东门街" within 120 m of a crossing, else the nearest street within 400 m, else the town's name. */
export function placeName(town: Town, lonLat: LonLat): Words {
  const { crossings, streets } = indexOf(town)
  const p = toMetres(town.origin, lonLat)
  let best: Words | null = null
  let least = crossing_reach_m
  for (const c of crossings) {
    const d = distance(c.at, p)
    if (d < least) [best, least] = [c.name, d]
  }
  if (best) return best
  least = street_reach_m
  for (const s of streets) {
    const d = nearestOn(s.line, p).distance
    if (d < least) [best, least] = [s.name, d]
  }
  return best ?? town.name
}
