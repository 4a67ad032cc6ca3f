/** The surface of the ground from surveyed heights, by inverse distance. */
import Flatbush from "flatbush"

export type Surface = {
  /** Heights it was made of. */
  surveyed: number
  /** Height at a place, m; 0 where nothing was surveyed. */
  at(x: number, y: number): number
}

/** So many of the nearest heights say how high a place is. */
const nearest = 6
/** Heights nearer than this are the place itself, m. */
const same_m = 0.05

/** The surface through heights at places, in metres of a local plane: `xyz` one after the other. */
export function surfaceOf(xyz: readonly number[]): Surface {
  const count = Math.floor(xyz.length / 3)
  if (count === 0) return { surveyed: 0, at: () => 0 }
  const tree = new Flatbush(count)
  for (let i = 0; i < count; i++) tree.add(xyz[3 * i]!, xyz[3 * i + 1]!, xyz[3 * i]!, xyz[3 * i + 1]!)
  tree.finish()
  return {
    surveyed: count,
    at(x, y) {
      let [sum, weights] = [0, 0]
      for (const i of tree.neighbors(x, y, nearest)) {
        const away = Math.hypot(xyz[3 * i]! - x, xyz[3 * i + 1]! - y)
        if (away < same_m) return xyz[3 * i + 2]!
        const weight = 1 / (away * away)
        sum += weight * xyz[3 * i + 2]!
        weights += weight
      }
      return sum / weights
    },
  }
}
