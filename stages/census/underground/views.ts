import Type, { type Static } from "typebox"
import { LonLat } from "../../../platform/http/views.ts"

const Numbers = Type.Array(Type.Number())
const Whole = Type.Array(Type.Integer())
const Codes = Type.Array(Type.Union([Type.String(), Type.Null()]))

/**
 * What lies in the ground of a box, in columns: metres east and north of `origin`, heights in metres above the city's
 * datum (above the ground where nothing was surveyed). `sure` is 0 measured, 1 interpolated, 2 assumed.
 */
export const UndergroundView = Type.Object({
  origin: LonLat,
  /** Metres of a degree of longitude and of latitude at the origin. */
  metres_per_degree: LonLat,
  /** Half the sides of the box, m. */
  half: Type.Tuple([Type.Number(), Type.Number()]),
  kinds: Type.Array(Type.Object({ lifeline: Type.String(), kind: Type.String(), class_code: Type.String() })),
  /** Heights of the ground on a grid, row by row from the south-west corner of the box. */
  ground: Type.Object({ surveyed: Type.Integer(), columns: Type.Integer(), rows: Type.Integer(), z: Numbers }),
  lines: Type.Object({
    id: Whole,
    /** Index into `kinds`. */
    kind: Whole,
    code: Codes,
    /** 1 is a box, 0 a round pipe; `height` is its diameter. */
    box: Whole,
    width: Numbers,
    height: Numbers,
    /** 1 where the size is assumed. */
    size_assumed: Whole,
    sure: Whole,
    /** Behind which position in `xyz` each line ends; the positions are of the axis. */
    ends: Whole,
    xyz: Numbers,
  }),
  wells: Type.Object({
    id: Whole,
    kind: Whole,
    code: Codes,
    x: Numbers,
    y: Numbers,
    ground: Numbers,
    bottom: Numbers,
    diameter: Numbers,
    sure: Whole,
  }),
  /** Valves, tees and bends where lines meet; those without a line there have no height and are not listed. */
  joints: Type.Object({
    id: Whole,
    kind: Whole,
    code: Codes,
    x: Numbers,
    y: Numbers,
    z: Numbers,
    size: Numbers,
    sure: Whole,
  }),
  /** What was assumed, in metres; the drawing says so. */
  assumed: Type.Object({ cover: Type.Number(), size: Type.Number(), well_depth: Type.Number() }),
  /** False where only what is nearest to the middle fits. */
  complete: Type.Boolean(),
})
export type UndergroundView = Static<typeof UndergroundView>
