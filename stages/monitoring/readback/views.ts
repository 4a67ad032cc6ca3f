import Type from "typebox"
import { Id, Json, Nullable, Time, Words } from "../../../platform/http/views.ts"

const Numbers = Type.Array(Type.Number())

/** Latest readings in columns: row i of every column is one point. */
export const LatestColumns = Type.Object({
  point: Type.Array(Id),
  time: Type.Optional(Type.Array(Time)),
  value: Type.Optional(Numbers),
  quality: Type.Optional(Numbers),
  arrived: Type.Optional(Type.Array(Time)),
  sequence: Type.Optional(Numbers),
})

export const RollupColumns = Type.Array(
  Type.Object({
    point: Id,
    unit: Type.String(),
    start: Type.Array(Time),
    min: Numbers,
    max: Numbers,
    mean: Numbers,
    count: Numbers,
    quality: Numbers,
  }),
)

const Values = Type.Union([Type.String(), Numbers])
/** Samples as runs, or an envelope where they are more than asked for. */
export const WaveView = Type.Object({
  point: Id,
  unit: Type.String(),
  kind: Type.String(),
  runs: Type.Optional(
    Type.Array(Type.Object({ start: Type.Number(), rate_hz: Type.Number(), quality: Type.Integer(), values: Values })),
  ),
  step_ms: Type.Optional(Type.Number()),
  time: Type.Optional(Numbers),
  min: Type.Optional(Values),
  max: Type.Optional(Values),
  rms: Type.Optional(Values),
  quality: Type.Optional(Numbers),
})

const Used = Type.Object({ from: Type.Number(), to: Type.Number(), samples: Type.Integer(), rate_hz: Type.Number() })
export const SpectrumView = Type.Object({
  point: Id,
  unit: Type.String(),
  used: Used,
  segments: Type.Integer(),
  frequency_hz: Numbers,
  density: Numbers,
})
export const SpectrogramView = Type.Object({
  point: Id,
  unit: Type.String(),
  used: Used,
  time: Numbers,
  frequency_hz: Numbers,
  density: Type.String(),
})

export const ExportView = Type.Object({
  id: Id,
  state: Type.Union([
    Type.Literal("queued"),
    Type.Literal("running"),
    Type.Literal("done"),
    Type.Literal("failed"),
    Type.Literal("cancelled"),
  ]),
  request: Json,
  progress: Type.Number(),
  rows: Type.Integer(),
  bytes: Type.Integer(),
  /** Rows a second and seconds left while it runs. */
  rows_per_s: Nullable(Type.Number()),
  left_s: Nullable(Type.Number()),
  file_name: Nullable(Type.String()),
  problem: Nullable(Type.Object({ code: Type.String(), title: Words })),
  created_at: Time,
  started_at: Nullable(Time),
  ended_at: Nullable(Time),
  expires_at: Nullable(Time),
})

export const SqlView = Type.Object({
  columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
  rows: Type.Array(Type.Array(Json)),
  /** True where there were more rows than an answer holds. */
  truncated: Type.Boolean(),
  /** Newest event time of the sealed readings that were looked at; later readings are not sealed yet. */
  sealed_to: Nullable(Time),
  ms: Type.Integer(),
})
