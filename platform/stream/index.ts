export { decodePart, encodePart, type Part, type Place, partBytes, UnreadableMessage } from "./codec.ts"
export { type ConsumeOptions, consume, type Received } from "./consume.ts"
export { holdLeases, type LeaseOptions, type Leases } from "./leases.ts"
export { type Log, type LogOptions, openLog } from "./log.ts"
export { type Committed, type OutSource, outSource } from "./out.ts"
export { partitionOf } from "./parts.ts"
export { type Publisher, type PublisherOptions, publisher } from "./publish.ts"
export {
  doorTake,
  type LogReceipt,
  type PartCommit,
  type PartitionStore,
  runStore,
  runTicker,
  type StoreOptions,
  type TickerOptions,
} from "./roles.ts"
export type { Lease } from "./store.ts"
