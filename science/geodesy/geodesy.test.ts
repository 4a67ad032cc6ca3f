import { readFileSync } from "node:fs"
import fc from "fast-check"
import gcoord from "gcoord"
import { describe, expect, test } from "vitest"
import { knownCodes, meridianOf, zones } from "./codes.ts"
import { ellipsoids, fromGeocentric, toGeocentric } from "./ellipsoids.ts"
import {
  type ControlPoint,
  coarseDegrees,
  coordinateSystem,
  fitBursaWolf,
  fitSimilarity,
  fromWkt,
  knownSystems,
  proposeSystems,
} from "./index.ts"
import { bursaWolf } from "./systems.ts"

const own = { central_meridian_deg: 115.48724, false_easting_m: 501_700, false_northing_m: -1000 }
const golden = readFileSync(new URL("proj-golden.csv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(2)
  .map((line) => line.split(","))
  .map(([system, ...rest]) => ({ system: system!, numbers: rest.map(Number) as [number, number, number, number] }))

const lon = fc.double({ min: 73.5, max: 135, noNaN: true })
const lat = fc.double({ min: 4, max: 53.5, noNaN: true })
/** Metres between two places, near enough for a small distance. */
const metresApart = (a: [number, number], b: [number, number]): number =>
  Math.hypot((a[0] - b[0]) * 111_320 * Math.cos((a[1] * Math.PI) / 180), (a[1] - b[1]) * 111_000)

describe("planes", () => {
  test.for(golden)("$system agrees with PROJ within a tenth of a millimetre, there and back", ({ system, numbers }) => {
    const [lon, lat, north, east] = numbers
    const ours = coordinateSystem(system === "own" ? own : Number(system))
    const [n, e] = ours.fromLonLat([lon, lat])
    expect(Math.hypot(n - north, e - east)).toBeLessThan(1e-4)
    expect(metresApart(ours.toLonLat(north, east), [lon, lat])).toBeLessThan(1e-4)
  })

  test("the table of PROJ holds every code of CGCS2000", () => {
    const codes = new Set(golden.map((g) => g.system))
    for (let code = 4491; code <= 4554; code++) expect(codes).toContain(String(code))
    expect(knownSystems().length).toBe(64 * 3 + 4 + 1 + 120)
  })

  test("there and back is below a millimetre in every known plane of China, one by one and many at a time", () => {
    const systems = [
      ...knownSystems()
        .map((s) => s.epsg)
        .filter((code) => code < 32600),
      "gcj-02",
      "bd-09",
      own,
    ] as const
    fc.assert(
      fc.property(
        fc.constantFrom(...systems),
        fc.double({ min: -2, max: 2, noNaN: true }),
        lon,
        lat,
        (code, d, lon, lat) => {
          const system = coordinateSystem(code)
          const plane = code === own ? own : typeof code === "number" ? knownCodes.get(code)!.plane : "degrees"
          const place: [number, number] = [typeof plane === "object" ? plane.central_meridian_deg + d : lon, lat]
          const [n, e] = system.fromLonLat(place)
          expect(metresApart(system.toLonLat(n, e), place)).toBeLessThan(1e-3)
          const many = system.toLonLats(Float64Array.of(n, Number.NaN), Float64Array.of(e, e))
          expect([many.lon[0], many.lat[0]]).toEqual(system.toLonLat(n, e))
          expect(many.lon[1]! + many.lat[1]!).toBeNaN()
        },
      ),
      { numRuns: 500 },
    )
  })

  test("shifted degrees agree with the open library that has them too", () => {
    const { transform, WGS84, GCJ02, BD09 } = gcoord as unknown as typeof gcoord.default
    fc.assert(
      fc.property(lon, lat, (lon, lat) => {
        for (const [id, theirs] of [
          ["gcj-02", GCJ02],
          ["bd-09", BD09],
        ] as const) {
          const [n, e] = coordinateSystem(id).fromLonLat([lon, lat])
          expect(metresApart([e, n], transform<[number, number]>([lon, lat], WGS84, theirs))).toBeLessThan(1e-5)
        }
      }),
    )
  })

  test("map services shift by hundreds of metres; numbers at the edge of the shifted region end", () => {
    const hefei: [number, number] = [117.227308, 31.820587]
    for (const [id, low, high] of [
      ["gcj-02", 300, 800],
      ["bd-09", 500, 1700],
    ] as const) {
      const system = coordinateSystem(id)
      const [n, e] = system.fromLonLat(hefei)
      expect(metresApart([e, n], hefei)).toBeGreaterThan(low)
      expect(metresApart([e, n], hefei)).toBeLessThan(high)
      for (const at of [72.004, 137.8347, 72.0041, 137.8346]) expect(system.toLonLat(31, at)[0]).toBeCloseTo(at, 1)
    }
  })

  test("what cannot be a system is refused with the field", () => {
    expect(() => coordinateSystem(9999)).toThrow("EPSG:9999")
    expect(() => coordinateSystem({ central_meridian_deg: Number.NaN })).toThrow("central_meridian_deg NaN")
    expect(() => coordinateSystem({ central_meridian_deg: 117, scale: 2 })).toThrow("scale 2")
    expect(() => coordinateSystem(null as never)).toThrow("unknown")
  })

  test("geocentric metres there and back", () => {
    fc.assert(
      fc.property(lon, lat, fc.double({ min: -100, max: 5000, noNaN: true }), (lon, lat, h) => {
        const [a, b, c] = fromGeocentric(ellipsoids.beijing54, ...toGeocentric(ellipsoids.beijing54, lon, lat, h))
        expect(metresApart([a, b], [lon, lat])).toBeLessThan(1e-4)
        expect(c).toBeCloseTo(h, 5)
      }),
    )
  })
})

describe("projection files", () => {
  test.for([
    [
      "EPSG:4527",
      'PROJCS["CGCS2000 / 3-degree Gauss-Kruger zone 39",GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4490"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",117],PARAMETER["scale_factor",1],PARAMETER["false_easting",39500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Northing",NORTH],AXIS["Easting",EAST],AUTHORITY["EPSG","4527"]]',
    ],
    [
      "EPSG:4527",
      'PROJCS["CGCS2000_3_Degree_GK_Zone_39",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",39500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    ],
    [
      "EPSG:4527",
      'PROJCRS["CGCS2000 / 3-degree Gauss-Kruger zone 39",BASEGEOGCRS["China Geodetic Coordinate System 2000",DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,298.257222101,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4490]],CONVERSION["3-degree Gauss-Kruger zone 39",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],PARAMETER["Longitude of natural origin",117,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor at natural origin",1,SCALEUNIT["unity",1],ID["EPSG",8805]],PARAMETER["False easting",39500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],AXIS["northing (X)",north,ORDER[1],LENGTHUNIT["metre",1]],AXIS["easting (Y)",east,ORDER[2],LENGTHUNIT["metre",1]],ID["EPSG",4527]]',
    ],
    [
      "EPSG:4548",
      'PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    ],
    [
      "EPSG:4490",
      'GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4490"]]',
    ],
    [
      "EPSG:3857",
      'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]',
    ],
    [
      "EPSG:32650",
      'PROJCS["WGS 84 / UTM zone 50N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",117],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","32650"]]',
    ],
    [
      "EPSG:2401",
      'PROJCS["Beijing_1954_3_Degree_GK_Zone_25",GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",25500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",75.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]',
    ],
  ] as [string, string][])("%s", ([id, wkt]) => {
    const system = fromWkt(wkt)!
    expect(system.id).toBe(id)
    expect(system.needs_control_points).toBe(id === "EPSG:2401")
  })

  test("a city's own plane, and texts that are no system known here", () => {
    const city = (changed: string, to: string) =>
      `PROJCS["Own",GEOGCS["GCS",DATUM["D",SPHEROID["S",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",501700.0],PARAMETER["False_Northing",-1000.0],PARAMETER["Central_Meridian",115.48724],UNIT["Meter",1.0]]`.replace(
        changed,
        to,
      )
    expect(fromWkt(city("", ""))!.definition).toMatchObject(own)
    for (const [changed, to] of [
      ['"Meter",1.0', '"Foot_US",0.3048006'],
      ["Gauss_Kruger", "Albers"],
      ["6378137.0", "6377397.155"],
      ['"Greenwich",0.0', '"Ferro",-17.666'],
      ["115.48724", "1154.8724"],
      ["PROJCS[", "PROJCS]"],
    ] as const)
      expect(fromWkt(city(changed, to))).toBeNull()
    for (const text of ["", "EPSG:4527", "[[[[", "A[".repeat(1000)]) expect(fromWkt(text)).toBeNull()
  })

  test("no text breaks the reader", () => {
    fc.assert(fc.property(fc.string(), (text) => void fromWkt(`PROJCS[${text}`)))
  })
})

/** Normally distributed numbers (Box–Muller) from a seed. */
function noise(seed: number): () => number {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 4294967296
  }
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
}

describe("a city's own grid", () => {
  const similarity = { shift_north_m: 3_500_123.4, shift_east_m: 480_456.7, rotation_rad: 0.012, scale_ppm: 35 }
  const grid = coordinateSystem({ base: 4548, similarity })
  const places = Array.from({ length: 12 }, (_, i): [number, number] => [117.1 + (i % 4) * 0.08, 31.7 + (i % 5) * 0.06])
  const pointsOf = (system: ReturnType<typeof coordinateSystem>, spread_m: number): ControlPoint[] => {
    const normal = noise(7)
    return places.map((lon_lat, i) => {
      const [north, east] = system.fromLonLat(lon_lat)
      return { name: `K${i}`, north_m: north + normal() * spread_m, east_m: east + normal() * spread_m, lon_lat }
    })
  }

  test("four parameters come back exactly, and with noise what is left over is the noise", () => {
    const exact = fitSimilarity(pointsOf(grid, 0), 4548)
    expect(exact.rms_m).toBeLessThan(1e-5)
    expect(exact.parameters.rotation_rad).toBeCloseTo(similarity.rotation_rad, 9)
    expect(exact.parameters.scale_ppm).toBeCloseTo(similarity.scale_ppm, 3)
    expect(exact.redundant).toBe(10)
    expect(exact.suspect).toBeNull()
    const noisy = fitSimilarity(pointsOf(grid, 0.02), 4548)
    expect(noisy.rms_m).toBeGreaterThan(0.01)
    expect(noisy.rms_m).toBeLessThan(0.04)
    expect(noisy.suspect).toBeNull()
    const [north, east] = grid.fromLonLat([117.25, 31.85])
    expect(metresApart(noisy.system.toLonLat(north, east), [117.25, 31.85])).toBeLessThan(0.05)
    expect(coordinateSystem(JSON.parse(JSON.stringify(noisy.definition))).id).toBe(noisy.system.id)
  })

  test("a gross error is pointed at, also where there are only four points", () => {
    for (const count of [4, 12])
      for (const bad of [0, 2]) {
        const points = pointsOf(grid, 0.01).slice(0, count)
        points[bad] = { ...points[bad]!, north_m: points[bad]!.north_m + 3 }
        const { suspect, largest } = fitSimilarity(points, 4548)
        expect(suspect).toMatchObject({ index: bad })
        expect(suspect!.off_m).toBeGreaterThan(2)
        expect(largest.length_m).toBeGreaterThan(0.5)
      }
  })

  test("two points fit but check nothing; one, or all at one place, do not", () => {
    const points = pointsOf(grid, 0)
    expect(fitSimilarity(points.slice(0, 2), 4548)).toMatchObject({ redundant: 0, suspect: null })
    expect(() => fitSimilarity(points.slice(0, 1), 4548)).toThrow("at least 2")
    expect(() => fitSimilarity([points[0]!, points[0]!], 4548)).toThrow("one place")
    expect(() => fitSimilarity([points[0]!, { ...points[1]!, east_m: Number.NaN }], 4548)).toThrow("K1: east NaN")
  })

  const shift = {
    tx_m: -15.5,
    ty_m: 120.2,
    tz_m: -60.7,
    rx_arcsec: 0.5,
    ry_arcsec: -1.2,
    rz_arcsec: 2.3,
    scale_ppm: 4.5,
  }
  const plane = { central_meridian_deg: 117, ellipsoid: "beijing54" } as const

  test("the seven-parameter shift agrees with PROJ's helmert step", () => {
    // cct -d 9 +proj=pipeline … +proj=helmert … +convention=position_vector, from Krassowsky to GRS 80, of 117.2 31.8.
    const [lon, lat, h] = fromGeocentric(
      ellipsoids.cgcs2000,
      ...bursaWolf(shift)(toGeocentric(ellipsoids.beijing54, 117.2, 31.8)),
    )
    expect(lon).toBeCloseTo(117.200425962, 8)
    expect(lat).toBeCloseTo(31.798985161, 8)
    expect(h).toBeCloseTo(202.31148162, 4)
  })

  test("seven parameters: places come back, there and back agrees, a gross error is pointed at", () => {
    const system = coordinateSystem({ plane, bursa_wolf: shift })
    for (const place of places) {
      const [north, east] = system.fromLonLat(place)
      expect(metresApart(system.toLonLat(north, east), place)).toBeLessThan(1e-3)
    }
    const points = pointsOf(system, 0.01)
    const fit = fitBursaWolf(points, plane)
    expect(fit.rms_m).toBeLessThan(0.03)
    expect(fit.suspect).toBeNull()
    const [north, east] = system.fromLonLat([117.25, 31.85])
    expect(metresApart(fit.system.toLonLat(north, east), [117.25, 31.85])).toBeLessThan(0.05)
    points[5] = { ...points[5]!, east_m: points[5]!.east_m - 2 }
    expect(fitBursaWolf(points, plane).suspect).toMatchObject({ index: 5 })
    expect(() => fitBursaWolf(points.slice(0, 2), plane)).toThrow("at least 3")
  })
})

describe("proposals", () => {
  /** Numbers of a small survey around a place, in the order of the file. */
  const survey = (epsg: number, place: [number, number], swapped: boolean): [Float64Array, Float64Array] => {
    const system = coordinateSystem(epsg)
    const rows = Array.from({ length: 50 }, (_, i) =>
      system.fromLonLat([place[0] + (i % 7) * 0.002, place[1] + (i % 5) * 0.002]),
    )
    const north = Float64Array.from(rows, (r) => r[0])
    const east = Float64Array.from(rows, (r) => r[1])
    return swapped ? [east, north] : [north, east]
  }

  test("every zone used in China, numbered or not, swapped or not, comes first where the city is known", () => {
    for (const width of [3, 6] as const)
      for (let zone: number = zones[width].first; zone <= zones[width].last; zone++)
        for (const numbered of [true, false])
          for (const swapped of [false, true]) {
            const code = (width === 3 ? (numbered ? 4513 : 4534) : numbered ? 4491 : 4502) + zone - zones[width].first
            // Beyond a 3° zone's edge, so that only the 6° zone can hold it.
            const place: [number, number] = [meridianOf(zone, width) + (width === 3 ? 0.8 : 2.6), 34]
            const { groups, unreadable } = proposeSystems(...survey(code, place, swapped), place)
            const best = groups[0]!.proposals[0]!
            expect([code, groups.length, best.system!.id, best.swapped]).toEqual([code, 1, `EPSG:${code}`, swapped])
            expect(best.confidence).toBeGreaterThan(width === 6 && !numbered ? 0.05 : 0.85)
            expect(best.because.zh.includes("颠倒")).toBe(swapped)
            expect(metresApart(best.centre!, place)).toBeLessThan(2000)
            expect(unreadable.length).toBe(0)
          }
  })

  test("without the city, a numbered zone is still known and an unnumbered one is not", () => {
    const [x, y] = survey(4527, [117.2, 31.8], false)
    expect(proposeSystems(x, y, null).groups[0]!.proposals[0]).toMatchObject({ system: { id: "EPSG:4527" } })
    const [u, v] = survey(4548, [117.2, 31.8], false)
    const { proposals } = proposeSystems(u, v, null).groups[0]!
    expect(proposals.filter((p) => p.system).length).toBeGreaterThan(20)
    for (const p of proposals) expect(p.confidence).toBeLessThan(0.1)
  })

  test("a zone number that leads elsewhere: the city's own zone is proposed before it", () => {
    // Coordinates of zone 39 under the number 38.
    const [x, y] = survey(4527, [117.2, 31.8], false)
    const wrong = y.map((east) => east - 1e6)
    const [first, second] = proposeSystems(x, wrong, [117.25, 31.85]).groups[0]!.proposals
    expect(first!.system!.definition).toEqual({ central_meridian_deg: 117, false_easting_m: 38_500_000 })
    expect(first!.because.zh).toContain("带号 38 可能写错")
    expect(second!.system!.id).toBe("EPSG:4526")
    expect(second!.distance_km).toBeGreaterThan(200)
  })

  test("mixed zones and orders become groups, rows without numbers are named", () => {
    const [x1, y1] = survey(4527, [118.4, 31.8], false)
    const [x2, y2] = survey(4528, [118.6, 31.8], false)
    const [x3, y3] = survey(4527, [118.4, 31.8], true)
    const x = Float64Array.of(...x1, ...x2.slice(0, 20), ...x3.slice(0, 5), Number.NaN)
    const y = Float64Array.of(...y1, ...y2.slice(0, 20), ...y3.slice(0, 5), 1)
    const { groups, unreadable } = proposeSystems(x, y, [118.5, 31.8])
    expect(groups.map((g) => [g.rows.length, g.proposals[0]!.system!.id, g.proposals[0]!.swapped])).toEqual([
      [50, "EPSG:4527", false],
      [20, "EPSG:4528", false],
      [5, "EPSG:4527", true],
    ])
    expect([...groups[1]!.rows.subarray(0, 2)]).toEqual([50, 51])
    expect([...unreadable]).toEqual([75])
  })

  test("degrees in both orders, Web Mercator, UTM among the possible, and a local grid", () => {
    const near: [number, number] = [117.2, 31.8]
    const first = (epsg: number, swapped: boolean) =>
      proposeSystems(...survey(epsg, near, swapped), near).groups[0]!.proposals
    expect(first(4490, false).map((p) => p.system?.id)).toEqual(["EPSG:4490", "GCJ-02", "BD-09", "EPSG:4326"])
    expect(first(4490, true)[0]).toMatchObject({ swapped: true })
    expect(first(3857, true)[0]).toMatchObject({ system: { id: "EPSG:3857" }, swapped: true })
    expect(first(32650, false).some((p) => p.system?.id === "EPSG:32650")).toBe(true)
    const local = proposeSystems(Float64Array.of(1234.5, 2345.6), Float64Array.of(5678.9, 6789), near).groups[0]!
    expect(local.proposals).toMatchObject([{ system: null, confidence: 0.8 }])
    expect(proposeSystems(new Float64Array(0), new Float64Array(0), near)).toEqual({
      groups: [],
      unreadable: new Int32Array(0),
    })
    expect(() => proposeSystems(new Float64Array(1), new Float64Array(2), near)).toThrow("give both")
  })

  test("degrees with three decimals or fewer are found", () => {
    const lon = Float64Array.of(117.227, 117.227308, 117.2, 117.227)
    const lat = Float64Array.of(31.82, 31.820587, 31.820587, 31.8205871)
    expect([...coarseDegrees(lon, lat)]).toEqual([0])
    expect([...coarseDegrees(lon, lat, 6)]).toEqual([0, 1, 2])
  })
})
