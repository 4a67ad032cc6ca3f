/** Survey deliveries: tables of any file become points and lines of one meaning, and those become assets. */

export { surveyAssets } from "./assets.ts"
export { codePrefix, isClass, materialCode } from "./codes.ts"
export { readSurvey } from "./read.ts"
export type * from "./types.ts"
export { readSection, type Section } from "./values.ts"
