/** What a file's numbers could be. Ranks systems with reasons and chooses nothing: a person does. */
import type { LonLat, Words } from "../../model/index.ts"
import { cgcsCode, meridianOf, zones } from "./codes.ts"
import { ellipsoids, radians } from "./ellipsoids.ts"
import { pack, type Shape, shapeOf } from "./shapes.ts"
import { type CoordinateSystem, coordinateSystem } from "./systems.ts"
import type { SystemDefinition } from "./types.ts"

export type SystemProposal = {
  /** Null: a grid of the city's own, whose relation must be given or fitted from control points. */
  system: CoordinateSystem | null
  /** X and Y stand the wrong way round: the first number points east, the second north. */
  swapped: boolean
  /** 0 to 1; an editable default of ours, no probability. */
  confidence: number
  because: Words
  /** Where the middle of these rows would lie, and how far from the city. */
  centre: LonLat | null
  distance_km: number | null
}
/** Rows that look alike, with what they could be, best first. */
export type ProposalGroup = { rows: Int32Array; proposals: SystemProposal[] }
export type SystemProposals = {
  /** Largest first; more than one means that zones, orders or kinds of coordinates are mixed in the file. */
  groups: ProposalGroup[]
  /** Rows without two numbers. */
  unreadable: Int32Array
}

/** Nearer than this a system's place is the city's; further than `far_km` it is another's. Editable defaults. */
const near_km = 60
const far_km = 150

/**
 * Looks at the file's first and second number of each row (X and Y: by the trade's rule north and east) and, where it is
 * known, at a place in the city. O(rows).
 */
export function proposeSystems(x: Float64Array, y: Float64Array, near: LonLat | null): SystemProposals {
  if (x.length !== y.length) throw new RangeError(`${x.length} X and ${y.length} Y; give both for each row`)
  const packed = new Int16Array(x.length)
  const counts = new Map<number, number>()
  for (let i = 0; i < x.length; i++) {
    packed[i] = pack(x[i]!, y[i]!)
    counts.set(packed[i]!, (counts.get(packed[i]!) ?? 0) + 1)
  }
  const rows = new Map([...counts].map(([shape, count]) => [shape, { at: 0, rows: new Int32Array(count) }]))
  for (let i = 0; i < packed.length; i++) {
    const group = rows.get(packed[i]!)!
    group.rows[group.at++] = i
  }
  const unreadable = rows.get(-1)?.rows ?? new Int32Array(0)
  const groups = [...rows]
    .filter(([shape]) => shape !== -1)
    .sort(([a, p], [b, q]) => q.rows.length - p.rows.length || a - b)
    .map(([shape, group]) => ({
      rows: group.rows,
      proposals: proposalsOf(shapeOf(shape), middle(x, group.rows), middle(y, group.rows), near),
    }))
  return { groups, unreadable }
}

/** Mean over a group, which errs less than a row; rows that lie far off are another matter's to find. */
function middle(values: Float64Array, rows: Int32Array): number {
  let sum = 0
  for (let i = 0; i < rows.length; i++) sum += values[rows[i]!]!
  return sum / rows.length
}

function proposalsOf(shape: Shape, x: number, y: number, near: LonLat | null): SystemProposal[] {
  const [north, east] = shape.swapped ? [y, x] : [x, y]
  const { swapped } = shape
  const proposal = (definition: SystemDefinition, weigh: (km: number | null) => [number, Words]): SystemProposal => {
    const system = coordinateSystem(definition)
    const centre = system.toLonLat(north, east)
    const distance_km = near && kilometres(centre, near)
    const [confidence, because] = weigh(distance_km)
    return { system, swapped, confidence, because: swapped ? withOrder(because) : because, centre, distance_km }
  }
  const own: SystemProposal = {
    system: null,
    swapped,
    confidence: shape.kind === "small" || shape.kind === "other" ? 0.8 : 0.05,
    because: {
      zh: "可能是城市独立坐标系：请给出中央经线与东偏、北偏，或用控制点拟合四参数、七参数",
      en: "May be a city's own grid: give its central meridian and offsets, or fit four or seven parameters from control points",
    },
    centre: null,
    distance_km: null,
  }
  const list =
    shape.kind === "degrees"
      ? degrees(proposal)
      : shape.kind === "zone"
        ? [
            ...numbered(shape.zone, proposal),
            ...otherZones(shape.zone, near, proposal),
            ...mercator(east, near, proposal),
            own,
          ]
        : shape.kind === "plane"
          ? [...unnumbered(near, north, east, proposal), own]
          : shape.kind === "mercator"
            ? [...mercator(east, near, proposal), own]
            : [own]
  return list.sort((a, b) => b.confidence - a.confidence)
}

type Propose = (definition: SystemDefinition, weigh: (km: number | null) => [number, Words]) => SystemProposal

const withOrder = ({ zh, en }: Words): Words => ({
  zh: `X、Y 列颠倒（第一个数指向东）；${zh}`,
  en: `X and Y are swapped (the first number points east); ${en}`,
})
const whole = (km: number): string => String(Math.round(km))
const place = (km: number | null): Words =>
  km === null
    ? { zh: "", en: "" }
    : {
        zh: `，落在距参考位置（城市或普查范围）${whole(km)} km 处`,
        en: `; lies ${whole(km)} km from the place looked for (the city, or the delivery's own district)`,
      }

function degrees(propose: Propose): SystemProposal[] {
  const because = (km: number | null, zh: string, en: string): Words => {
    const where = place(km)
    return { zh: `数值是经纬度${zh}${where.zh}`, en: `The numbers are degrees${en}${where.en}` }
  }
  const far = (km: number | null): number => (km !== null && km > far_km ? 0.5 : 1)
  return [
    propose(4490, (km) => [0.8 * far(km), because(km, "", "")]),
    propose("gcj-02", (km) => [
      0.12 * far(km),
      because(
        km,
        "；若取自高德、腾讯地图则为 GCJ-02，数值本身看不出",
        "; if taken from AMap or Tencent, GCJ-02, which numbers alone do not show",
      ),
    ]),
    propose("bd-09", (km) => [
      0.07 * far(km),
      because(
        km,
        "；若取自百度地图则为 BD-09，数值本身看不出",
        "; if taken from Baidu, BD-09, which numbers alone do not show",
      ),
    ]),
    propose(4326, (km) => [
      0.05 * far(km),
      because(km, "；WGS 84 与 CGCS2000 相差仅厘米级", "; WGS 84 is within centimetres of CGCS2000"),
    ]),
  ]
}

/** The zone that the easting itself names. */
function numbered(zone: number, propose: Propose): SystemProposal[] {
  const width = zone >= zones[3].first ? 3 : 6
  return [
    propose(cgcsCode(zone, width, true), (km) => {
      const where = place(km)
      return [
        km === null ? 0.85 : km <= near_km ? 0.97 : km <= far_km ? 0.7 : 0.25,
        {
          zh: `横坐标前两位 ${zone} 是${width}度带带号${where.zh}`,
          en: `The easting starts with ${zone}, a ${width}° zone${where.en}`,
        },
      ]
    }),
  ]
}

/** Where the named zone lies far from the city: the zone in which these numbers would lie in the city. */
function otherZones(said: number, near: LonLat | null, propose: Propose): SystemProposal[] {
  if (!near) return []
  return ([3, 6] as const).flatMap((width) => {
    const zone = width === 3 ? Math.round(near[0] / 3) : Math.floor(near[0] / 6) + 1
    const known = zone >= zones[width].first && zone <= zones[width].last
    // Where both widths have the same meridian they say the same.
    const again = width === 6 && meridianOf(zone, 6) === meridianOf(Math.round(near[0] / 3), 3)
    if (!known || zone === said || again) return []
    const found = propose(
      { central_meridian_deg: meridianOf(zone, width), false_easting_m: said * 1e6 + 500_000 },
      (km) => {
        const where = place(km)
        return [
          km! <= near_km ? (width === 3 ? 0.6 : 0.3) : 0.01,
          {
            zh: `带号 ${said} 可能写错：按城市所在${width}度带第${zone}带${where.zh}`,
            en: `Zone number ${said} may be wrong: by the city's own ${width}° zone ${zone}${where.en}`,
          },
        ]
      },
    )
    return found.distance_km! <= far_km ? [found] : []
  })
}

/** Every meridian that numbers without a zone can belong to. */
function unnumbered(near: LonLat | null, north: number, east: number, propose: Propose): SystemProposal[] {
  const lat = (north / ellipsoids.cgcs2000.a_m / radians) * 1.0016
  const offset_deg = Math.abs(east - 500_000) / (111_320 * Math.cos(lat * radians))
  const list: SystemProposal[] = []
  for (const width of [3, 6] as const) {
    // Half a zone and a margin: surveys go a little over a zone's edge.
    if (offset_deg > width / 2 + 0.5) continue
    for (let zone: number = zones[width].first; zone <= zones[width].last; zone++) {
      const meridian = meridianOf(zone, width)
      list.push(
        propose(cgcsCode(zone, width, false), (km) => {
          const where = place(km)
          const weight = width === 3 ? 1 : 0.1
          return [
            weight * (km === null ? 0.04 : km <= near_km ? 0.9 : km <= far_km ? 0.5 : 0.5 * (far_km / km) ** 2),
            {
              zh: `横坐标无带号；按${width}度带中央经线${meridian}°${where.zh}${near ? "" : "，不知道城市位置，无法判断是哪一带"}`,
              en: `No zone number in the easting; by the ${width}° meridian ${meridian}°${where.en}${near ? "" : "; without the city's place no zone is likelier than another"}`,
            },
          ]
        }),
      )
    }
  }
  if (near) {
    const zone = Math.floor((near[0] + 180) / 6) + 1
    list.push(
      propose((near[1] < 0 ? 32700 : 32600) + Math.min(60, zone), (km) => {
        const where = place(km)
        return [
          km! <= near_km ? 0.06 : 0.01,
          {
            zh: `也可能是 UTM ${zone} 带（国外数据、GPS 手持机）${where.zh}`,
            en: `May be UTM zone ${zone} (foreign data, handheld GPS)${where.en}`,
          },
        ]
      }),
    )
  }
  return list
}

/** Web Mercator reaches the size of eastings with the zone numbers 13, 14 and 15. */
function mercator(east: number, near: LonLat | null, propose: Propose): SystemProposal[] {
  if (east < 8_100_000 || east > 15_200_000) return []
  return [
    propose(3857, (km) => {
      const where = place(km)
      return [
        km === null ? 0.5 : km <= near_km ? 0.95 : km <= far_km ? 0.6 : near ? 0.2 : 0.5,
        {
          zh: `数值在 Web 墨卡托范围内（网络地图切片坐标）${where.zh}`,
          en: `The numbers have the size of Web Mercator (web map tiles)${where.en}`,
        },
      ]
    }),
  ]
}

/** Great circle distance, km. */
function kilometres([lon1, lat1]: LonLat, [lon2, lat2]: LonLat): number {
  const a =
    Math.sin(((lat2 - lat1) * radians) / 2) ** 2 +
    Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin(((lon2 - lon1) * radians) / 2) ** 2
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(a)))
}

/**
 * Rows whose degrees have at most this many decimals in both numbers: at three, 100 m apart on the ground, which a stored
 * table has cut. A row that has so few by chance is one in 10^(2 · missing decimals).
 */
export function coarseDegrees(lon: Float64Array, lat: Float64Array, decimals = 3): Int32Array {
  const factor = 10 ** decimals
  const coarse = (value: number): boolean => Math.abs(value * factor - Math.round(value * factor)) < 1e-7 * factor
  const rows: number[] = []
  for (let i = 0; i < lon.length; i++) if (coarse(lon[i]!) && coarse(lat[i]!)) rows.push(i)
  return Int32Array.from(rows)
}
