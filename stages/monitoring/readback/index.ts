import { join } from "node:path"
import type { App } from "../../../platform/app.ts"
import type { Latest } from "../../../platform/series/index.ts"
import type { Registry } from "../registry.ts"
import { type Exports, installExports } from "./exports.ts"
import { installReadRoutes } from "./routes.ts"
import { installSqlDoor, sealedFiles } from "./sql.ts"
import { visibility } from "./visible.ts"

/** Reading back: latest of many, roll-ups, waveforms, exports and the analysts' SQL; each asks for what the caller may see. */
export async function installReadback(
  app: App,
  face: { registry(): Registry; latest(points: readonly number[]): Latest[] },
): Promise<Exports> {
  const visible = visibility({ db: app.sql.db, registry: face.registry, wall: app.clock.wall })
  installReadRoutes(app, visible, face.latest)
  const files = () => sealedFiles(join(app.settings.data_dir, "series"))
  installSqlDoor(app, visible, { files, registry: face.registry, temp_folder: join(app.settings.data_dir, "exports") })
  return await installExports(app, visible, face.registry)
}
