/** Answers of the excavation routes. Depths and distances in metres; null is "not surveyed", never a guess. */
import Type, { type Static } from "typebox"
import { Geometry, Id, LonLat, Nullable, Time, Words } from "../../../platform/http/views.ts"

const Metres = Nullable(Type.Number())

export const ExcavationLineView = Type.Object({
  id: Id,
  number: Type.String(),
  made_at: Time,
  made_by: Type.String(),
  applicant: Type.String(),
  purpose: Type.String(),
  depth_m: Type.Number(),
  area_m2: Type.Number(),
  pdf: Nullable(Type.String()),
})

export const ExcavationView = Type.Object({
  ...ExcavationLineView.properties,
  polygon: Type.Array(LonLat),
  protection_m: Type.Number(),
  place: Words,
  /** Nearest first; only what the caller may see. */
  found: Type.Array(
    Type.Object({
      asset_id: Id,
      lifeline: Type.String(),
      class_code: Type.String(),
      kind: Type.String(),
      kind_name: Words,
      code: Nullable(Type.String()),
      name: Nullable(Type.String()),
      owner: Nullable(Words),
      diameter_mm: Metres,
      width_mm: Metres,
      height_mm: Metres,
      distance_m: Type.Number(),
      length_m: Metres,
      cover_min_m: Metres,
      cover_max_m: Metres,
      sure: Type.String(),
      danger: Type.Union([Type.Literal("within_depth"), Type.Literal("below"), Type.Literal("unknown")]),
      geometry: Geometry,
    }),
  ),
  /** Things of owners that the caller may not see: somebody who may has to complete the check. */
  hidden: Type.Integer(),
  contacts: Type.Array(
    Type.Object({
      owner_id: Nullable(Type.Integer()),
      owner: Nullable(Words),
      phone: Nullable(Type.String()),
      assets: Type.Integer(),
      distance_m: Type.Number(),
    }),
  ),
})
export type ExcavationView = Static<typeof ExcavationView>
