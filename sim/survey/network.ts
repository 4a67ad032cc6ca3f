/** Points and lines of an invented survey in columns. Heights and depths are whole centimetres. */
import { all_classes } from "./classes.ts"

export type Network = {
  points: {
    class_no: number[]
    s: number[]
    t: number[]
    /** Metres of the plane. */
    north: number[]
    east: number[]
    ground: number[]
    kind: number[]
    street: number[]
    depth: number[]
    removed: Set<number>
  }
  lines: {
    class_no: number[]
    from: number[]
    to: number[]
    from_depth: number[]
    to_depth: number[]
    section: string[]
    material: string[]
    street: number[]
    removed: Set<number>
  }
  streets: string[]
}

export const emptyNetwork = (): Network => ({
  points: {
    class_no: [],
    s: [],
    t: [],
    north: [],
    east: [],
    ground: [],
    kind: [],
    street: [],
    depth: [],
    removed: new Set(),
  },
  lines: {
    class_no: [],
    from: [],
    to: [],
    from_depth: [],
    to_depth: [],
    section: [],
    material: [],
    street: [],
    removed: new Set(),
  },
  streets: [],
})

/** Number of rows a delivery of it has. */
export const rowCount = ({ points, lines }: Network): number =>
  points.s.length - points.removed.size + lines.from.length - lines.removed.size

/** Appends a line; its depths are those of its points until `settleDepths`. Section and material are texts. */
export function addLine(net: Network, from: number, to: number, section: string, material: string, street: number) {
  const { lines, points } = net
  lines.class_no.push(points.class_no[from]!)
  lines.from.push(from)
  lines.to.push(to)
  lines.from_depth.push(points.depth[from]!)
  lines.to_depth.push(points.depth[to]!)
  lines.section.push(section)
  lines.material.push(material)
  lines.street.push(street)
  return lines.from.length - 1
}

/** Gives both ends of every line the depth of the point there. */
export function settleDepths({ points, lines }: Network): void {
  for (let l = 0; l < lines.from.length; l++) {
    lines.from_depth[l] = points.depth[lines.from[l]!]!
    lines.to_depth[l] = points.depth[lines.to[l]!]!
  }
}

/** Lines at each point, as slices of one list. */
export type Incidence = { start: Int32Array; lines: Int32Array }
export function incidence({ points, lines }: Network): Incidence {
  const start = new Int32Array(points.s.length + 1)
  const present = (l: number) => !lines.removed.has(l)
  for (const ends of [lines.from, lines.to])
    for (let l = 0; l < ends.length; l++) if (present(l)) start[ends[l]! + 1]!++
  for (let p = 0; p < points.s.length; p++) start[p + 1]! += start[p]!
  const next = start.slice()
  const list = new Int32Array(2 * lines.from.length)
  for (let l = 0; l < lines.from.length; l++) {
    if (!present(l)) continue
    list[next[lines.from[l]!]!++] = l
    list[next[lines.to[l]!]!++] = l
  }
  return { start, lines: list }
}
export const linesAt = (at: Incidence, p: number): number[] =>
  Array.from(at.lines.subarray(at.start[p]!, at.start[p + 1]!))

/** Numbers of points as a survey writes them: class and serial, counted per class in the order of the rows. */
export function pointNumbers({ points }: Network, prefix: (class_code: string) => string): string[] {
  const serial = new Uint32Array(all_classes.length)
  return points.class_no.map((c) => `${prefix(all_classes[c]!.code)}${++serial[c]!}`)
}
