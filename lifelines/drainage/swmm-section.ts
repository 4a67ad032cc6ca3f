/** Cross-sections of SWMM conduits as diameters, or as widths and heights. */
import type { Attributes } from "../../model/index.ts"

const round_shapes = new Set(["CIRCULAR", "FORCE_MAIN", "FILLED_CIRCULAR"])
/** Shapes whose sizes stand in a table of their own, and the one that has none. */
const without_size = new Set(["IRREGULAR", "STREET", "DUMMY"])

/** Sizes in millimetres; `length_m` is metres in the file's unit. Empty where the shape has none. */
export function sectionOf(cells: readonly string[], length_m: number): Attributes {
  const shape = cells[1]?.toUpperCase() ?? ""
  if (shape === "" || without_size.has(shape)) return {}
  const mm = (cell: string | undefined): number | null => {
    const value = Number(cell)
    return Number.isFinite(value) && value > 0 ? Math.round(value * length_m * 1e4) / 10 : null
  }
  const height_mm = mm(cells[2])
  if (height_mm === null) return {}
  if (round_shapes.has(shape)) return { diameter_mm: height_mm }
  const [bottom, side_1, side_2] = [Number(cells[3]), Number(cells[4]), Number(cells[5])]
  // An open trapezium is widest at its top: bottom + height × both side slopes (run over rise).
  const top = shape === "TRAPEZOIDAL" ? bottom + Number(cells[2]) * (side_1 + side_2) : bottom
  const width_mm = mm(String(top))
  return { height_mm, ...(width_mm !== null && shape !== "CUSTOM" && { width_mm }) }
}
