import type { Indicator } from "../../../../lifelines/contract.ts"
import type { AdoptBody, UnknownRow } from "../../../../stages/monitoring/adoption/views.ts"

/** How the words of a device are read: each of its names as one of the lifeline's indicators, or left out. */
export type Mapping = { from: string; to: string; unit: string }

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9一-鿿]/g, "")

/** A first proposal: the indicator of the same name, else one whose name holds the device's word, else none. */
export function proposed(row: UnknownRow, indicators: readonly Indicator[]): Mapping[] {
  return row.indicators.map((said) => {
    const word = plain(said.indicator)
    const names = (i: Indicator) => [i.id, i.name.en, i.name.zh].map(plain)
    const found =
      indicators.find((i) => names(i).includes(word)) ??
      indicators.find((i) => word.length > 2 && names(i).some((n) => n.includes(word) || word.includes(n)))
    return { from: said.indicator, to: found?.id ?? "", unit: said.unit ?? found?.unit ?? "" }
  })
}

/** What still keeps it from being adopted; null when it can be. */
export function lacking(mappings: readonly Mapping[], lifeline: string): "lifeline" | "none" | "twice" | null {
  if (lifeline === "") return "lifeline"
  const used = mappings.filter((m) => m.to !== "")
  if (used.length === 0) return "none"
  if (new Set(used.map((m) => m.to)).size < used.length) return "twice"
  return null
}

export const bodyOf = (
  form: { lifeline: string; kind: string; name: string; interval_s: number; asset_id: number | null },
  mappings: readonly Mapping[],
): AdoptBody => ({
  lifeline: form.lifeline,
  ...(form.kind ? { kind: form.kind } : {}),
  ...(form.name ? { name: form.name } : {}),
  ...(form.asset_id === null ? {} : { asset_id: form.asset_id }),
  interval_s: form.interval_s,
  indicators: mappings
    .filter((m) => m.to !== "")
    .map((m) => ({ from: m.from, to: m.to, ...(m.unit ? { unit: m.unit } : {}) })),
})

/** Seconds between readings as they came, a round number: between the first and the last heard, at most a day. */
export function guessedInterval(row: UnknownRow): number {
  const count = Math.max(...row.indicators.map((i) => i.count))
  if (count < 3) return 60
  const apart = (row.last_seen - row.first_seen) / 1000 / (count - 1)
  return [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].reduce((a, b) =>
    Math.abs(Math.log(b / apart)) < Math.abs(Math.log(a / apart)) ? b : a,
  )
}
