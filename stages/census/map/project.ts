/** Positions into a tile's units, cut and made simpler there; what every drawing of tiles shares. */
import { clipLine, clipRing, type Flat, simplify } from "./clip.ts"
import { latOf, mercatorX, mercatorY } from "./mercator.ts"
import { buffer, extent } from "./mvt.ts"

export type TileAt = { z: number; x: number; y: number }

/** Deeper zooms are drawn by the client from this one: a unit of 1/4096 is 15 cm there. */
export const tile_zoom_max = 16
/** Half a pixel, in units. At the deepest zoom nothing is left out. */
const tolerance = 3
export const toleranceAt = (z: number): number => (z >= tile_zoom_max ? 0 : tolerance)

export type Frame = {
  x(lon: number): number
  y(lat: number): number
  /** True where the position lies in the tile or its buffer. */
  holds(x: number, y: number): boolean
  /** Parts of a line in the tile, simpler by the tile's tolerance. */
  parts(line: Flat): Flat[]
  /** A ring cut at the tile's buffer and made simpler; empty where nothing is left. */
  ring(ring: Flat): Flat
}

const radians = Math.PI / 180
/** Units by which a position may be wrong before it is rounded. */
const precision = 0.001

const [low, high] = [-buffer, extent + buffer]

export function frameOf({ z, x, y }: TileAt): Frame {
  const units = 2 ** z * extent
  const [left, top] = [x * extent, y * extent]
  const limit = toleranceAt(z)
  const middle = latOf((y + 0.5) / 2 ** z)
  const secant = 1 / Math.cos(middle * radians)
  const y_0 = mercatorY(middle) * units - top
  const slope = (-secant / (2 * Math.PI)) * units
  const bend = (slope * Math.tan(middle * radians)) / 2
  // The third term of the series is below (1 + 2 tan²) · secant / 6 · d³, of 2π in `units`.
  const near = Math.cbrt((precision * 12 * Math.PI) / (units * secant * (1 + 2 * (secant * secant - 1)) * 2))
  const holds = (px: number, py: number) => px >= low && px <= high && py >= low && py <= high
  return {
    x: (lon) => mercatorX(lon) * units - left,
    y(lat) {
      const d = (lat - middle) * radians
      // Two terms of the series are right to a thousandth of a unit this near, and take a tenth of the time.
      return d > -near && d < near ? y_0 + d * (slope + d * bend) : mercatorY(lat) * units - top
    },
    holds,
    parts(line) {
      let inside = true
      for (let i = 0; inside && i < line.length; i += 2) inside = holds(line[i]!, line[i + 1]!)
      const parts = inside ? [line] : clipLine(line, low, high)
      return line.length <= 4 ? parts : parts.map((part) => simplify(part, limit))
    },
    ring(ring) {
      let inside = true
      for (let i = 0; inside && i < ring.length; i += 2) inside = holds(ring[i]!, ring[i + 1]!)
      const cut = inside ? ring : clipRing(ring, low, high)
      const simple = simplify(cut, limit)
      return simple.length >= 8 ? simple : cut
    },
  }
}
