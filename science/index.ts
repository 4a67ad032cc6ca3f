export * from "./spectrum/index.ts"
export * from "./statistics.ts"
