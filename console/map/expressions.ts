import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, FilterSpecification } from "maplibre-gl"
import type { Tokens } from "../theme/index.ts"

export type StyleOptions = {
  tokens: Tokens
  language: "zh" | "en"
  base_map: boolean
  /** Online tiles below everything, where the city names some. */
  online_tiles?: string | null
  latitude: number
  origin: string
}

export const never: FilterSpecification = ["==", ["literal", 1], 2] as unknown as FilterSpecification
export const flat = 9

/** Pixels of true metres at every zoom, never thinner than `px_min`. */
export function metres(
  width: ExpressionSpecification | number,
  latitude: number,
  px_min: number,
  extra_px = 0,
): DataDrivenPropertyValueSpecification<number> {
  const at = (zoom: number) => {
    const px_per_m = 2 ** zoom / (78_271.517 * Math.cos((latitude * Math.PI) / 180))
    return ["+", extra_px, ["max", px_min, ["*", width, px_per_m]]]
  }
  return ["interpolate", ["exponential", 2], ["zoom"], ...[flat, 12, 14, 16, 20].flatMap((z) => [z, at(z)])] as never
}
export const byZoom = (...stops: number[]): DataDrivenPropertyValueSpecification<number> =>
  ["interpolate", ["linear"], ["zoom"], ...stops] as never
export const is = (name: string, ...values: string[]): FilterSpecification =>
  ["in", ["get", name], ["literal", values]] as never
