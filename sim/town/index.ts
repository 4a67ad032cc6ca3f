/** A county town invented from a seed: the same seed gives the same town, byte for byte. */
import type { LonLat } from "../../model/index.ts"
import { makeBasemap, makeCrossings, makeDistricts, makeStreets, rectangle } from "./basemap.ts"
import { designGas, type GasNet, gasGeojson } from "./gas.ts"
import { box, type P, sub } from "./geometry.ts"
import { makeGround } from "./ground.ts"
import { dayPatterns, writeInp } from "./inp.ts"
import { layLand } from "./land.ts"
import { towns } from "./names.ts"
import { organisations, people } from "./people.ts"
import { crossingName } from "./place-name.ts"
import { toLonLat } from "./project.ts"
import { random } from "./random.ts"
import { makeSensors } from "./sensors.ts"
import { frame, planStreets } from "./streets.ts"
import type { Town, TownDevice, TownWater } from "./types.ts"
import { assignUses } from "./uses.ts"
import { designWater } from "./water.ts"
import { type WaterNet, waterAreas } from "./water-net.ts"

export { organisations, people } from "./people.ts"
export { placeName } from "./place-name.ts"
export { toLonLat, toMetres } from "./project.ts"
export { hash01, hashText, mix } from "./random.ts"
export type * from "./types.ts"
export { basemapLayers } from "./types.ts"

/** Open water of a large lake in east China: no real town lies under the invented one. */
const lake: LonLat = [118.62, 33.27]
const methane_interval_ms = 10_000

/**
 * Invents a town from a whole number. Pure; takes about a second. Throws one sentence where the seed is not a whole
 * number from 0 to 2³¹ − 1.
 */
export function makeTown(seed: number): Town {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0x7fffffff)
    throw new Error(`seed must be a whole number from 0 to 2147483647, got ${seed}`)
  const chance = random(seed)
  const { name, river } = towns[(seed + towns.length - 1) % towns.length]!
  const ground = makeGround(chance.fork("ground"))
  const plan = planStreets(chance.fork("streets"), ground, (polygons, core) =>
    assignUses(chance.fork("uses"), ground, polygons, core),
  )
  const land = layLand(chance.fork("land"), ground, plan, river)
  const net = designWater(chance.fork("water"), ground, plan, land)
  const gas = designGas(chance.fork("gas"), plan, land)
  const jitter = chance.fork("origin")
  const origin: LonLat = [
    Math.round((lake[0] + jitter.between(-0.02, 0.02)) * 1e5) / 1e5,
    Math.round((lake[1] + jitter.between(-0.02, 0.02)) * 1e5) / 1e5,
  ]
  // The import of networks lays the middle of the box around all nodes on the origin; so does the town.
  const [x0, y0, x1, y1] = box(net.nodes.map((n) => n.at))
  const middle: P = [Math.round((x0 + x1) * 50) / 100, Math.round((y0 + y1) * 50) / 100]
  const local = (p: P): P => sub(p, middle)
  const place = (p: P): LonLat => toLonLat(origin, local(p))
  const streets = makeStreets(plan, land, place)
  const crossings = makeCrossings(plan, land, place)
  const boundsOf = (ring: P[]): [number, number, number, number] => {
    const b = box(ring.map(place))
    return [b[0], b[1], b[2], b[3]]
  }
  const { core } = plan
  return {
    seed,
    name,
    river,
    origin,
    bounds: boundsOf(rectangle(ground, frame.west, frame.south, frame.east, frame.north)),
    core: boundsOf(rectangle(ground, core.west, core.south, core.east, core.north)),
    basemap: makeBasemap(ground, plan, land, place),
    streets,
    crossings,
    districts: makeDistricts(ground, plan, place),
    water: waterOf(net, `${name.zh} ${name.en} seed ${seed}`, local, place, nameAt(streets, crossings, place)),
    gas: {
      geojson: gasGeojson(gas, place),
      monitored: gas.monitored.map((w) => ({
        code: w.code,
        name: w.name,
        well_class: w.well_class,
        lon_lat: place(w.at),
        gas_m: w.gas_m,
      })),
    },
    organisations,
    people,
    devices: methaneDevices(gas),
  }
}

function waterOf(
  net: WaterNet,
  title: string,
  local: (p: P) => P,
  place: (p: P) => LonLat,
  nameOf: (p: P) => string,
): TownWater {
  const places = new Map<string, LonLat>()
  for (const n of net.nodes) places.set(n.id, place(n.at))
  for (const l of net.links) places.set(l.id, place(l.line[Math.floor(l.line.length / 2)]!))
  return {
    inp: writeInp(net, title, local),
    companion: makeSensors(net, nameOf),
    patterns: dayPatterns,
    areas: waterAreas.map(({ key, name }) => ({
      key,
      name,
      nodes: net.nodes.filter((n) => n.area === key).map((n) => n.id),
      meters: net.meters.flatMap((m): { link: string; sign: 1 | -1 }[] => {
        const link = net.links[m.link]!.id
        return m.into === key ? [{ link, sign: 1 }] : m.from === key ? [{ link, sign: -1 }] : []
      }),
      tanks: net.nodes.filter((n) => n.kind === "tank" && n.area === key).map((n) => n.id),
    })),
    places,
  }
}

/** Names a place of the ground after the nearest crossing. */
function nameAt(streets: Town["streets"], crossings: Town["crossings"], place: (p: P) => LonLat): (p: P) => string {
  const byId = new Map(streets.map((s) => [s.id, s.name]))
  return (p) => {
    const [lon, lat] = place(p)
    let best = crossings[0]!
    let least = Infinity
    for (const c of crossings) {
      const d = (c.lon_lat[0] - lon) ** 2 + (c.lon_lat[1] - lat) ** 2
      if (d < least) [best, least] = [c, d]
    }
    return crossingName(byId.get(best.streets[0])!, byId.get(best.streets[1])!).zh
  }
}

function methaneDevices(gas: GasNet): TownDevice[] {
  return gas.monitored.map((w) => ({
    code: `methane-${w.code}`,
    name: `甲烷 ${w.name} ${w.code}`,
    lifeline: "gas",
    kind: "methane_monitor",
    asset_code: w.code,
    points: [{ indicator: "methane_vol_pct", unit: "%VOL", interval_ms: methane_interval_ms, value_kind: "instant" }],
  }))
}
