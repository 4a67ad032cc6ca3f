/** Local metres on a plane that touches the earth at `origin` (equirectangular, mean radius IUGG R1), as the import of networks uses it. */
import type { LonLat } from "../../model/index.ts"
import type { P } from "./geometry.ts"

const earth_radius_m = 6_371_008.8
const degrees_per_m = 180 / (Math.PI * earth_radius_m)
const round7 = (v: number): number => Math.round(v * 1e7) / 1e7

export const toLonLat = (origin: LonLat, [x, y]: P): LonLat => [
  round7(origin[0] + (x * degrees_per_m) / Math.cos((origin[1] * Math.PI) / 180)),
  round7(origin[1] + y * degrees_per_m),
]

export const toMetres = (origin: LonLat, [lon, lat]: LonLat): P => [
  ((lon - origin[0]) * Math.cos((origin[1] * Math.PI) / 180)) / degrees_per_m,
  (lat - origin[1]) / degrees_per_m,
]
