/** Issues of a delivery and what people decided about them. */
export * from "./store.ts"
