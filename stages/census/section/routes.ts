/** HTTP of cross and long sections. */
import Type from "typebox"
import { type LonLat, ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { notFound } from "../../../platform/http/index.ts"
import { Id, LonLat as Place } from "../../../platform/http/views.ts"
import { type Networks, noPath, pathBetween, questioned } from "../network/index.ts"
import type { Census } from "../types.ts"
import { type ClearanceRule, clearances } from "./clearance.ts"
import { crossings, cutManholes, cutPlane, ground_reach_m, groundProfile, manhole_reach_m } from "./cross.ts"
import { downstreamRun } from "./downstream.ts"
import { kindsOf } from "./kinds.ts"
import { type LevelNow, longSection, run_pipes_max, runOf } from "./long.ts"
import { lengthOf } from "./plane.ts"
import * as store from "./store.ts"
import { CrossView, LongView } from "./views.ts"

const cut_points_max = 50
const cut_m_max = 2_000
const assets_max = 5_000
const ground_points_max = 5_000

export type SectionOptions = {
  /** Least clearances by pair of classes. */
  clearance: readonly ClearanceRule[]
  /** Water levels now at point assets; absent ones are left out. */
  levels(asset_ids: number[]): Promise<ReadonlyMap<number, LevelNow>>
}

export function sectionRoutes(app: App, census: Census, networks: Networks, options: SectionOptions): void {
  const { db } = app.sql
  const kindOf = kindsOf(app.lifelines)
  const classes = new Map(app.lifelines.map((lifeline) => [lifeline.id, lifeline.class_code]))

  app.http.route({
    method: "POST",
    url: "/api/census/section/cross",
    permission: "census.read",
    summary: "Cross section of everything underground along a cut, with clearances",
    body: Type.Object({ line: Type.Array(Place, { minItems: 2, maxItems: cut_points_max }) }),
    response: CrossView,
    async handler({ body, scopes }) {
      const line = body.line as LonLat[]
      const length_m = cutLength(line)
      const near = await store.assetsInBox(db, scopes, store.lonLatBox(line, manhole_reach_m), assets_max)
      if (near.length > assets_max) throw new ProblemError(tooMany)
      const grounds = await store.groundPoints(db, scopes, store.lonLatBox(line, ground_reach_m), ground_points_max)
      const crossed = crossings(line, near, kindOf)
      return {
        line,
        length_m: Math.round(length_m * 1000) / 1000,
        crossings: crossed,
        manholes: cutManholes(line, near, kindOf),
        ground: groundProfile(line, grounds),
        clearances: clearances(crossed, options.clearance, (lifeline) => classes.get(lifeline) ?? "QT"),
      }
    },
  })

  app.http.route({
    method: "POST",
    url: "/api/census/section/long",
    permission: "census.read",
    summary:
      "Long section along pipes: those given, the shortest way between two assets, or what lies downstream of one",
    body: Type.Object({
      asset_ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: run_pipes_max })),
      from: Type.Optional(Id),
      to: Type.Optional(Id),
      downstream_of: Type.Optional(Id),
    }),
    response: LongView,
    async handler({ body, scopes }) {
      const ids = await pipesAsked(census, networks, scopes, body)
      const known = new Map((await store.assetsById(db, scopes, ids)).map((asset) => [asset.id, asset]))
      const missing = ids.find((id) => !known.has(id))
      // Of a way through pipes of another owner nothing is shown: a section with holes would look like one without.
      if (missing !== undefined) throw new ProblemError(notFound("asset_ids", missing))
      const run = runOf(ids.map((id) => known.get(id)!))
      const ends = await endsOf(census, scopes, networks, run[0]!.asset.lifeline, ids)
      const points = [...new Set([...ends.values()].flat())].filter((id) => id !== 0)
      const nodes = new Map((await store.assetsById(db, scopes, points)).map((asset) => [asset.id, asset]))
      const levels = await options.levels([...nodes.keys()])
      const made = longSection(
        run,
        kindOf,
        (pipe, end) => nodes.get(ends.get(pipe.id)?.[end === "from" ? 0 : 1] ?? 0),
        levels,
      )
      return { lifeline: run[0]!.asset.lifeline, ...made }
    },
  })
}

function cutLength(line: readonly LonLat[]): number {
  const bad = line.find(([lon, lat]) => Math.abs(lon) > 180 || Math.abs(lat) > 85)
  const plane = cutPlane(line)
  const length = lengthOf(line.map(plane.to))
  if (bad || !(length > 0) || length > cut_m_max)
    throw new ProblemError(
      problem(
        "bad-cut",
        422,
        `剖切线须为 0 至 ${cut_m_max} m 长的经纬度折线，现为 ${Math.round(length)} m，请重画`,
        `A cut is a line of longitudes and latitudes up to ${cut_m_max} m long, this one has ${Math.round(length)} m; draw it again`,
        { field: "line", value: bad ?? Math.round(length) },
      ),
    )
  return length
}

const tooMany = problem(
  "cut-too-busy",
  422,
  `剖切线附近的设施超过 ${assets_max} 个，请缩短剖切线`,
  `More than ${assets_max} assets lie near the cut; make it shorter`,
  { field: "line" },
)

async function pipesAsked(
  census: Census,
  networks: Networks,
  scopes: readonly Scope[],
  body: { asset_ids?: number[]; from?: number; to?: number; downstream_of?: number },
): Promise<number[]> {
  if (body.asset_ids) return body.asset_ids
  const links =
    body.downstream_of !== undefined
      ? await downstreamOf(census, networks, scopes, body.downstream_of)
      : body.from !== undefined && body.to !== undefined
        ? await between(census, networks, scopes, body.from, body.to)
        : null
  if (links === null)
    throw new ProblemError(
      problem(
        "no-run",
        422,
        "请给出 asset_ids，或 from 与 to，或 downstream_of",
        "Give asset_ids, or from and to, or downstream_of",
        { field: "asset_ids" },
      ),
    )
  const lines = links.filter((id) => census.asset(id)?.geometry.type === "LineString")
  if (lines.length > run_pipes_max)
    throw new ProblemError(
      problem(
        "run-too-long",
        422,
        `纵断面超过 ${run_pipes_max} 段管线，请分段查看`,
        `The long section has more than ${run_pipes_max} pipes; look at it in parts`,
        { field: "asset_ids", value: lines.length },
      ),
    )
  return lines
}

async function between(census: Census, networks: Networks, scopes: readonly Scope[], from: number, to: number) {
  const { network, asset } = await questioned(census, networks, scopes, from, "from")
  const other = await questioned(census, networks, scopes, to, "to")
  const path = other.asset.lifeline === asset.lifeline ? pathBetween(network, from, to) : null
  if (!path || path.links.length === 0) throw new ProblemError(noPath(to))
  return path.links.map((link) => network.link_asset[link]!)
}

async function downstreamOf(census: Census, networks: Networks, scopes: readonly Scope[], asset_id: number) {
  const { network } = await questioned(census, networks, scopes, asset_id, "downstream_of")
  const links = downstreamRun(network, network.elementOf(asset_id)!, (link) => {
    const asset = census.asset(network.link_asset[link]!)
    return asset?.dn_mm ?? 0
  })
  if (!network.directed || links.length === 0)
    throw new ProblemError(
      problem(
        "no-downstream",
        422,
        "该设施没有可确定的下游管线（压力管网无固定流向），请用起止设施选择路径",
        "Nothing is known to lie downstream of this asset (pressure networks have no fixed direction); choose two ends instead",
        { field: "downstream_of", value: asset_id },
      ),
    )
  return links.map((link) => network.link_asset[link]!)
}

/** Point assets at both ends of each pipe, 0 where there is none. */
async function endsOf(
  census: Census,
  scopes: readonly Scope[],
  networks: Networks,
  lifeline: string,
  pipe_ids: readonly number[],
): Promise<Map<number, [number, number]>> {
  const { network } = await questioned(census, networks, scopes, pipe_ids[0]!, "asset_ids")
  const ends = new Map<number, [number, number]>()
  for (const id of pipe_ids) {
    const element = census.asset(id)?.lifeline === lifeline ? network.elementOf(id) : undefined
    if (element?.kind !== "link") continue
    const at = (node: number) => (node < 0 ? 0 : network.node_asset[node]!)
    ends.set(id, [at(network.graph.from[element.index]!), at(network.graph.to[element.index]!)])
  }
  return ends
}
