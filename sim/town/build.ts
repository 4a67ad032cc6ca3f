/** Buildings inside one block, by use. A block is a sound polygon of the ground, already free of its streets. */
import {
  add,
  along,
  area,
  box,
  centroid,
  inset,
  lineLength,
  meet,
  overlaps,
  type P,
  scale,
  spans,
  sub,
  turn,
  unit,
} from "./geometry.ts"
import type { Random } from "./random.ts"
import type { Use } from "./streets.ts"

export type Building = { kind: string; ring: P[]; floors: number }

export type Block = {
  polygon: P[]
  /** Direction of its west–east streets, radians; slabs follow it, so that they face south. */
  angle: number
  /** Runs of the border of `polygon` along arterials, where shops stand. */
  shops: P[][]
  use: Use
}

/** Fills a block; the styles differ, the rule is one: rows of things with gaps, kept inside the block. */
export function fillBlock(random: Random, block: Block): Building[] {
  switch (block.use) {
    case "slab":
      return behind(shops(random, block), rows(random, block, slabStyle(random)))
    case "tower":
      return behind(shops(random, block), rows(random, block, towerStyle(random)))
    case "old":
      return rows(random, block, courtyardStyle())
    case "village":
      return rows(random, block, villageStyle())
    case "industry":
      return rows(random, block, factoryStyle(random))
    case "market":
      return rows(random, block, {
        kind: "market",
        deep: [22, 30],
        long: [50, 90],
        gap: 12,
        row: 12,
        skip: 0.05,
        floors: [2, 4],
        margin: 4,
        shape: "slab",
      })
    case "government":
      return rows(random, block, {
        kind: "public",
        deep: [15, 19],
        long: [50, 80],
        gap: 24,
        row: 34,
        skip: 0.2,
        floors: [5, 12],
        margin: 10,
        shape: "wing",
      })
    default:
      return []
  }
}

/** Houses behind the shops give way where a bent street brought both together. */
const behind = (front: Building[], houses: Building[]): Building[] => [
  ...front,
  ...houses.filter((h) => !front.some((f) => overlaps(f.ring, h.ring))),
]

type Style = {
  kind: string
  deep: [number, number]
  long: [number, number]
  gap: number
  row: number
  skip: number
  floors: [number, number]
  margin: number
  shape: "slab" | "tower" | "court" | "house" | "hall" | "wing"
}
const slabStyle = (random: Random): Style => {
  const deep = random.between(10.5, 12.5)
  const floors = random.whole(5, 7)
  const long = random.between(30, 52)
  return {
    kind: "slab",
    deep: [deep, deep + 0.8],
    long: [long * 0.75, long * 1.2],
    gap: random.between(8, 11),
    row: random.between(13, 18),
    skip: 0.05,
    floors: [floors, floors],
    margin: 3,
    shape: "slab",
  }
}
const towerStyle = (random: Random): Style =>
  random.chance(0.45)
    ? {
        kind: "tower",
        deep: [17, 20],
        long: [22, 27],
        gap: random.between(16, 24),
        row: random.between(26, 34),
        skip: 0.08,
        floors: [18, 30],
        margin: 6,
        shape: "tower",
      }
    : {
        kind: "tower",
        deep: [14, 16],
        long: [38, 58],
        gap: random.between(13, 18),
        row: random.between(26, 32),
        skip: 0.06,
        floors: [11, 18],
        margin: 5,
        shape: "wing",
      }
const courtyardStyle = (): Style => ({
  kind: "courtyard",
  deep: [8, 14],
  long: [8, 17],
  gap: 0.9,
  row: 1.3,
  skip: 0.06,
  floors: [1, 3],
  margin: 0.8,
  shape: "court",
})
const villageStyle = (): Style => ({
  kind: "house",
  deep: [9, 11],
  long: [9, 16],
  gap: 2.2,
  row: 5.5,
  skip: 0.12,
  floors: [2, 4],
  margin: 1.5,
  shape: "house",
})
const factoryStyle = (random: Random): Style => {
  const deep = random.between(24, 44)
  return {
    kind: "factory",
    deep: [deep * 0.8, deep],
    long: [44, 105],
    gap: 13,
    row: random.between(13, 18),
    skip: 0.1,
    floors: [1, 2],
    margin: 6,
    shape: "hall",
  }
}

function rows(random: Random, block: Block, style: Style): Building[] {
  const [c, s] = [Math.cos(block.angle), Math.sin(block.angle)]
  const local = block.polygon.map((p) => turn(p, c, -s))
  const taken = block.shops.length > 0 && (style.kind === "slab" || style.kind === "tower") ? 13 : 0
  const shrunk = taken ? clearOfShops(block, c, s) : local
  const [, y0, , y1] = box(shrunk)
  const out: Building[] = []
  const y_from = y0 + style.margin
  const room = y1 - style.margin - y_from
  const pitch = (style.deep[0] + style.deep[1]) / 2 + style.row
  const count = Math.floor((room + style.row) / pitch)
  const slack = count > 1 ? Math.min(style.row * 0.6, (room + style.row - count * pitch) / (count - 1)) : 0
  // What the rows leave over goes in front of the first one, half of it.
  let y = y_from + Math.max(0, room + style.row - count * (pitch + slack)) / 2
  for (let k = 0; k < Math.max(1, count); k++) {
    const deep = random.between(...style.deep)
    const fits = meet(meet(spans(shrunk, y + 0.2), spans(shrunk, y + deep * 0.5)), spans(shrunk, y + deep - 0.2))
    for (const [x0, x1] of fits) fillRow(random, style, x0 + style.margin, x1 - style.margin, y, deep, k, out)
    y +=
      pitch +
      slack +
      (style.shape === "court" || style.shape === "house" ? deep - (style.deep[0] + style.deep[1]) / 2 : 0)
  }
  for (const b of out) b.ring = b.ring.map((p) => turn(p, c, s))
  return out
}

function clearOfShops(block: Block, c: number, s: number): P[] {
  const on = new Set(block.shops.flatMap((run) => run.slice(0, -1)))
  const smaller = inset(
    block.polygon,
    block.polygon.map((p) => (on.has(p) ? 17 : 0.01)),
    200,
  )
  return (smaller ?? block.polygon).map((p) => turn(p, c, -s))
}

function fillRow(
  random: Random,
  style: Style,
  x0: number,
  x1: number,
  y: number,
  deep: number,
  row: number,
  out: Building[],
): void {
  const width = x1 - x0
  if (width < style.long[0] * 0.7) return
  const mean = (style.long[0] + style.long[1]) / 2
  const n = Math.max(1, Math.round((width + style.gap) / (mean + style.gap)))
  let long = Math.min(style.long[1] * 1.1, (width - (n - 1) * style.gap) / n)
  const towers = style.shape === "tower"
  if (towers) long = Math.min(long, random.between(...style.long))
  const gap = n > 1 ? (width - n * long) / (n - 1) : 0
  let x = n > 1 ? x0 : x0 + (width - long) / 2
  // Towers stand in gaps of the row before, so that each has its sun.
  if (towers && n > 1 && row % 2 === 1) x += Math.min(gap / 2, 14)
  for (let i = 0; i < n; i++) {
    const own = style.shape === "court" || style.shape === "house" ? long * random.between(0.72, 1) : long
    const x_end = Math.min(x + own, x1)
    if (!random.chance(style.skip) && x_end - x > style.long[0] * 0.6)
      out.push(shape(random, style, x, x_end, y, y + deep))
    x += long + gap
  }
}

function shape(random: Random, style: Style, x0: number, x1: number, y0: number, y1: number): Building {
  const floors = random.whole(...style.floors)
  const done = (ring: P[]): Building => ({ kind: style.kind, ring, floors })
  const w = x1 - x0
  const h = y1 - y0
  const rect: P[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ]
  const chance = random.next()
  if (style.shape === "tower") {
    const [a, b] = [w * 0.3, h * 0.28]
    return done([
      [x0 + a, y0],
      [x1 - a, y0],
      [x1 - a, y0 + b],
      [x1, y0 + b],
      [x1, y1 - b * 0.6],
      [x1 - a, y1 - b * 0.6],
      [x1 - a, y1],
      [x0 + a, y1],
      [x0 + a, y1 - b * 0.6],
      [x0, y1 - b * 0.6],
      [x0, y0 + b],
      [x0 + a, y0 + b],
    ])
  }
  if (style.shape === "wing" || (style.shape === "slab" && w > 26 && chance < 0.4)) {
    // Staircases stand out to the north, one for each entrance.
    const ring: P[] = [
      [x0, y0],
      [x1, y0],
    ]
    const stairs = Math.max(2, Math.round(w / 17))
    const out = style.shape === "wing" ? 2.6 : 1.7
    ring.push([x1, y1 - out])
    for (let i = stairs - 1; i >= 0; i--) {
      const m = x0 + ((i + 0.5) * w) / stairs
      ring.push([m + 3.2, y1 - out], [m + 3.2, y1], [m - 3.2, y1], [m - 3.2, y1 - out])
    }
    ring.push([x0, y1 - out])
    return done(ring)
  }
  if (style.shape === "slab" && w > 30 && chance < 0.52) {
    const m = x0 + w * random.between(0.4, 0.6)
    const step = random.between(2, 4)
    return done([
      [x0, y0],
      [m, y0],
      [m, y0 + step],
      [x1, y0 + step],
      [x1, y1],
      [m, y1],
      [m, y1 - step * 0.6],
      [x0, y1 - step * 0.6],
    ])
  }
  if (style.shape === "court" && w > 9 && h > 9) {
    if (chance < 0.34) {
      const a = Math.min(4.6, w / 3)
      const b = Math.min(4.6, h / 2.6)
      return done([
        [x0, y0],
        [x0 + a, y0],
        [x0 + a, y1 - b],
        [x1 - a, y1 - b],
        [x1 - a, y0],
        [x1, y0],
        [x1, y1],
        [x0, y1],
      ])
    }
    if (chance < 0.6) {
      const [a, b] = [w * random.between(0.4, 0.6), h * random.between(0.4, 0.6)]
      return done([
        [x0, y0],
        [x0 + a, y0],
        [x0 + a, y1 - b],
        [x1, y1 - b],
        [x1, y1],
        [x0, y1],
      ])
    }
    if (chance < 0.76) {
      const [a, b] = [w * random.between(0.4, 0.6), h * random.between(0.4, 0.6)]
      return done([
        [x0, y0],
        [x1, y0],
        [x1, y0 + b],
        [x1 - a, y0 + b],
        [x1 - a, y1],
        [x0, y1],
      ])
    }
  }
  if (style.shape === "hall" && chance < 0.3 && w > 50) {
    const [a, b] = [w * 0.4, h * 0.35]
    return done([
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0 + a, y1],
      [x0 + a, y1 - b],
      [x0, y1 - b],
    ])
  }
  return done(rect)
}

/** Long flat shop houses along arterials. */
function shops(random: Random, block: Block): Building[] {
  const out: Building[] = []
  for (const run of block.shops) {
    const long = lineLength(run)
    if (long < 26) continue
    let at = 4
    while (at + 14 < long - 4) {
      const piece = Math.min(random.between(16, 44), long - 4 - at)
      if (!random.chance(0.18)) {
        const p = along(run, at).point
        const q = along(run, at + piece).point
        const d = unit(sub(q, p))
        const inward: P = [-d[1], d[0]]
        const deep = random.between(9, 12)
        const ring: P[] = [p, q, add(q, scale(inward, deep)), add(p, scale(inward, deep))]
        const m = centroid(ring)
        // Where the block is thin or bent, the back of the shop would leave it.
        if (area(ring) > 0 && spans(block.polygon, m[1]).some(([l, r]) => m[0] > l + 2 && m[0] < r - 2))
          out.push({ kind: "shop", ring, floors: random.whole(2, 4) })
      }
      at += piece + random.between(1, 7)
    }
  }
  return out
}
