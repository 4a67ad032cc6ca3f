/** The long section: pipes in a row with ground, top, invert, slopes and manholes along their chainage. */
import { type LonLat, ProblemError, problem, type Words } from "../../../model/index.ts"
import type { KindOf, SectionAsset } from "./cross.ts"
import { manholeHeights } from "./cross.ts"
import { extentOf, heightsAt, numberOf, rounded, type Size, type Sure, sizeOf } from "./heights.ts"
import { lengthOf, planeAt } from "./plane.ts"

/** A pipe of the run; `reversed` where the run goes against its direction as surveyed. */
export type RunPipe = { asset: SectionAsset; reversed: boolean }

/** Water standing at a point: its height above the datum or its depth above the bottom of the manhole, m. */
export type LevelNow = { level_m: number; above: "datum" | "bottom"; time: number }

export type LongNode = {
  asset_id: number | null
  kind: string | null
  code: string | null
  chainage_m: number
  ground_m: number | null
  /** Cover to bottom. */
  depth_m: number | null
  bottom_m: number | null
  /** Water surface above the datum now, where a level point hangs on the node. */
  water_m: number | null
  water_depth_m: number | null
  water_time: number | null
}

export type LongPipe = Size & {
  asset_id: number
  lifeline: string
  kind: string
  kind_name: Words
  code: string | null
  material: string | null
  owner: Words | null
  from_chainage_m: number
  to_chainage_m: number
  length_m: number
  from_top_m: number | null
  to_top_m: number | null
  from_invert_m: number | null
  to_invert_m: number | null
  from_cover_m: number | null
  to_cover_m: number | null
  /** Fall along the run, ‰; negative where it rises. */
  slope_permille: number | null
  /** Against the direction in which it was surveyed. */
  reversed: boolean
  sure: Sure
}

export const run_pipes_max = 500
/** Ends nearer than this are one, m. */
const joint_m = 0.05

/**
 * Puts pipes into the order in which they join, from the first one given. Throws a ProblemError that names the pipe at
 * which the row breaks.
 */
export function runOf(assets: readonly SectionAsset[]): RunPipe[] {
  const pipes = assets.filter((asset) => asset.geometry.type === "LineString")
  if (pipes.length === 0) throw broken(null)
  const ends = (asset: SectionAsset): [LonLat, LonLat] => {
    const line = asset.geometry.coordinates as LonLat[]
    return [line[0]!, line.at(-1)!]
  }
  const plane = planeAt(ends(pipes[0]!)[0])
  const meet = (a: LonLat, b: LonLat) => {
    const [[ax, ay], [bx, by]] = [plane.to(a), plane.to(b)]
    return Math.hypot(ax - bx, ay - by) <= joint_m
  }
  return pipes.map((asset, i) => {
    const [start, end] = ends(asset)
    const before = pipes[i - 1]
    if (!before) {
      const next = pipes[i + 1]
      return {
        asset,
        reversed: next ? ends(next).some((p) => meet(p, start)) && !ends(next).some((p) => meet(p, end)) : false,
      }
    }
    const joins = ends(before)
    const [at_start, at_end] = [joins.some((p) => meet(p, start)), joins.some((p) => meet(p, end))]
    if (!at_start && !at_end) throw broken(asset)
    return { asset, reversed: !at_start }
  })
}

const broken = (asset: SectionAsset | null) =>
  new ProblemError(
    asset
      ? problem(
          "run-broken",
          422,
          `管线 ${asset.code ?? asset.id} 与前一条不相接，请按顺序选择首尾相接的管线`,
          `Line ${asset.code ?? asset.id} does not join the one before it; choose lines that follow one another`,
          { field: "asset_ids", value: asset.id },
        )
      : problem("run-empty", 422, "所选设施中没有管线，请选择管线", "There is no line among the assets; choose lines", {
          field: "asset_ids",
        }),
  )

/** Nodes and pipes of a run. `nodeOf` finds the point asset at the end of a pipe, `levels` what stands in it now. */
export function longSection(
  run: readonly RunPipe[],
  kindOf: KindOf,
  nodeOf: (pipe: SectionAsset, end: "from" | "to") => SectionAsset | undefined,
  levels: ReadonlyMap<number, LevelNow>,
): { nodes: LongNode[]; pipes: LongPipe[]; length_m: number } {
  const nodes: LongNode[] = []
  const pipes: LongPipe[] = []
  let chainage = 0
  run.forEach(({ asset, reversed }, i) => {
    const line = asset.geometry.coordinates as LonLat[]
    const plane = planeAt(line[0]!)
    const drawn = lengthOf(line.map(plane.to))
    const length_m = numberOf(asset.attributes.length_m) ?? drawn
    const { gravity, name } = kindOf(asset.lifeline, asset.kind)
    const ground = [asset.from_ground_m, asset.to_ground_m] as const
    const at = (along_m: number) => heightsAt(asset.attributes, { along_m, length_m, gravity, ground })
    const [first, last] = reversed ? [at(length_m), at(0)] : [at(0), at(length_m)]
    const [from, to] = reversed ? (["to", "from"] as const) : (["from", "to"] as const)
    if (i === 0) nodes.push(longNode(nodeOf(asset, from), chainage, first.ground_m, first.invert_m, levels))
    const next = chainage + length_m
    const fall = first.invert_m ?? first.top_m
    const fallTo = first.invert_m !== null ? last.invert_m : last.top_m
    const { id, lifeline, kind, code, owner, attributes } = asset
    pipes.push({
      asset_id: id,
      lifeline,
      kind,
      kind_name: name,
      code,
      material: typeof attributes.material === "string" ? attributes.material : null,
      owner,
      from_chainage_m: rounded(chainage)!,
      to_chainage_m: rounded(next)!,
      length_m: rounded(length_m)!,
      from_top_m: first.top_m,
      to_top_m: last.top_m,
      from_invert_m: first.invert_m,
      to_invert_m: last.invert_m,
      from_cover_m: first.cover_m,
      to_cover_m: last.cover_m,
      slope_permille:
        fall === null || fallTo === null || length_m === 0 ? null : rounded(((fall - fallTo) / length_m) * 1000),
      reversed,
      sure: [first.sure, last.sure].includes("unknown") ? "unknown" : first.sure,
      ...sizeOf(attributes),
    })
    chainage = next
    const following = run[i + 1]
    const lowest = following ? invertAtStart(following, kindOf) : null
    const bottom = last.invert_m === null ? lowest : lowest === null ? last.invert_m : Math.min(last.invert_m, lowest)
    nodes.push(longNode(nodeOf(asset, to), chainage, last.ground_m, bottom, levels))
  })
  return { nodes, pipes, length_m: rounded(chainage)! }
}

function invertAtStart({ asset, reversed }: RunPipe, kindOf: KindOf): number | null {
  const { gravity } = kindOf(asset.lifeline, asset.kind)
  const end = numberOf(asset.attributes[reversed ? "to_elevation_m" : "from_elevation_m"])
  const extent = extentOf(sizeOf(asset.attributes))
  return end === null ? null : gravity ? end : extent === null ? null : end - extent.height_m
}

function longNode(
  asset: SectionAsset | undefined,
  chainage: number,
  ground: number | null,
  lowest_invert: number | null,
  levels: ReadonlyMap<number, LevelNow>,
): LongNode {
  const own = asset ? manholeHeights(asset.attributes) : { ground_m: null, depth_m: null, bottom_m: null }
  const ground_m = own.ground_m ?? ground
  const bottom_m = own.bottom_m ?? lowest_invert
  const level = asset ? levels.get(asset.id) : undefined
  const water_m = !level
    ? null
    : level.above === "datum"
      ? level.level_m
      : bottom_m === null
        ? null
        : bottom_m + level.level_m
  const water_depth_m = !level
    ? null
    : level.above === "bottom"
      ? level.level_m
      : bottom_m === null
        ? null
        : level.level_m - bottom_m
  return {
    asset_id: asset?.id ?? null,
    kind: asset?.kind ?? null,
    code: asset?.code ?? null,
    chainage_m: rounded(chainage)!,
    ground_m,
    depth_m: own.depth_m ?? (ground_m !== null && bottom_m !== null ? rounded(ground_m - bottom_m) : null),
    bottom_m,
    water_m: rounded(water_m),
    water_depth_m: rounded(water_depth_m),
    water_time: level?.time ?? null,
  }
}
