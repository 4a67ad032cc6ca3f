/** One district's network: mains sized to the rows asked for, service pipes up to the exact number, sewers that fall. */
import { chance, hash01 } from "./chance.ts"
import { all_classes, classNumber, kindNumber, type PointKind } from "./classes.ts"
import { type Layout, makeLayout } from "./layout.ts"
import { addPoint, type Candidate, layMains, type Mains, type Run } from "./mains.ts"
import { addLine, emptyNetwork, type Network, rowCount, settleDepths } from "./network.ts"

export type District = { net: Network; layout: Layout }
export type DistrictOptions = {
  seed: number
  /** Rows of points and lines together; met exactly. */
  rows: number
  spacing_m: number
  origin: { north_m: number; east_m: number; ground_m: number; streets_from: number }
}

/** Sewers grow when this many lines lie upstream. */
const sewer_sizes: Record<string, [lines: number, section: string][]> = {
  YS: [
    [0, "400"],
    [25, "500"],
    [90, "600"],
    [400, "800"],
  ],
  WS: [
    [0, "300"],
    [40, "400"],
    [200, "500"],
    [900, "600"],
  ],
}
/** Depth at which service pipes of sewers begin, centimetres. */
const sewer_start_cm: Record<string, number> = { YS: 160, WS: 340 }

/** Invents a district. Throws where fewer rows are asked for than two streets each way have. */
export function makeDistrict(options: DistrictOptions): District {
  const { seed, rows, spacing_m, origin } = options
  // About 260 rows go with each block; the share of mains is tried until service pipes can fill the rest.
  let blocks = Math.max(4, (rows * 0.8) / 260)
  for (let attempt = 0; attempt < 12; attempt++) {
    const ew = Math.max(3, Math.round(Math.sqrt(blocks)))
    const ns = Math.max(3, Math.round(blocks / ew))
    const layout = makeLayout(seed, ew, ns, origin)
    const net = emptyNetwork()
    const mains = layMains(net, layout, seed, spacing_m)
    const laid = rowCount(net)
    const room = 2 * mains.candidates.length
    if (laid > rows) {
      if (ew === 3 && ns === 3) throw new Error(`--rows ${rows} is too few; the smallest district has ${laid} rows`)
      blocks *= Math.min(0.97, (rows * 0.85) / laid)
      continue
    }
    if (laid + room - 4 < rows) {
      blocks *= Math.max(1.03, (rows * 0.93) / (laid + room * 0.6))
      continue
    }
    fill({ net, layout }, mains, seed, rows)
    return { net, layout }
  }
  throw new Error(`no district of ${rows} rows was found for seed ${seed}; try another number of rows`)
}

function fill(district: District, mains: Mains, seed: number, rows: number): void {
  const { net } = district
  const shuffled = [...chance(seed ^ 0x51ed).shuffle(Int32Array.from(mains.candidates, (_, k) => k))]
  // Some house sewers always lie along the southern edge, where small districts could have none.
  const south = shuffled.filter((k) => isSouthern(net, mains.candidates[k]!)).slice(0, southern_min)
  const order = [...south, ...shuffled.filter((k) => !south.includes(k))]
  let next = 0
  while (rowCount(net) + 2 <= rows) addLateral(district, mains.candidates[order[next++]!]!, seed)
  if (rowCount(net) < rows) {
    addLateral(district, mains.candidates[order[next++]!]!, seed)
    openLoop(net)
  }
  const upstream = new Map<number, number>()
  for (const sewer of mains.gravity) sink(net, sewer, upstream)
  settleDepths(net)
}

function addLateral(district: District, { point, along }: Candidate, seed: number): void {
  const { net, layout } = district
  const { points } = net
  const class_no = points.class_no[point]!
  const of = all_classes[class_no]!
  const [s, t] = [points.s[point]!, points.t[point]!]
  const draw = hash01(seed, point, 13)
  const sewer = of.spine === "gravity"
  const kinds: Record<string, PointKind> = {
    YS: "inlet",
    WS: "house_sewer",
    RQ: "house",
    JS: draw < 0.35 ? "hydrant" : draw < 0.6 ? "meter" : "house",
  }
  const end = addPoint(
    { net, layout, seed },
    class_no,
    along === "ew" ? s + of.lateral_m : s,
    along === "ew" ? t : t + of.lateral_m,
    kinds[of.code] ?? "reserved",
    points.street[point]!,
  )
  if (sewer) points.depth[end] = sewer_start_cm[of.code]! + Math.floor(draw * 20)
  else points.kind[point] = kindNumber.tee
  const { lateral } = of.sections
  if (sewer) addLine(net, end, point, lateral, of.materials.lateral, points.street[point]!)
  else addLine(net, point, end, lateral, of.materials.lateral, points.street[point]!)
}

const southern_min = 16
const isSouthern = ({ points }: Network, { point }: Candidate): boolean =>
  points.street[point] === 0 && points.class_no[point] === classNumber("WS")

/** Takes one line out of a loop of water mains, so that an odd number of rows can be met; both ends are left closed. */
function openLoop(net: Network): void {
  const { points, lines } = net
  // Near crossings there are no service pipes, so that two such neighbours are always found.
  const plain = (p: number) => points.kind[p] === kindNumber.straight || points.kind[p] === kindNumber.valve
  const js = classNumber("JS")
  const line = lines.from.findIndex(
    (from, l) => lines.class_no[l] === js && lines.street[l] === 1 && plain(from) && plain(lines.to[l]!),
  )
  if (line < 0) throw new Error("no loop of water mains can be opened; ask for an even number of rows")
  lines.removed.add(line)
  points.kind[lines.from[line]!] = kindNumber.reserved
  points.kind[lines.to[line]!] = kindNumber.reserved
}

/** Gives a sewer's points their inverts, falling at least a centimetre from each to the next, and its lines their size. */
function sink(net: Network, { points: run, lines }: Run, upstream: Map<number, number>): void {
  const { points } = net
  const sizes = sewer_sizes[all_classes[points.class_no[run[0]!]!]!.code]!
  for (let k = 0; k < run.length; k++) {
    const p = run[k]!
    // The depth so far is the class's own, or what an earlier sewer that ends here asks for.
    let invert = points.ground[p]! - points.depth[p]!
    if (k > 0) {
      const before = run[k - 1]!
      invert = Math.min(invert, points.ground[before]! - points.depth[before]! - 1)
      upstream.set(p, (upstream.get(p) ?? 0) + (upstream.get(before) ?? 0) + 1)
      const flow = (upstream.get(before) ?? 0) + 1
      net.lines.section[lines[k - 1]!] = sizes.findLast(([from]) => flow >= from)![1]
    }
    points.depth[p] = points.ground[p]! - invert
  }
}
