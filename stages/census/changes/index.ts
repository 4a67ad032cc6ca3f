/** Change sets: what a delivery would change, decided by a second person, published, undone; and an asset's past. */
export { attributeHistory } from "./history.ts"
export { boxOfQuery, changeRoutes, seenByEither } from "./routes.ts"
export { type Built, buildChanges, changeSetsOf, type Seen, seenBy } from "./store.ts"
export type * from "./types.ts"
