/** Import sheets (导入表): tables of what a lifeline declares, and layers of other systems, as assets of a kind. */
export { placeSheets, sheetNumbers } from "./place.ts"
export { sheetProducer } from "./produce.ts"
export { readSheets, sheetTable } from "./read.ts"
export { installSheets } from "./routes.ts"
export { takeSheets } from "./take.ts"
export type { Sheets, SheetTable } from "./types.ts"
