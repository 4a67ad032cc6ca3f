import { type Context, point_flag } from "./context.ts"

/** Without a ring, the bulk of the delivery stands for it: its 2 % … 98 % box, widened by its own size and this at least. */
const margin_m = 1000
const bulk_share = 0.02
const points_min = 50

/** Points outside the district's ring, or far outside the bulk of the delivery where no ring is known. */
export function outsideDistrict(c: Context): void {
  const inside = c.settings.district ? inRing(c.settings.district) : inBulk(c)
  if (!inside) return
  for (let i = 0; i < c.survey.points.count; i++) {
    const [north, east] = [c.north[i]!, c.east[i]!]
    if (Number.isNaN(north + east) || c.point_flags[i]! & point_flag.place || inside(north, east)) continue
    c.sayPoint("outside-district", i, "x", {
      zh: "管点在普查区以外；请核对坐标或所属区域",
      en: "The point lies outside the district; check its coordinates or its district",
    })
    c.point_flags[i]! |= point_flag.place
    c.north[i] = c.east[i] = Number.NaN
  }
}

function inBulk(c: Context): ((north: number, east: number) => boolean) | null {
  const range = (values: Float64Array) => {
    const known = values.filter((value) => Number.isFinite(value)).sort()
    if (known.length < points_min) return null
    const at = (share: number) => known[Math.floor(share * (known.length - 1))]!
    const [low, high] = [at(bulk_share), at(1 - bulk_share)]
    const margin = Math.max(margin_m, high - low)
    return [low - margin, high + margin] as const
  }
  const [north, east] = [range(c.north), range(c.east)]
  if (!north || !east) return null
  return (n, e) => n >= north[0] && n <= north[1] && e >= east[0] && e <= east[1]
}

const bins = 1024

/** Even–odd rule, with the ring's edges sorted into bands of north; points on the edge may fall on either side. */
function inRing(ring: readonly [number, number][]): (north: number, east: number) => boolean {
  const norths = ring.map(([north]) => north)
  const low = norths.reduce((least, north) => Math.min(least, north), Infinity)
  const high = norths.reduce((most, north) => Math.max(most, north), -Infinity)
  const band = (north: number) =>
    Math.min(bins - 1, Math.max(0, Math.floor(((north - low) / (high - low || 1)) * bins)))
  const edges: number[][] = Array.from({ length: bins }, () => [])
  ring.forEach(([north], i) => {
    const before = ring[(i + ring.length - 1) % ring.length]![0]
    for (let k = band(Math.min(north, before)); k <= band(Math.max(north, before)); k++) edges[k]!.push(i)
  })
  return (north, east) => {
    if (!(north >= low && north <= high)) return false
    let inside = false
    for (const i of edges[band(north)]!) {
      const [[an, ae], [bn, be]] = [ring[i]!, ring[(i + ring.length - 1) % ring.length]!]
      if (an > north !== bn > north && east < ((be - ae) * (north - an)) / (bn - an) + ae) inside = !inside
    }
    return inside
  }
}
