export * from "./geodesy/index.ts"
export * from "./networks/index.ts"
export * from "./spectrum/index.ts"
export * from "./statistics.ts"
