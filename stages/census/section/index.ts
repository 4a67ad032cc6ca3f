/** Cross and long sections: what lies under a cut, and a run of pipes from the side. */
import type { App } from "../../../platform/app.ts"
import type { Networks } from "../network/index.ts"
import type { Census } from "../types.ts"
import { type SectionOptions, sectionRoutes } from "./routes.ts"

export { type Clearance, type ClearanceRule, clearances } from "./clearance.ts"
export {
  type Crossing,
  crossings,
  cutManholes,
  groundProfile,
  type KindOf,
  manholeHeights,
  type SectionAsset,
} from "./cross.ts"
export { type Heights, heightsAt, type Size, type Sure, sizeOf } from "./heights.ts"
export { kindsOf } from "./kinds.ts"
export { type LevelNow, longSection, runOf } from "./long.ts"
export { alongLine, lengthOf, type Plane, planeAt, type XY } from "./plane.ts"
export type { SectionOptions } from "./routes.ts"
export { assetsInBox, lonLatBox } from "./store.ts"

/**
 * Registers the routes. `clearance` is the rule table; `levels` tells the water level now at point assets (readings
 * belong to a later stage, so the wiring hands it in).
 */
export function installSection(app: App, census: Census, networks: Networks, options: SectionOptions): void {
  sectionRoutes(app, census, networks, options)
}
