export { type Channel, openChannel } from "./channel.ts"
export {
  type Bulk,
  bulk,
  type CopyCell,
  fillTables,
  isEmptyDatabase,
  readSnapshot,
  type Snapshot,
  type TableShape,
} from "./copy.ts"
export { getMeta, setMeta } from "./meta.ts"
export { type Migrated, type Migration, migrate } from "./migrate.ts"
export { migrations } from "./migrations/index.ts"
export { connect as connectSql, openSql, type Sql, type SqlOptions } from "./open.ts"
export { type Db, isUniqueViolation, json, sqlState, type Tx, transaction } from "./transaction.ts"
