/**
 * The ground under a town. Streets are planned on a straight chart (u east, v north, river along v = 0) and laid on the
 * ground (x, y in metres) by one smooth field, so that every street follows the river's bend, weaker with distance.
 */
import type { P } from "./geometry.ts"
import { type Random, valueNoise } from "./random.ts"

export type Ground = {
  /** From chart to ground. */
  lay(p: P): P
  /** Half the river's width at u. */
  riverHalf(u: number): number
  /** Height above sea level, m, at a place of the chart. */
  height(p: P): number
  /** How far a place of the chart is inside the old town: ≤ 1 inside. */
  old(p: P): number
  oldTown: { u: number; v: number; a: number; b: number }
}

export function makeGround(random: Random): Ground {
  const seed = random.whole(1, 1 << 30)
  const waves = [
    { size: random.between(120, 190), length: random.between(4300, 5600), phase: random.between(0, 6.28) },
    { size: random.between(45, 85), length: random.between(2100, 2700), phase: random.between(0, 6.28) },
    { size: random.between(10, 22), length: random.between(1000, 1300), phase: random.between(0, 6.28) },
  ]
  const bend = (u: number): number => {
    let y = 0
    for (const w of waves) y += w.size * Math.sin((u / w.length) * 2 * Math.PI + w.phase)
    return y
  }
  const turned = (random.between(-5, 5) * Math.PI) / 180
  const [c, s] = [Math.cos(turned), Math.sin(turned)]
  const width = random.between(64, 78)
  const oldTown = {
    u: random.between(-680, -600),
    v: random.between(560, 600),
    a: random.between(350, 390),
    b: random.between(290, 320),
  }
  const old = ([u, v]: P): number =>
    (Math.abs((u - oldTown.u) / oldTown.a) ** 2.3 + Math.abs((v - oldTown.v) / oldTown.b) ** 2.3) ** (1 / 2.3)
  return {
    oldTown,
    old,
    riverHalf: (u) => width + 14 * valueNoise(seed + 5, u / 420, 0),
    height: ([u, v]) =>
      9.2 + Math.min(7, Math.abs(v) / 320) + 1.3 * valueNoise(seed + 4, u / 700, v / 700) + (v > 0 ? v / 900 : 0),
    lay: (p) => {
      const [u, v] = p
      const near = Math.exp(-((v / 1150) ** 2))
      // Inside the old wall nothing was ever surveyed: a short wave bends the lanes.
      const o = old(p)
      const rough = o < 1 ? 13 * Math.min(1, (1 - o) * 2.5) : 0
      const x =
        u +
        38 * valueNoise(seed, u / 760, v / 900) +
        11 * valueNoise(seed + 1, u / 260, v / 300) +
        (rough && rough * valueNoise(seed + 6, u / 95, v / 95)) -
        // The bank's streets stand square to the river, not to the chart.
        near * v * 0.3 * ((bend(u + 40) - bend(u - 40)) / 80)
      const y =
        v +
        near * bend(u) +
        (1 - near) * 40 * valueNoise(seed + 2, u / 900, v / 760) +
        11 * valueNoise(seed + 3, u / 300, v / 260) +
        (rough && rough * valueNoise(seed + 7, u / 95, v / 95))
      return [x * c - y * s, x * s + y * c]
    },
  }
}
