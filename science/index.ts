export * from "./statistics.ts"
