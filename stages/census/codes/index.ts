/** Codes (编码): of components, of what is monitored, and of pipeline features; given once, with where they came from. */
export { codeProblem } from "./component.ts"
export { installCodes } from "./routes.ts"
