/** EPSG codes that Chinese and foreign files use, as planes. Numbers of the EPSG registry, compared with PROJ's own. */
import type { Words } from "../../model/index.ts"
import type { EllipsoidName, TransverseMercator } from "./types.ts"

export type KnownCode = {
  name: Words
  plane: TransverseMercator | "degrees" | "web-mercator"
  ellipsoid: EllipsoidName
}

const datums: Record<EllipsoidName, Words> = {
  cgcs2000: { zh: "CGCS2000", en: "CGCS2000" },
  wgs84: { zh: "WGS 84", en: "WGS 84" },
  xian80: { zh: "西安80", en: "Xian 1980" },
  beijing54: { zh: "北京54", en: "Beijing 1954" },
}

/** Runs of codes: first code, width of the zones, first zone (3°: 25–45, 6°: 13–23), and whether eastings carry it. */
const runs: { first: number; width: 3 | 6; ellipsoid: EllipsoidName; numbered: boolean }[] = [
  { first: 4491, width: 6, ellipsoid: "cgcs2000", numbered: true },
  { first: 4502, width: 6, ellipsoid: "cgcs2000", numbered: false },
  { first: 4513, width: 3, ellipsoid: "cgcs2000", numbered: true },
  { first: 4534, width: 3, ellipsoid: "cgcs2000", numbered: false },
  { first: 2327, width: 6, ellipsoid: "xian80", numbered: true },
  { first: 2338, width: 6, ellipsoid: "xian80", numbered: false },
  { first: 2349, width: 3, ellipsoid: "xian80", numbered: true },
  { first: 2370, width: 3, ellipsoid: "xian80", numbered: false },
  { first: 21413, width: 6, ellipsoid: "beijing54", numbered: true },
  { first: 21453, width: 6, ellipsoid: "beijing54", numbered: false },
  { first: 2401, width: 3, ellipsoid: "beijing54", numbered: true },
  { first: 2422, width: 3, ellipsoid: "beijing54", numbered: false },
]
export const zones = { 3: { first: 25, last: 45 }, 6: { first: 13, last: 23 } } as const

/** Central meridian of a Chinese zone, degrees east. */
export const meridianOf = (zone: number, width: 3 | 6): number => (width === 3 ? zone * 3 : zone * 6 - 3)

/** The CGCS2000 code of a zone. */
export const cgcsCode = (zone: number, width: 3 | 6, numbered: boolean): number =>
  runs.find((r) => r.ellipsoid === "cgcs2000" && r.width === width && r.numbered === numbered)!.first +
  zone -
  zones[width].first

const known = new Map<number, KnownCode>()
for (const { first, width, ellipsoid, numbered } of runs)
  for (let zone = zones[width].first; zone <= zones[width].last; zone++) {
    const central_meridian_deg = meridianOf(zone, width)
    const datum = datums[ellipsoid]
    known.set(first + zone - zones[width].first, {
      name: numbered
        ? {
            zh: `${datum.zh} ${width}度带第${zone}带（中央经线${central_meridian_deg}°，横坐标含带号）`,
            en: `${datum.en} ${width}° zone ${zone} (central meridian ${central_meridian_deg}° E, zone number in the easting)`,
          }
        : {
            zh: `${datum.zh} ${width}度带 中央经线${central_meridian_deg}°（横坐标不含带号）`,
            en: `${datum.en} ${width}° zone, central meridian ${central_meridian_deg}° E (no zone number)`,
          },
      plane: { central_meridian_deg, false_easting_m: (numbered ? zone * 1e6 : 0) + 500_000, ellipsoid },
      ellipsoid,
    })
  }
for (const [code, ellipsoid] of [
  [4490, "cgcs2000"],
  [4326, "wgs84"],
  [4610, "xian80"],
  [4214, "beijing54"],
] as const)
  known.set(code, {
    name: { zh: `${datums[ellipsoid].zh} 经纬度`, en: `${datums[ellipsoid].en} degrees` },
    plane: "degrees",
    ellipsoid,
  })
known.set(3857, { name: { zh: "Web 墨卡托", en: "Web Mercator" }, plane: "web-mercator", ellipsoid: "wgs84" })
for (let zone = 1; zone <= 60; zone++)
  for (const south of [false, true])
    known.set((south ? 32700 : 32600) + zone, {
      name: {
        zh: `WGS 84 / UTM ${zone}${south ? "S" : "N"} 带`,
        en: `WGS 84 / UTM zone ${zone}${south ? "S" : "N"}`,
      },
      plane: {
        central_meridian_deg: zone * 6 - 183,
        false_northing_m: south ? 1e7 : 0,
        scale: 0.9996,
        ellipsoid: "wgs84",
      },
      ellipsoid: "wgs84",
    })

export const knownCodes: ReadonlyMap<number, KnownCode> = known

/** The code of a plane that has one, comparing to a millimetre and a billionth of a degree. */
export function codeOf(plane: TransverseMercator): number | null {
  const near = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within
  for (const [code, { plane: other }] of known) {
    if (typeof other === "string") continue
    const same =
      (plane.ellipsoid ?? "cgcs2000") === other.ellipsoid &&
      near(plane.central_meridian_deg, other.central_meridian_deg, 1e-9) &&
      near(plane.false_easting_m ?? 500_000, other.false_easting_m ?? 500_000, 1e-3) &&
      near(plane.false_northing_m ?? 0, other.false_northing_m ?? 0, 1e-3) &&
      near(plane.scale ?? 1, other.scale ?? 1, 1e-12) &&
      near(plane.latitude_origin_deg ?? 0, 0, 1e-9)
    // 3° and 6° zones of the same meridian without numbers are one plane; the 3° code is the usual one.
    if (same && !(code >= 4502 && code <= 4512) && !(code >= 2338 && code <= 2348) && !(code >= 21453 && code <= 21463))
      return code
  }
  return null
}
