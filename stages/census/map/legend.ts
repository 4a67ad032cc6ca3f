/** The map's legend as somebody sees it: what there is, in which colour and with which symbol. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { Scope, Words } from "../../../model/index.ts"
import type { CityIndex } from "../city-index.ts"
import { seenBy } from "./census-tile.ts"

/** Colours of the classes of CJJ 61-2017, appendix B, as red, green, blue 0 … 255. */
const class_rgb: Record<string, [number, number, number]> = {
  JS: [0, 255, 255],
  PS: [76, 57, 38],
  RQ: [255, 0, 255],
  RL: [255, 128, 0],
  DL: [255, 0, 0],
  TX: [0, 255, 0],
  GY: [0, 0, 0],
  QT: [102, 0, 204],
}
/** Subclasses of the same appendix, each with its class. */
const classes_of_subclasses: Record<string, string> = Object.fromEntries(
  Object.entries({
    JS: "JY SS ZS JP JZ XS LS JH",
    PS: "YS WS HS",
    RQ: "MQ YH TR",
    RL: "RS ZQ",
    DL: "GD LD XH DC GG",
    TX: "DH DS XX GB",
    GY: "QQ YQ GQ YX BQ LQ DQ EY AQ JB",
    QT: "ZH BM",
  }).flatMap(([code, subclasses]) => subclasses.split(" ").map((subclass) => [subclass, code])),
)

/** `#rrggbb` of a class or subclass; that of "other" (QT) where the code is not of the appendix. */
export function classColour(class_code: string): string {
  const rgb = class_rgb[class_code] ?? class_rgb[classes_of_subclasses[class_code] ?? "QT"]!
  return `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`
}

export type LegendEntry = {
  lifeline: string
  name: Words
  class_code: string
  colour: string
  symbol: string
  count: number
  kinds: { kind: string; name: Words; geometry: string; symbol: string; count: number }[]
}

/** Lifelines with assets that `scopes` cover, in the order of their declarations; kinds that nobody declared come last. */
export function legendOf(
  lifelines: readonly Lifeline[],
  { columns }: CityIndex,
  scopes: readonly Scope[],
): LegendEntry[] {
  const seen = seenBy(scopes, columns)
  const counts = new Map<string, Map<string, number>>()
  for (const [number, { lifeline, kind, count }] of columns.groups.entries()) {
    if (count === 0 || !seen(number)) continue
    const kinds = counts.get(lifeline) ?? new Map<string, number>()
    counts.set(lifeline, kinds.set(kind, (kinds.get(kind) ?? 0) + count))
  }
  const entry = (id: string, declared: Lifeline | undefined): LegendEntry[] => {
    const kinds = counts.get(id)
    if (!kinds) return []
    const known = new Set(declared?.assets.map((asset) => asset.kind))
    const list = [
      ...(declared?.assets ?? []).map(({ kind, name, geometry, symbol }) => ({ kind, name, geometry, symbol })),
      ...[...kinds.keys()]
        .filter((kind) => !known.has(kind))
        .map((kind) => ({ kind, name: { zh: kind, en: kind }, geometry: "", symbol: "" })),
    ]
      .map((kind) => ({ ...kind, count: kinds.get(kind.kind) ?? 0 }))
      .filter((kind) => kind.count > 0)
    const class_code = declared?.class_code ?? "QT"
    return [
      {
        lifeline: id,
        name: declared?.name ?? { zh: id, en: id },
        class_code,
        colour: classColour(class_code),
        symbol: declared?.symbol ?? "",
        count: list.reduce((sum, kind) => sum + kind.count, 0),
        kinds: list,
      },
    ]
  }
  const declared = new Set(lifelines.map((lifeline) => lifeline.id))
  return [
    ...lifelines.flatMap((lifeline) => entry(lifeline.id, lifeline)),
    ...[...counts.keys()].filter((id) => !declared.has(id)).flatMap((id) => entry(id, undefined)),
  ]
}
