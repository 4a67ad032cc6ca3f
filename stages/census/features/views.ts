import Type, { type Static } from "typebox"
import { Id, Json, Nullable, Time, Words } from "../../../platform/http/views.ts"

/** An export of the census and how far it is. */
export const CensusExportView = Type.Object({
  id: Id,
  state: Type.Union([
    Type.Literal("queued"),
    Type.Literal("running"),
    Type.Literal("done"),
    Type.Literal("failed"),
    Type.Literal("cancelled"),
  ]),
  reason: Type.String(),
  request: Json,
  progress: Type.Number(),
  rows: Type.Integer(),
  bytes: Type.Integer(),
  rows_per_s: Nullable(Type.Number()),
  left_s: Nullable(Type.Number()),
  file_name: Nullable(Type.String()),
  /** What could not be written as it was, counted by kind. */
  losses: Type.Array(Type.Object({ count: Type.Integer(), zh: Type.String(), en: Type.String() })),
  problem: Nullable(Type.Object({ code: Type.String(), title: Words })),
  created_at: Time,
  started_at: Nullable(Time),
  ended_at: Nullable(Time),
  expires_at: Nullable(Time),
})
export type CensusExportView = Static<typeof CensusExportView>
