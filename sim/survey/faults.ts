/** How many faults of which rule a delivery gets, what they do to the number of rows, and their planting. */
import { chance } from "./chance.ts"
import type { District } from "./district.ts"
import * as cells from "./faults-cells.ts"
import * as rows from "./faults-rows.ts"
import * as shape from "./faults-shape.ts"
import { incidence } from "./network.ts"
import { type Ground, openGround } from "./planting.ts"

export type PlantOptions = {
  seed: number
  /** Number of faults per rule. */
  each: number
  number(p: number): string
  plane: { prefix: boolean; nextZone(north_m: number, east_m: number): [number, number] }
}

/** Faults per rule for a delivery of so many rows. */
export const faultsEach = (row_count: number): number => Math.max(3, Math.floor(row_count / 5000))

/** Rows that planting `each` faults of every rule adds. */
export function rowsAdded(each: number): number {
  const deep = Math.min(each, rows.chain_lines_max)
  return (
    3 * (2 * rows.header_chain_lines + 1) + // header
    Math.floor(each / 3) + // required: lines without an end
    (2 * deep + 1) + // depth-max
    each * 6 + // duplicate-number, duplicate-position, near-miss, start-is-end, duplicate-line, unused-or-missing-point
    3 * each + // connectivity
    -6 * each // length
  )
}

/** Plants faults of every rule into a sound district. Throws where there is no room for three of each. */
export function plant(district: District, options: PlantOptions): Ground {
  const { each } = options
  const ground = openGround(district, incidence(district.net), chance(options.seed ^ 0xfa17), options.seed)
  const broken = new Set<string>()
  const planters: [rule: string, planter: (g: Ground, count: number) => void, exact?: boolean][] = [
    ["header", rows.header],
    ["depth-max", (g, count) => rows.depthMax(g, Math.min(count, rows.chain_lines_max))],
    ["outside-district", shape.outsideDistrict],
    ["crossing", shape.crossing],
    ["clearance", shape.clearance],
    ["near-miss", rows.nearMiss(broken), true],
    ["duplicate-position", rows.duplicatePosition(broken), true],
    ["length", rows.length, true],
    ["angle", shape.angle],
    ["slope", shape.slope],
    ["ground-height", cells.groundHeight],
    ["point-consistency", shape.pointConsistency],
    ["uphill", shape.uphill],
    ["diameter-shrinks", shape.diameterShrinks],
    ["required", cells.required, true],
    ["start-is-end", rows.startIsEnd, true],
    ["unused-or-missing-point", rows.unusedOrMissing(options.number), true],
    ["connectivity", rows.connectivity],
    ["duplicate-number", rows.duplicateNumber(options.number), true],
    ["duplicate-line", rows.duplicateLine, true],
    ["feature-xor-appurtenance", cells.featureXorAppurtenance],
    ["tee-degree", cells.teeDegree],
    ["numeric", cells.numeric],
    ["point-number", cells.pointNumber(options.number)],
    ["code-name", cells.codeName],
    ["coordinate-precision", cells.coordinatePrecision],
    ["zone-mismatch", cells.zoneMismatch(options.plane)],
  ]
  for (const [rule, planter, exact] of planters) {
    const before = ground.faults.length
    planter(ground, each)
    const planted = ground.faults.length - before
    if (planted < 3 || (exact && planted < each))
      throw new Error(`only ${planted} faults of rule ${rule} found a place, not ${each}; ask for more rows`)
  }
  return ground
}
