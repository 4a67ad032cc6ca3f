import pg from "pg"

/**
 * How values come back: BIGINT as a number (ids and UTC milliseconds all fit; a larger one fails the query rather than
 * lose digits), NUMERIC as a number (sums and averages), DATE as its text, JSON as values, the rest as pg does.
 */
export function readType(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  const { builtins } = pg.types
  if (format === "binary") return pg.types.getTypeParser(oid, "binary") as unknown as (text: string) => unknown
  if (oid === builtins.INT8) return wholeNumber
  if (oid === INT8_ARRAY) return (text) => (arrays(text) as (string | null)[]).map((item) => item && wholeNumber(item))
  if (oid === builtins.NUMERIC) return Number
  if (oid === builtins.DATE) return String
  return pg.types.getTypeParser(oid, "text") as (text: string) => unknown
}

const INT8_ARRAY = 1016
const TEXT_ARRAY = 1009
const arrays = pg.types.getTypeParser(TEXT_ARRAY as number, "text") as (text: string) => unknown

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new Error(`The database sent ${text}, which is past 2^53 and would lose digits.`)
  return value
}
