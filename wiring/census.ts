/** The census' desk: deliveries and changes, sections, networks, excavations, adjacent spaces, open interfaces. */
import type { App } from "../platform/app.ts"
import {
  defaultCheckSettings,
  installAdjacency,
  installBaseMap,
  installCodes,
  installExcavation,
  installFeatures,
  installNetwork,
  installQuality,
  installSection,
  installSheets,
  installStaging,
  installUnderground,
} from "../stages/census/index.ts"
import { takeIn } from "./import.ts"
import type { Stages } from "./stages.ts"

export type CensusDesk = {
  /** Removes exports that nobody fetches any more. */
  forget(): Promise<void>
  close(): Promise<void>
}

/** Puts up the routes of the census that need more than the census. */
export function installCensusDesk(app: App, stages: Stages): CensusDesk {
  const { census } = stages
  const staging = installStaging(app, census, {
    refresh: (batch_ids) => takeIn(app, stages, batch_ids),
  })
  const networks = installNetwork(app, census)
  installSection(app, census, networks, {
    clearance: defaultCheckSettings.clearance,
    // Level points measure the height of the water above the bottom of what they hang in.
    levels: async (asset_ids) =>
      new Map(
        [...stages.monitoring.latestAt(asset_ids, "level")].map(([id, { value, time }]) => [
          id,
          { level_m: value, above: "bottom" as const, time },
        ]),
      ),
  })
  installExcavation(app, census)
  installAdjacency(app, census)
  installBaseMap(app, census)
  installSheets(app, census)
  installCodes(app)
  installQuality(app, census)
  installUnderground(app)
  const features = installFeatures(app)
  return {
    forget: features.forget,
    async close() {
      await staging.stop()
      await features.close()
    },
  }
}
