/** HTTP of the underground view. */
import Type from "typebox"
import { type LonLat, ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { boxOfQuery } from "../changes/index.ts"
import { kindsOf, planeAt, type XY } from "../section/index.ts"
import { assumed, bury } from "./bury.ts"
import { buriedInBox } from "./store.ts"
import { UndergroundView } from "./views.ts"

/** What a browser draws fluently; what lies nearest to the middle of the box comes first. */
export const lines_max = 20_000
const points_max = 20_000
const side_m_max = 4_000

export function undergroundRoutes(app: App): void {
  const { db } = app.sql
  const kindOf = kindsOf(app.lifelines)
  // What surveys of pipelines deliver lies in the ground; bridges and roads do not.
  const lifelines = app.lifelines.filter((lifeline) => lifeline.survey).map(({ id }) => id)

  app.http.route({
    method: "GET",
    url: "/api/census/underground",
    permission: "census.read",
    summary: "Pipes, wells and joints of a box with true sizes and heights, and the ground above them",
    query: Type.Object({
      bbox: Type.String({ maxLength: 100 }),
      at: Type.Optional(Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })),
    }),
    response: UndergroundView,
    async handler({ query, scopes }) {
      const box = boxOfQuery(query.bbox)
      const [west, south, east, north] = box
      const origin: LonLat = [(west + east) / 2, (south + north) / 2]
      const plane = planeAt(origin)
      const half = plane.to([east, north])
      if (!(half[0] > 0 && half[1] > 0) || Math.max(...half) > side_m_max / 2)
        throw new ProblemError(tooLarge(query.bbox, half))
      const ask = { box, lifelines, at: query.at ?? null }
      const [lines, points] = await Promise.all([
        buriedInBox(db, scopes, { ...ask, shape: "LineString", limit: lines_max }),
        buriedInBox(db, scopes, { ...ask, shape: "Point", limit: points_max }),
      ])
      const complete = lines.length <= lines_max && points.length <= points_max
      return {
        origin,
        metres_per_degree: plane.to([origin[0] + 1, origin[1] + 1]),
        half,
        assumed,
        complete,
        ...bury(lines.slice(0, lines_max), points.slice(0, points_max), { plane, half, kindOf }),
      }
    },
  })
}

const tooLarge = (bbox: string, [x, y]: XY) =>
  problem(
    "box-too-large",
    422,
    `地下三维的范围边长须大于 0、不超过 ${side_m_max} m，现为 ${Math.round(2 * x)} × ${Math.round(2 * y)} m，请放大后再看`,
    `The box of the underground view has sides above 0 and up to ${side_m_max} m, this one has ${Math.round(2 * x)} × ${Math.round(2 * y)} m; zoom in`,
    { field: "bbox", value: bbox },
  )
