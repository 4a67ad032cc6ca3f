/** What makes assets of a delivery: one producer for each family of tables. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import { type Survey, type SurveyLeftover, type SurveySystem, surveyAssets } from "../survey/index.ts"
import type { GoodRows } from "./good-rows.ts"
import type { Accuracy, SystemChoice, WantedAsset } from "./types.ts"

export type Producer = {
  /** Every asset once; the answers below are complete when this has ended. */
  assets(): Iterable<WantedAsset>
  /** Rows that should be assets but have no place. */
  placeless(): number
  leftovers(): SurveyLeftover[]
}

/** Points and lines of survey tables. */
export function surveyProducer(given: {
  survey: Survey
  lifelines: readonly Lifeline[]
  system: SurveySystem
  choice: SystemChoice
  accuracy: Accuracy | null
  good: GoodRows
}): Producer {
  const { survey, good, accuracy, choice } = given
  const placed = placeOfRow(survey)
  let leftovers: SurveyLeftover[] = []
  let placeless = 0
  return {
    *assets() {
      const made = surveyAssets(survey, given.lifelines, given.system)
      let next = made.next()
      for (; !next.done; next = made.next()) {
        const { table, row, ...asset } = next.value
        const { file, name } = survey.tables[table]!
        const original = { file, table: name, row, system: choice, accuracy, xy: placed(table, row) }
        yield { ...asset, original, held: !good.isGood(table, row) }
      }
      leftovers = next.value
      placeless = countPlaceless(survey, good)
    },
    placeless: () => placeless,
    leftovers: () => leftovers,
  }
}

/** Points whose coordinates cannot be read, and lines that miss an end: nobody knows which assets they would be. */
function countPlaceless(survey: Survey, good: GoodRows): number {
  const { points, lines, from, to, north_m } = survey
  let n = 0
  for (let i = 0; i < points.count; i++)
    if (Number.isNaN(north_m[i]!) && !good.isGood(points.table[i]!, points.row[i]!)) n++
  for (let i = 0; i < lines.count; i++) if (from[i] === -1 || to[i] === -1) n++
  return n
}

/** A point's coordinates as its file gave them; null for lines, which lie between their points. */
function placeOfRow(survey: Survey): (table: number, row: number) => [number, number] | null {
  const { table, row, count, number } = survey.points
  const { x, y } = number
  if (!x || !y) return () => null
  const key = new Float64Array(count)
  for (let i = 0; i < count; i++) key[i] = table[i]! * 2 ** 32 + row[i]!
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const sorted = key.every((value, i) => i === 0 || value > key[i - 1]!)
  if (!sorted) order.sort((a, b) => key[a]! - key[b]!)
  return (t, r) => {
    const wanted = t * 2 ** 32 + r
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (key[order[middle]!]! < wanted) low = middle + 1
      else high = middle
    }
    const at = order[low]
    return at !== undefined && key[at] === wanted ? [x[at]!, y[at]!] : null
  }
}
