/** Lines of a chart become a planar graph: nodes where they cross, edges between, faces in between. */
import { add, cross, distance, type P, scale, sub } from "./geometry.ts"

export type Line<Tag> = { points: P[]; tag: Tag; rank: number }
export type Edge<Tag> = { a: number; b: number; tag: Tag; rank: number }
/** A face runs counter-clockwise: edge i goes from nodes[i] to nodes[i + 1]. */
export type Face = { nodes: number[]; edges: number[] }
export type Graph<Tag> = { nodes: P[]; edges: Edge<Tag>[]; faces: Face[] }

const merge_m = 2
const cell_m = 160

/** Ends that stick out by less than `stub_m` past a crossing are cut off. Two lines on one place leave the lower rank. */
export function arrange<Tag>(lines: readonly Line<Tag>[], stub_m: number): Graph<Tag> {
  const segments: { a: P; b: P; line: number; cuts: number[] }[] = []
  lines.forEach((line, index) => {
    for (let i = 1; i < line.points.length; i++)
      segments.push({ a: line.points[i - 1]!, b: line.points[i]!, line: index, cuts: [0, 1] })
  })
  cutAll(segments)
  const nodes: P[] = []
  const found = new Map<number, number[]>()
  const nodeAt = (p: P): number => {
    const i = Math.round(p[0] / merge_m)
    const j = Math.round(p[1] / merge_m)
    for (let di = -1; di <= 1; di++)
      for (let dj = -1; dj <= 1; dj++)
        for (const n of found.get((i + di) * 65536 + j + dj) ?? []) if (distance(nodes[n]!, p) < merge_m) return n
    const key = i * 65536 + j
    const list = found.get(key)
    if (list) list.push(nodes.length)
    else found.set(key, [nodes.length])
    nodes.push(p)
    return nodes.length - 1
  }
  const edges = new Map<number, Edge<Tag>>()
  for (const { a, b, line, cuts } of segments) {
    cuts.sort((p, q) => p - q)
    const { tag, rank } = lines[line]!
    let last = -1
    for (const t of cuts) {
      const n = nodeAt(add(a, scale(sub(b, a), t)))
      if (last >= 0 && n !== last) {
        const key = Math.min(n, last) * 1e6 + Math.max(n, last)
        const standing = edges.get(key)
        if (!standing || standing.rank > rank) edges.set(key, { a: last, b: n, tag, rank })
      }
      last = n
    }
  }
  const kept = prune(nodes, [...edges.values()], stub_m)
  return { nodes, edges: kept, faces: facesOf(nodes, kept) }
}

function cutAll(segments: { a: P; b: P; line: number; cuts: number[] }[]): void {
  const cells = new Map<number, number[]>()
  const seen = new Set<number>()
  segments.forEach((s, index) => {
    const [i0, i1] = [Math.floor(Math.min(s.a[0], s.b[0]) / cell_m), Math.floor(Math.max(s.a[0], s.b[0]) / cell_m)]
    const [j0, j1] = [Math.floor(Math.min(s.a[1], s.b[1]) / cell_m), Math.floor(Math.max(s.a[1], s.b[1]) / cell_m)]
    for (let i = i0; i <= i1; i++)
      for (let j = j0; j <= j1; j++) {
        const key = i * 65536 + j
        const list = cells.get(key)
        if (!list) {
          cells.set(key, [index])
          continue
        }
        for (const other of list) {
          const pair = other * 65536 + index
          if (seen.has(pair)) continue
          seen.add(pair)
          cutPair(segments[other]!, s)
        }
        list.push(index)
      }
  })
}

function cutPair(s: { a: P; b: P; cuts: number[] }, t: { a: P; b: P; cuts: number[] }): void {
  const d = sub(s.b, s.a)
  const e = sub(t.b, t.a)
  const k = cross(d, e)
  if (Math.abs(k) < 1e-9 * (Math.abs(d[0]) + Math.abs(d[1])) * (Math.abs(e[0]) + Math.abs(e[1]))) return
  const f = sub(t.a, s.a)
  const x = cross(f, e) / k
  const y = cross(f, d) / k
  if (x < -1e-9 || x > 1 + 1e-9 || y < -1e-9 || y > 1 + 1e-9) return
  s.cuts.push(Math.max(0, Math.min(1, x)))
  t.cuts.push(Math.max(0, Math.min(1, y)))
}

function prune<Tag>(nodes: readonly P[], edges: Edge<Tag>[], stub_m: number): Edge<Tag>[] {
  let kept = edges
  for (let round = 0; round < 4; round++) {
    const degree = new Int32Array(nodes.length)
    for (const e of kept) {
      degree[e.a]!++
      degree[e.b]!++
    }
    const next = kept.filter(
      (e) => (degree[e.a]! > 1 && degree[e.b]! > 1) || distance(nodes[e.a]!, nodes[e.b]!) >= stub_m,
    )
    if (next.length === kept.length) break
    kept = next
  }
  return kept
}

function facesOf<Tag>(nodes: readonly P[], edges: readonly Edge<Tag>[]): Face[] {
  // Half-edge 2e runs from a to b, 2e + 1 back.
  const from = (h: number): number => (h & 1 ? edges[h >> 1]!.b : edges[h >> 1]!.a)
  const out: number[][] = nodes.map(() => [])
  const angle = new Float64Array(edges.length * 2)
  edges.forEach((e, i) => {
    const d = sub(nodes[e.b]!, nodes[e.a]!)
    angle[2 * i] = Math.atan2(d[1], d[0])
    angle[2 * i + 1] = Math.atan2(-d[1], -d[0])
    out[e.a]!.push(2 * i)
    out[e.b]!.push(2 * i + 1)
  })
  const place = new Int32Array(edges.length * 2)
  for (const list of out) {
    list.sort((p, q) => angle[p]! - angle[q]!)
    list.forEach((h, i) => {
      place[h] = i
    })
  }
  const done = new Uint8Array(edges.length * 2)
  const faces: Face[] = []
  for (let start = 0; start < done.length; start++) {
    if (done[start]) continue
    const face: Face = { nodes: [], edges: [] }
    let twice = 0
    for (let h = start; !done[h]; ) {
      done[h] = 1
      face.nodes.push(from(h))
      face.edges.push(h >> 1)
      twice += cross(nodes[from(h)]!, nodes[from(h ^ 1)]!)
      const round = out[from(h ^ 1)]!
      h = round[(place[h ^ 1]! + round.length - 1) % round.length]!
    }
    if (twice > 1) faces.push(face)
  }
  return faces
}
