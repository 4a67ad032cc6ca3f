/** Who draws how much water: every building at its nearest junction, large users through a meter of their own. */
import type { Words } from "../../model/index.ts"
import { centroid, distance, inside, lerp, type P } from "./geometry.ts"
import type { Ground } from "./ground.ts"
import type { Land } from "./land.ts"
import { factories } from "./names.ts"
import type { Random } from "./random.ts"
import type { Plan } from "./streets.ts"
import { type AddNode, mean_demand_m3h, straight, type WaterNet } from "./water-net.ts"

const use_weight: Record<string, number> = {
  slab: 1,
  tower: 0.85,
  courtyard: 1.3,
  house: 0.9,
  shop: 0.9,
  school: 1.2,
  hospital: 2.6,
  public: 1.2,
  market: 0.9,
  factory: 1.5,
  tank: 0,
}

/** Water goes where floors are: every building to the nearest junction, large users through a meter of their own. */
export function giveDemand(
  random: Random,
  ground: Ground,
  plan: Plan,
  land: Land,
  net: WaterNet,
  addNode: AddNode,
): void {
  const street = net.nodes.flatMap((n, i) =>
    n.kind === "junction" && n.area !== "trunk" && n.area !== "source" ? [i] : [],
  )
  const cells = new Map<number, number[]>()
  const key = (p: P): number => Math.floor(p[0] / 250) * 65536 + Math.floor(p[1] / 250)
  for (const i of street) cells.set(key(net.nodes[i]!.at), [...(cells.get(key(net.nodes[i]!.at)) ?? []), i])
  const nearest = (p: P): number => {
    let best = -1
    let least = 420
    for (let dx = -1; dx <= 1; dx++)
      for (let dy = -1; dy <= 1; dy++)
        for (const i of cells.get(key([p[0] + dx * 250, p[1] + dy * 250])) ?? []) {
          const d = distance(net.nodes[i]!.at, p)
          if (d < least) [best, least] = [i, d]
        }
    return best
  }
  const users = largeUsers(random, ground, plan)
  const weights = new Map<number, { RES: number; COM: number; IND: number; people: number }>()
  const give = (node: number, kind: "RES" | "COM" | "IND", amount: number, people: number): void => {
    const w = weights.get(node) ?? { RES: 0, COM: 0, IND: 0, people: 0 }
    w[kind] += amount
    w.people += people
    weights.set(node, w)
  }
  const meters = new Map<number, number>()
  for (const b of land.buildings) {
    const middle = centroid(b.ring)
    const floor_m2 = floorArea(b.ring) * Math.min(b.floors, 18)
    const kind =
      b.kind === "factory" ? "IND" : ["shop", "market", "public", "school", "hospital"].includes(b.kind) ? "COM" : "RES"
    const amount = floor_m2 * (use_weight[b.kind] ?? 1)
    const people = kind === "RES" ? floor_m2 / 38 : 0
    const user = users.findIndex((u) => inside(middle, u.ring))
    let node = nearest(middle)
    if (node < 0) continue
    if (user >= 0) {
      const own = meters.get(user)
      if (own === undefined) {
        const u = users[user]!
        const tee = net.nodes[nearest(u.middle)]!
        const made = addNode(
          lerp(tee.at, u.middle, Math.min(0.5, 45 / Math.max(1, distance(tee.at, u.middle)))),
          u.chart,
          tee.area,
          -1,
        )
        net.nodes[made]!.name = u.name
        net.links.push(straight(net, net.nodes.indexOf(tee), made, u.name.zh, "service"))
        net.customers.push(made)
        meters.set(user, made)
        node = made
      } else node = own
    }
    give(node, kind, amount, people)
  }
  let sum = 0
  for (const w of weights.values()) sum += w.RES + w.COM + w.IND
  const k = mean_demand_m3h / sum
  for (const [i, w] of weights) {
    const node = net.nodes[i]!
    node.demand_m3h = Math.round((w.RES + w.COM + w.IND) * k * 1000) / 1000
    node.pattern = w.IND > w.RES && w.IND > w.COM ? "IND" : w.COM > w.RES ? "COM" : "RES"
    node.people = Math.round(w.people)
  }
}

const floorArea = (ring: P[]): number => {
  let s = 0
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
    s += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1]
  return Math.abs(s / 2)
}

function largeUsers(random: Random, ground: Ground, plan: Plan): { name: Words; ring: P[]; middle: P; chart: P }[] {
  const stock = random.shuffle(factories)
  const out: { name: Words; ring: P[]; middle: P; chart: P }[] = []
  const within = (p: P): boolean =>
    p[0] > plan.core.west && p[0] < plan.core.east && p[1] > plan.core.south && p[1] < plan.core.north
  const add = (u: Plan["uses"][number], name: Words): void => {
    const chart = centroid(u.polygon)
    out.push({ name, ring: u.polygon.map(ground.lay), middle: ground.lay(chart), chart })
  }
  for (const u of plan.uses)
    if (u.name && ["hospital", "school", "government", "market", "station"].includes(u.use)) add(u, u.name)
  for (const u of plan.uses)
    if (u.use === "industry" && within(centroid(u.polygon)) && out.length < 20 && stock.length) add(u, stock.pop()!)
  return out
}
