import Type from "typebox"
import { Nullable } from "../../../platform/http/views.ts"

/** What became of a body; `line` or `item` names the piece that was refused. */
export const IngestView = Type.Object({
  stored: Type.Integer(),
  duplicates: Type.Integer(),
  refused_count: Type.Integer(),
  refused: Type.Array(
    Type.Object({
      item: Type.Optional(Nullable(Type.Integer())),
      line: Type.Optional(Nullable(Type.Integer())),
      field: Type.Optional(Type.String()),
      value: Type.Optional(Type.Any()),
      code: Type.String(),
      zh: Type.String(),
      en: Type.String(),
    }),
  ),
})
