/** What a ray meets first among pipes, wells and joints. */
import { type Buried, piece_numbers, pieceAt, shownKinds } from "./buried.ts"
import { hitShare, type Piece, type Point3, type Ray } from "./geometry.ts"

export type Hit = { id: number; at: Point3 }

/** Pixels beside a thin pipe that still hit it. */
const slack_px = 5

/** `kept` says whether a place is there after clipping. Nothing is hit of lifelines that are hidden. */
export function hitBy(
  buried: Buried,
  ray: Ray & { pixel: number },
  hidden: ReadonlySet<string>,
  kept: (at: Point3) => boolean,
): Hit | null {
  const { view, base } = buried
  const [fx, fy, fz] = ray.from
  const d: Point3 = [ray.to[0] - fx, ray.to[1] - fy, ray.to[2] - fz]
  const length = Math.hypot(...d)
  const reach = (share: number) => share * length * ray.pixel * slack_px
  const shown = shownKinds(view, hidden)
  let best: (Hit & { rank: number }) | null = null
  const take = (id: number, piece: Piece) => {
    const hit = hitShare(ray, piece, reach)
    if (!hit) return
    const at: Point3 = [fx + d[0] * hit.share, fy + d[1] * hit.share, fz + d[2] * hit.share]
    // What is met beside its body comes behind what is met squarely at about the same distance.
    const rank = hit.share * length + hit.off * 4
    if ((!best || rank < best.rank) && kept(at)) best = { id, at, rank }
  }
  for (let i = 0; i < buried.count; i++) {
    const line = buried.line[i]!
    if (!shown[view.lines.kind[line]!]) continue
    // A sphere round the piece sorts most of them out.
    const k = i * piece_numbers
    const p = buried.pieces
    const [mx, my, mz] = [
      (p[k]! + p[k + 3]!) / 2 - fx,
      (p[k + 1]! + p[k + 4]!) / 2 - fy,
      (p[k + 2]! + p[k + 5]!) / 2 - fz,
    ]
    const s = (mx * d[0] + my * d[1] + mz * d[2]) / (length * length)
    const off = Math.hypot(mx - d[0] * s, my - d[1] * s, mz - d[2] * s)
    const half = Math.hypot(p[k + 3]! - p[k]!, p[k + 4]! - p[k + 1]!, p[k + 5]! - p[k + 2]!) / 2
    if (off > half + view.lines.width[line]! + view.lines.height[line]! + reach(Math.max(0, s))) continue
    take(view.lines.id[line]!, pieceAt(buried, i))
  }
  for (const [i, id] of view.wells.id.entries()) {
    if (!shown[view.wells.kind[i]!]) continue
    const [x, y, half] = [view.wells.x[i]!, view.wells.y[i]!, view.wells.diameter[i]! / 2]
    const piece: Piece = {
      from: [x, y, view.wells.bottom[i]! - base],
      to: [x, y, view.wells.ground[i]! - base],
      half_width: half,
      half_height: half,
    }
    take(id, piece)
  }
  for (const [i, id] of view.joints.id.entries()) {
    if (!shown[view.joints.kind[i]!]) continue
    const at: Point3 = [view.joints.x[i]!, view.joints.y[i]!, view.joints.z[i]! - base]
    const half = view.joints.size[i]! * 0.65
    take(id, { from: at, to: at, half_width: half, half_height: half })
  }
  return best
}
