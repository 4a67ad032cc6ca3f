import Type from "typebox"

export const BaseMapAnswer = Type.Object({
  layers: Type.Array(Type.Object({ layer: Type.String(), features: Type.Integer() })),
  /** Tables of the file that are no layer of a base map. */
  left_out: Type.Array(Type.String()),
})
