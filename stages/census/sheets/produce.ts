/** Rows of sheets as wanted assets. */
import type { Attributes } from "../../../model/index.ts"
import type { Producer } from "../staging/producers.ts"
import type { Accuracy, SystemChoice, WantedAsset } from "../staging/types.ts"
import { measured, type PlacedSheets } from "./place.ts"
import { countingRows } from "./read.ts"
import { rowsOf } from "./rows.ts"
import type { Sheet } from "./types.ts"

/** `good` says which rows may be published, by the numbers of the sheets. */
export function sheetProducer(given: {
  sheets: PlacedSheets
  choice: SystemChoice | null
  accuracy: Accuracy | null
  good: { isGood(table: number, row: number): boolean }
}): Producer {
  const { sheets, good, accuracy, choice } = given
  return {
    *assets() {
      for (const { lifeline, kind, code, place, sheet } of sheets.joined.nodes)
        yield {
          lifeline,
          kind,
          source_id: `${kind}:${code}`,
          code,
          name: null,
          geometry: { type: "Point", coordinates: place },
          attributes: {},
          original: { file: sheet.table.file, table: sheet.table.name, made_of: "line ends", accuracy },
          held: false,
        }
      for (const sheet of sheets.sheets) yield* rowAssets(sheet, sheets, { good, accuracy, choice })
    },
    placeless: () => sheets.placeless,
    leftovers: () => [],
  }
}

function* rowAssets(
  sheet: Sheet,
  sheets: PlacedSheets,
  { good, accuracy, choice }: Pick<Parameters<typeof sheetProducer>[0], "good" | "accuracy" | "choice">,
): Generator<WantedAsset> {
  const rows = rowsOf(sheet)
  const { lifeline, kind } = sheet.known
  const measures = kind.geometry === "line" && kind.attributes.some(({ id }) => id === "length_m")
  const used = new Map<string, number>()
  for (const i of countingRows(sheet)) {
    const geometry = sheets.geometry(sheet, i)
    if (!geometry) continue
    const attributes: Attributes = {}
    for (const at of rows.fields) {
      const { value } = rows.value(i, at)
      if (value !== null) attributes[at.field.id] = value
    }
    Object.assign(attributes, sheets.joined.ends(sheet, i))
    if (measures && attributes.length_m === undefined) attributes.length_m = measured(geometry)
    for (const id of ["owner", "component_code"]) {
      const said = rows.text(i, id)
      if (said !== "") attributes[id] = said
    }
    const drawn = sheet.table.geometry?.[i]
    const said = rows.code(i)
    const identity = said === "" ? placeKey(geometry.coordinates) : said
    // Parts of one feature, and things without a code at one place, are told apart by their order.
    const n = (used.get(identity) ?? 0) + 1
    used.set(identity, n)
    const unique = n === 1 ? identity : `${identity}#${n}`
    const row = rows.row(i)
    yield {
      lifeline: lifeline.id,
      kind: kind.kind,
      source_id: `${kind.kind}:${unique}`,
      code: said === "" ? null : unique,
      name: rows.text(i, "name") || null,
      geometry,
      attributes,
      original: {
        file: sheet.table.file,
        table: sheet.table.name,
        row,
        system: sheet.table.crs ?? choice,
        accuracy,
        cells: rows.unknown(i),
        // An area that became a point is kept as it was drawn.
        ...(kind.geometry === "point" && drawn?.type === "Polygon" && { outline: drawn }),
      },
      held: !good.isGood(sheet.index, row),
    }
  }
}

/** First and last position, to a centimetre. */
function placeKey(coordinates: unknown): string {
  const flat = (coordinates as unknown[]).flat(3) as number[]
  const ends = [...flat.slice(0, 2), ...(flat.length > 2 ? flat.slice(-2) : [])]
  return `@${ends.map((degrees) => degrees.toFixed(7)).join(",")}`
}
