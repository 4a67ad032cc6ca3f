/** What the land between the streets is used for, by place. */

import type { Words } from "../../model/index.ts"
import { area, box, centroid, distance, type P } from "./geometry.ts"
import type { Ground } from "./ground.ts"
import { compounds, nameTaker, villages } from "./names.ts"
import type { Random } from "./random.ts"
import { type Core, type Use, type UseMap, zoneOf } from "./streets.ts"

const named = (zh: string, en: string): Words => ({ zh, en })

/** Gives each superblock of the chart a use; one of a kind goes to the block nearest to its natural place. */
export function assignUses(random: Random, ground: Ground, polygons: P[][], core: Core): UseMap {
  const blocks: UseMap = []
  const middles: P[] = []
  for (const polygon of polygons) {
    const middle = centroid(polygon)
    const zone = zoneOf(ground, core, middle)
    blocks.push({
      polygon,
      box: box(polygon),
      name: null,
      use: zone === "outside" ? "field" : zone === "river" ? "river" : zone === "old" ? "old" : "slab",
    })
    middles.push(middle)
  }
  const taken = new Set<number>()
  const place = (use: Use, near: P, name: Words, size_ha: [number, number], from: Use = "slab"): void => {
    let best = -1
    let least = Infinity
    blocks.forEach((b, i) => {
      const ha = area(b.polygon) / 1e4
      const miss = ha < size_ha[0] ? (size_ha[0] - ha) * 90 : ha > size_ha[1] ? (ha - size_ha[1]) * 90 : 0
      const far = distance(middles[i]!, near) + miss
      if (b.use === from && !taken.has(i) && far < least) [best, least] = [i, far]
    })
    if (best < 0) return
    taken.add(best)
    blocks[best]!.use = use
    blocks[best]!.name = name
  }
  place("hospital", [230, 330], named("县人民医院", "County People's Hospital"), [4, 7])
  place("school", [80, 800], named("第一中学", "No. 1 Middle School"), [4, 8])
  place("school", [-1450, 480], named("实验小学", "Experimental Primary School"), [3, 7])
  place("school", [1350, 420], named("第三中学", "No. 3 Middle School"), [4, 8])
  place("school", [-620, -420], named("江南小学", "Jiangnan Primary School"), [3, 7])
  place("school", [-1500, -900], named("职业技术学校", "Vocational School"), [4, 8])
  place("park", [850, 800], named("人民公园", "People's Park"), [5, 9])
  place("park", [-880, -850], named("江南公园", "Jiangnan Park"), [4, 9])
  place("government", [760, 360], named("县政府", "County Government"), [3, 6])
  place("market", [-120, 380], named("东门农贸市场", "Dongmen Market"), [3, 6])
  place("market", [60, -460], named("江南商贸城", "Jiangnan Trade Centre"), [3, 6])
  place("waterworks", [-1560, 240], named("第一水厂", "No. 1 Waterworks"), [4, 7])
  place("station", [700, 1300], named("汽车客运站", "Coach Station"), [3, 6])
  place("hospital", [-1500, 1150], named("中医院", "Hospital of Chinese Medicine"), [3, 6])
  place("gas_station", [1500, -1200], named("天然气门站", "Gas Gate Station"), [2, 6])
  place("power_station", [-1600, 1300], named("110 kV 变电站", "110 kV Substation"), [2, 6])
  const compound = nameTaker(random.shuffle(compounds), (n) => named(`新村${n}区`, `New Village ${n}`))
  const village = nameTaker(random.shuffle(villages), (n) => named(`新庄${n}组`, `Xinzhuang ${n}`))
  let labels = 0
  let rural = 0
  blocks.forEach((b, i) => {
    const [u, v] = middles[i]!
    if (b.use === "slab" && !taken.has(i)) {
      const edge = Math.min(u - core.west, core.east - u, v - core.south, core.north - v)
      if (u > 560 && v < -260) b.use = random.chance(u > 900 || v < -700 ? 0.9 : 0.45) ? "industry" : "slab"
      else if (u < -1450 && v < -900 && random.chance(0.5)) b.use = "industry"
      else if (v > 1050 && random.chance(0.22)) b.use = "industry"
      else if (edge < 330 && random.chance(0.24)) b.use = random.chance(0.5) ? "village" : "field"
      else if (edge < 700 && random.chance(0.1)) b.use = "village"
      else if (u > 500 && v > 150 && random.chance(0.45)) b.use = "tower"
      else if (random.chance(0.16)) b.use = "tower"
      else if (random.chance(0.03)) b.use = "green"
      if ((b.use === "slab" || b.use === "tower") && labels < compounds.length && random.chance(0.3)) {
        b.name = compound()
        labels++
      }
    }
    if (b.use === "field" && zoneOf(ground, core, middles[i]!) === "outside") {
      const near = Math.max(core.west - u, u - core.east, core.south - v, v - core.north)
      if (near < 330 && u > 400 && v < -300 && area(b.polygon) < 2e5 && random.chance(0.65)) b.use = "industry"
      else if (random.chance(0.17)) b.use = "hamlet"
    }
    if ((b.use === "village" || b.use === "hamlet") && rural < villages.length) {
      b.name = village()
      rural++
    }
  })
  return blocks
}
