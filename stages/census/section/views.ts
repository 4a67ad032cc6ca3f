/** Answers of the section routes. Heights are above the city's datum, m; null is "not known", never a guess. */
import Type from "typebox"
import { Id, LonLat, Nullable, Time, Words } from "../../../platform/http/views.ts"

const Metres = Nullable(Type.Number())
const Size = { diameter_mm: Metres, width_mm: Metres, height_mm: Metres }
const SureView = Type.Union([Type.Literal("measured"), Type.Literal("interpolated"), Type.Literal("unknown")])
const Code = Nullable(Type.String())

export const CrossView = Type.Object({
  line: Type.Array(LonLat),
  length_m: Type.Number(),
  /** By offset. */
  crossings: Type.Array(
    Type.Object({
      asset_id: Id,
      lifeline: Type.String(),
      class_code: Type.String(),
      kind: Type.String(),
      kind_name: Words,
      code: Code,
      owner: Nullable(Words),
      material: Code,
      offset_m: Type.Number(),
      angle_deg: Type.Number(),
      bearing_deg: Type.Number(),
      at: LonLat,
      ...Size,
      ground_m: Metres,
      top_m: Metres,
      centre_m: Metres,
      invert_m: Metres,
      cover_m: Metres,
      sure: SureView,
    }),
  ),
  manholes: Type.Array(
    Type.Object({
      asset_id: Id,
      lifeline: Type.String(),
      class_code: Type.String(),
      kind: Type.String(),
      kind_name: Words,
      code: Code,
      offset_m: Type.Number(),
      distance_m: Type.Number(),
      ground_m: Metres,
      depth_m: Metres,
      bottom_m: Metres,
    }),
  ),
  ground: Type.Array(Type.Object({ offset_m: Type.Number(), ground_m: Metres })),
  clearances: Type.Array(
    Type.Object({
      /** Indices into crossings. */
      a: Type.Integer(),
      b: Type.Integer(),
      a_asset_id: Id,
      b_asset_id: Id,
      parallel: Type.Boolean(),
      horizontal_m: Type.Number(),
      vertical_m: Metres,
      rule_horizontal_m: Metres,
      rule_vertical_m: Metres,
      verdict: Type.Union([Type.Literal("ok"), Type.Literal("below"), Type.Literal("unknown")]),
    }),
  ),
})

export const LongView = Type.Object({
  lifeline: Type.String(),
  length_m: Type.Number(),
  nodes: Type.Array(
    Type.Object({
      asset_id: Nullable(Id),
      kind: Code,
      code: Code,
      chainage_m: Type.Number(),
      ground_m: Metres,
      depth_m: Metres,
      bottom_m: Metres,
      water_m: Metres,
      water_depth_m: Metres,
      water_time: Nullable(Time),
    }),
  ),
  pipes: Type.Array(
    Type.Object({
      asset_id: Id,
      lifeline: Type.String(),
      kind: Type.String(),
      kind_name: Words,
      code: Code,
      material: Code,
      owner: Nullable(Words),
      ...Size,
      from_chainage_m: Type.Number(),
      to_chainage_m: Type.Number(),
      length_m: Type.Number(),
      from_top_m: Metres,
      to_top_m: Metres,
      from_invert_m: Metres,
      to_invert_m: Metres,
      from_cover_m: Metres,
      to_cover_m: Metres,
      slope_permille: Metres,
      reversed: Type.Boolean(),
      sure: SureView,
    }),
  ),
})
