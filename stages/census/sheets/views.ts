import Type, { type Static } from "typebox"
import { Nullable, Words } from "../../../platform/http/views.ts"

export const SheetFieldView = Type.Object({
  id: Type.String(),
  name: Words,
  type: Type.String(),
  unit: Nullable(Type.String()),
  required: Type.Boolean(),
  /** own, place, attribute or survey. */
  part: Type.String(),
  min: Nullable(Type.Number()),
  max: Nullable(Type.Number()),
  choices: Type.Array(Type.Object({ value: Type.String(), name: Words })),
})

/** GET /api/census/sheets: what import sheets there are, and what their columns may mean. */
export const SheetKindView = Type.Object({
  /** Id of the kind, as choices of columns name it: "sheet:<kind>". */
  kind: Type.String(),
  lifeline: Type.String(),
  name: Words,
  lifeline_name: Words,
  geometry: Type.Union([Type.Literal("point"), Type.Literal("line"), Type.Literal("area")]),
  fields: Type.Array(SheetFieldView),
})
export type SheetKindView = Static<typeof SheetKindView>
