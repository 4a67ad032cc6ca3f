/** Metres of the CGCS2000 Gauss–Krüger grids to degrees, as far as a search needs it. */
import proj4 from "proj4"
import type { LonLat } from "../../../model/index.ts"

const east_at_meridian_m = 500_000
/** Zones as China numbers them: 25 … 45 are 3° wide around 3n°, 13 … 23 are 6° wide around 6n − 3°. */
const meridianOfZone = (zone: number): number => (zone >= 25 ? 3 * zone : 6 * zone - 3)

/**
 * WGS 84 degrees of X (north) and Y (east), metres; CGCS2000 counts as equal. A Y without the number of its zone is taken
 * in the 3° zone of `near_lon`, degrees; null where that is not known.
 */
export function ofGrid(
  { north_m, east_m }: { north_m: number; east_m: number },
  near_lon: number | null,
): LonLat | null {
  const zone = Math.floor(east_m / 1_000_000)
  if (zone === 0 && near_lon === null) return null
  const meridian = zone === 0 ? 3 * Math.round(near_lon! / 3) : meridianOfZone(zone)
  const grid = `+proj=tmerc +lat_0=0 +lon_0=${meridian} +k=1 +x_0=${east_at_meridian_m} +y_0=0 +ellps=GRS80 +units=m`
  const [lon, lat] = proj4(grid, "+proj=longlat +ellps=GRS80").forward([east_m - zone * 1_000_000, north_m])
  return [lon!, lat!]
}
