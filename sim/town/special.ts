/** Blocks of one kind: schools with a track, hospitals, parks with a lake, the waterworks, stations. */

import type { Block, Building } from "./build.ts"
import { box, centroid, distance, inside, type P, turn } from "./geometry.ts"
import type { Random } from "./random.ts"

/** Areas and water that a special block adds to its buildings. */
export type Special = { buildings: Building[]; areas: { kind: string; ring: P[] }[]; water: P[][]; paths: P[][] }

export function fillSpecial(random: Random, block: Block): Special {
  const out: Special = { buildings: [], areas: [], water: [], paths: [] }
  const frame = localFrame(block)
  switch (block.use) {
    case "school":
      school(random, frame, out)
      break
    case "hospital":
      hospital(frame, out)
      break
    case "park":
      park(random, block, frame, out)
      break
    case "waterworks":
      waterworks(frame, out)
      break
    case "station":
      rect(frame, out, "public", -0.32, 0.25, 0.32, 0.42, 2)
      rect(frame, out, "public", -0.42, -0.4, -0.36, 0.1, 1)
      rect(frame, out, "public", -0.26, -0.4, -0.2, 0.1, 1)
      area(frame, out, "plaza", -0.14, -0.42, 0.42, 0.18)
      break
    case "gas_station":
      rect(frame, out, "factory", -0.3, 0.1, -0.05, 0.3, 2)
      for (const x of [0.1, 0.22, 0.34]) circle(frame, out, "tank", x, 0.2, 8)
      rect(frame, out, "factory", 0.05, -0.3, 0.3, -0.12, 1)
      break
    case "power_station":
      rect(frame, out, "factory", -0.3, 0.05, 0.0, 0.3, 2)
      for (let i = 0; i < 4; i++)
        for (const y of [-0.3, -0.12]) rect(frame, out, "tank", -0.3 + i * 0.17, y, -0.23 + i * 0.17, y + 0.09, 1)
      break
    default:
  }
  out.buildings = out.buildings.filter((b) => b.ring.every((p) => inside(p, block.polygon)))
  out.areas = out.areas.filter((a) => a.ring.filter((p) => inside(p, block.polygon)).length > a.ring.length * 0.9)
  return out
}

/** A frame with −0.5 … 0.5 across the block's box, turned with the block. */
type Frame = { at(x: number, y: number): P; metres(x_m: number, y_m: number, from?: P): P; w: number; h: number }
function localFrame(block: Block): Frame {
  const [c, s] = [Math.cos(block.angle), Math.sin(block.angle)]
  const local = block.polygon.map((p) => turn(p, c, -s))
  const [x0, y0, x1, y1] = box(local)
  const middle = centroid(local)
  const [w, h] = [
    Math.min(2 * (middle[0] - x0), 2 * (x1 - middle[0])),
    Math.min(2 * (middle[1] - y0), 2 * (y1 - middle[1])),
  ]
  return {
    w,
    h,
    at: (x, y) => turn([middle[0] + x * w * 0.94, middle[1] + y * h * 0.94], c, s),
    metres: (x, y, from = [0, 0]) =>
      turn([middle[0] + from[0] * w * 0.94 + x, middle[1] + from[1] * h * 0.94 + y], c, s),
  }
}

function rect(
  f: Frame,
  out: Special,
  kind: string,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  floors: number,
): void {
  out.buildings.push({ kind, floors, ring: [f.at(x0, y0), f.at(x1, y0), f.at(x1, y1), f.at(x0, y1)] })
}
function area(f: Frame, out: Special, kind: string, x0: number, y0: number, x1: number, y1: number): void {
  out.areas.push({ kind, ring: [f.at(x0, y0), f.at(x1, y0), f.at(x1, y1), f.at(x0, y1)] })
}
const round = (n: number, at: (t: number) => P): P[] => Array.from({ length: n }, (_, i) => at((i / n) * 2 * Math.PI))
function circle(f: Frame, out: Special, kind: string, x: number, y: number, r: number): void {
  out.buildings.push({ kind, floors: 1, ring: round(20, (t) => f.metres(Math.cos(t) * r, Math.sin(t) * r, [x, y])) })
}

/** A bar of a building: length and depth in metres around a place of the frame. */
function bar(
  f: Frame,
  out: Special,
  kind: string,
  x: number,
  y: number,
  long: number,
  deep: number,
  floors: number,
): void {
  const corner = (dx: number, dy: number): P => f.metres((dx * long) / 2, (dy * deep) / 2, [x, y])
  out.buildings.push({ kind, floors, ring: [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)] })
}

function school(random: Random, f: Frame, out: Special): void {
  const side = random.chance(0.5) ? 1 : -1
  // A 300 or 400 m track with its long axis north to south, as the rules of the sport want it.
  const k = Math.min(1, (f.h * 0.86) / 176, (f.w * 0.46) / 92)
  const at = (x: number, y: number): P => f.metres(x * k, y * k, [side * 0.24, 0])
  const oval = (r: number, half: number): P[] => [
    ...Array.from(
      { length: 13 },
      (_, i): P => at(Math.cos((i / 12) * Math.PI) * r, half + Math.sin((i / 12) * Math.PI) * r),
    ),
    ...Array.from(
      { length: 13 },
      (_, i): P => at(-Math.cos((i / 12) * Math.PI) * r, -half - Math.sin((i / 12) * Math.PI) * r),
    ),
  ]
  if (k > 0.45) {
    out.areas.push({ kind: "track", ring: oval(45, 42) })
    out.areas.push({ kind: "pitch", ring: oval(36, 42) })
  }
  for (const y of [-0.36, -0.14, 0.08]) bar(f, out, "school", -side * 0.26, y, Math.min(78, f.w * 0.36), 13, 5)
  bar(f, out, "school", -side * 0.26, 0.34, Math.min(50, f.w * 0.25), 26, 3)
  bar(f, out, "school", -side * 0.05, -0.14, 9, Math.min(60, f.h * 0.4), 4)
}

function hospital(f: Frame, out: Special): void {
  const w = Math.min(120, f.w * 0.6)
  const deep = Math.min(18, f.h * 0.13)
  bar(f, out, "hospital", 0, -0.25, w, deep * 1.3, 5)
  bar(f, out, "hospital", 0, 0.02, w * 0.9, deep, 9)
  bar(f, out, "hospital", 0, 0.29, w, deep, 16)
  for (const x of [-0.17, 0.17]) bar(f, out, "hospital", x, 0.02, 13, Math.min(95, f.h * 0.52), 4)
  bar(f, out, "hospital", 0.4, 0.34, 22, 22, 3)
}

function park(random: Random, block: Block, f: Frame, out: Special): void {
  const phase = random.between(0, 6.28)
  const lake = round(40, (t) => {
    const r =
      0.27 + 0.055 * Math.sin(2 * t + phase) + 0.035 * Math.sin(3 * t + phase * 1.7) + 0.02 * Math.sin(5 * t - phase)
    return f.at(Math.cos(t) * r * 1.05 + 0.03, Math.sin(t) * r * 0.95 + 0.04)
  })
  out.areas.push({ kind: "green", ring: block.polygon })
  out.water.push(lake)
  const path = round(40, (t) => {
    const r = 0.37 + 0.05 * Math.sin(2 * t + phase) + 0.02 * Math.sin(3 * t + phase * 1.7)
    return f.at(Math.cos(t) * r * 1.05 + 0.03, Math.sin(t) * r * 0.95 + 0.04)
  })
  out.paths.push([...path, path[0]!])
  for (const i of [3, 17, 29]) {
    const p = path[i]!
    const far = block.polygon.reduce((a, b) => (distance(a, p) < distance(b, p) ? a : b))
    out.paths.push([p, far])
  }
  bar(f, out, "public", -0.38, -0.36, 20, 11, 2)
}

function waterworks(f: Frame, out: Special): void {
  const r = Math.min(15, f.w * 0.075)
  for (let i = 0; i < 4; i++) for (const y of [0.28, 0.02]) circle(f, out, "tank", -0.33 + i * 0.2, y, r)
  for (let i = 0; i < 3; i++) bar(f, out, "tank", -0.28 + i * 0.24, -0.25, f.w * 0.19, f.h * 0.12, 1)
  bar(f, out, "factory", 0.4, 0.2, 14, 50, 2)
  bar(f, out, "factory", 0.4, -0.28, 24, 26, 2)
}
