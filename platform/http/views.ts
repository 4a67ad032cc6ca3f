import Type, { type Static, type TSchema } from "typebox"

/** Words in both languages. */
export const Words = Type.Object({ zh: Type.String(), en: Type.String() })
export const LonLat = Type.Tuple([Type.Number(), Type.Number()])
/** UTC milliseconds. */
export const Time = Type.Integer()
export const Id = Type.Integer({ minimum: 1 })
export const Severity = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)])
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
export const Geometry = Type.Object({ type: Type.String(), coordinates: Type.Any() })
export const Json = Type.Any()

/** One page of a list; `next` is the cursor of the following page. */
export const Page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), total: Type.Integer(), next: Nullable(Type.String()) })

/** RFC 9457 problem details with our code and both languages. */
export const ProblemView = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  words: Words,
  field: Type.Optional(Type.String()),
  value: Type.Optional(Type.Any()),
})
export type ProblemView = Static<typeof ProblemView>

/** Query every list understands: text, sort ("-raised_at"), page size, cursor, csv instead of JSON. */
export const ListQuery = {
  q: Type.Optional(Type.String({ maxLength: 100 })),
  sort: Type.Optional(Type.String({ maxLength: 40 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  format: Type.Optional(Type.Union([Type.Literal("json"), Type.Literal("csv")])),
}
