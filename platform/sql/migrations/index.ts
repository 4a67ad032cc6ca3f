import type { Migration } from "../migrate.ts"
import { base } from "./0001-base.ts"
import { accessTables } from "./0002-access.ts"
import { censusTables } from "./0003-census.ts"
import { monitoringTables } from "./0004-monitoring.ts"
import { warningTables } from "./0005-warning.ts"
import { supervisionTables } from "./0006-supervision.ts"
import { snapshotTables } from "./0007-snapshots.ts"
import { httpDoorTables } from "./0008-http-door.ts"
import { clusterTables } from "./0009-cluster.ts"
import { adoptionTables } from "./0010-adoption.ts"
import { stagingTables } from "./0011-staging.ts"
import { excavationTables } from "./0012-excavation.ts"
import { censusExportTables } from "./0013-census-exports.ts"
import { codeTables } from "./0014-codes.ts"

/** All changes of the schema in order. One that was released is never edited: a new one follows it. */
export const migrations: readonly Migration[] = [
  base,
  accessTables,
  censusTables,
  monitoringTables,
  warningTables,
  supervisionTables,
  snapshotTables,
  httpDoorTables,
  clusterTables,
  adoptionTables,
  stagingTables,
  excavationTables,
  censusExportTables,
  codeTables,
]
