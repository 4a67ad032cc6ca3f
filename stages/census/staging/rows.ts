/** Issues and wanted assets as rows for COPY. */
import type { CopyCell } from "../../../platform/sql/index.ts"
import { boxOf, lengthM, middleOf } from "../geometry.ts"
import type { Issue, SurveySystem } from "../survey/index.ts"
import type { WantedAsset } from "./types.ts"

/** Characters of an offending value that are kept. */
const value_chars_max = 200

/** JSON as PostgreSQL takes it: without NUL and half surrogates, which no table of people's words needs. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  return /\\u(0000|d[89a-f])/i.test(text) ? text.replaceAll(/\\u(0000|d[89a-f][0-9a-f]{2})/gi, "") : text
}

/** In the order of the columns of `writeIssues`; places need the delivery's system. */
export function* issueRows(
  delivery_id: number,
  issues: readonly Issue[],
  system: SurveySystem | null,
  told: (done: number) => void,
): Generator<CopyCell[]> {
  for (let i = 0; i < issues.length; i++) {
    const { rule, file, table_name, row, key, field, value, words, at, lon_lat, fix } = issues[i]!
    const place = lon_lat ?? (at && system ? system.toLonLat(at[0], at[1]) : null)
    const known = place !== null && Number.isFinite(place[0]) && Number.isFinite(place[1])
    yield [
      delivery_id,
      rule,
      file,
      table_name,
      row,
      key,
      field,
      value.slice(0, value_chars_max),
      jsonText(words),
      known ? place[0] : null,
      known ? place[1] : null,
      fix === null ? null : jsonText(fix),
    ]
    if (i % 10_000 === 0) told(i)
  }
}

/** In the order of the columns of `buildChanges`. */
export function* wantedRows(assets: Iterable<WantedAsset>, told: (done: number) => void): Generator<CopyCell[]> {
  let n = 0
  for (const asset of assets) {
    const { owner, ...attributes } = asset.attributes
    const [lon, lat] = middleOf(asset.geometry)
    const [west, south, east, north] = boxOf(asset.geometry)
    const said = attributes.length_m
    yield [
      asset.lifeline,
      asset.kind,
      asset.source_id,
      asset.code,
      asset.name,
      owner === undefined || owner === null || owner === "" ? null : String(owner),
      jsonText(asset.geometry),
      jsonText(attributes),
      jsonText(asset.original),
      `(${east},${north}),(${west},${south})`,
      lon,
      lat,
      typeof said === "number" ? said : lengthM(asset.geometry),
      asset.held,
    ]
    if (++n % 10_000 === 0) told(n)
  }
}
