/**
 * Files that cities have, as tables in columns, and rows as files for others. A reader takes what stands in the file
 * and guesses nothing: which column means what is decided elsewhere.
 */
export * from "./contract.ts"
export { openPmtiles, type TileArchive } from "./read/pmtiles.ts"
export { formatOf, readTables } from "./read/read.ts"
export type { ExportColumn, ExportFormat, ExportOptions, ExportReport, ExportRow, ExportTable } from "./write/types.ts"
export { export_endings, writeTable, writeTables } from "./write/write.ts"
