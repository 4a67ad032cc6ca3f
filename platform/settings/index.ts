export { choice, list, number, type Setting, text, toggle, whole } from "./kinds.ts"
export { bad, environmentOf, fileOf, flagsOf, type Origin, wrongValue } from "./sources.ts"
