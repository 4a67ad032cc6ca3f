import fc from "fast-check"
import { describe, expect, it } from "vitest"
import gas from "./index.ts"

const read = gas.imports![0]!.read
const feature = (properties: object, geometry: unknown) => ({ type: "Feature", properties, geometry })
const collection = (...features: unknown[]) => JSON.stringify({ type: "FeatureCollection", features })
const line = {
  type: "LineString",
  coordinates: [
    [117.28, 31.86],
    [117.29, 31.86],
  ],
}
const point = { type: "Point", coordinates: [117.28, 31.86] }
const pipe = (code: string) => feature({ kind: "gas_pipe", code, name: "", attributes: { diameter_mm: 200 } }, line)
const well = feature({ kind: "well", code: 7, well_class: "power", gas_m: 3 }, point)
const device = {
  code: "CH4-7",
  name: "甲烷 7",
  kind: "methane_monitor",
  asset_code: "7",
  points: [{ indicator: "methane_vol_pct", unit: "%LEL", interval_ms: 10_000, value_kind: "instant" }],
}
const none = { companion: null, origin: null }

describe("GeoJSON import", () => {
  it("reads pipes, wells and the devices beside them", () => {
    const city = read(collection(pipe("G1"), well), { companion: { devices: [device] }, origin: null })
    expect(city.problems).toEqual([])
    expect(city.assets.map((a) => [a.kind, a.code, a.name, a.geometry.type])).toEqual([
      ["gas_pipe", "G1", null, "LineString"],
      ["well", "7", null, "Point"],
    ])
    expect(city.assets[1]!.attributes).toEqual({ well_class: "power", gas_m: 3 })
    expect(city.devices).toEqual([device])
    expect(city.schematic).toBe(false)
  })

  it("takes a multi-part line with one part, and heights", () => {
    const multi = {
      type: "MultiLineString",
      coordinates: [
        [
          [117.28, 31.86, 20],
          [117.29, 31.86, 21],
        ],
      ],
    }
    const city = read(collection(feature({ kind: "gas_pipe", code: "G1", attributes: {} }, multi)), none)
    expect(city.assets[0]!.geometry).toEqual(line)
  })

  it("says feature, field, value and what to do", () => {
    const cases: [string, number | null, string, string][] = [
      ["not json", null, "file", "The file is not JSON"],
      [JSON.stringify({ type: "Feature" }), null, "type", "must be a GeoJSON FeatureCollection"],
      [collection(pipe("G1"), pipe("G1")), 2, "code", "has the code G1 of feature 1"],
      [collection(feature({ kind: "pipe", code: "x" }, line)), 1, "kind", 'unknown kind "pipe"; use one of gas_pipe'],
      [collection(feature({ kind: "well" }, point)), 1, "code", "has no code"],
      [collection(feature({ kind: "well", code: "w" }, line)), 1, "geometry.type", "must be a Point, it is LineString"],
      [
        collection(feature({ kind: "well", code: "w" }, { type: "Point", coordinates: [3526000, 500000] })),
        1,
        "geometry.coordinates",
        "is not longitude, latitude in WGS 84 degrees",
      ],
      [
        collection(feature({ kind: "gas_pipe", code: "g" }, { type: "LineString", coordinates: [[117, 31]] })),
        1,
        "geometry.coordinates",
        "needs 2 to 10000 positions",
      ],
      [
        collection(feature({ kind: "well", code: "w", attributes: { gas_m: [3] } }, point)),
        1,
        "attributes.gas_m",
        "must be a text, a number, true or false",
      ],
      [
        JSON.stringify({ type: "FeatureCollection", features: [], crs: { properties: { name: "EPSG:4548" } } }),
        null,
        "crs",
        "convert the file first",
      ],
    ]
    for (const [text, feature_number, field, sentence] of cases) {
      const { problems } = read(text, none)
      expect(problems[0]).toMatchObject({ line: feature_number, field, blocks: true })
      expect(problems[0]!.words.en).toContain(sentence)
    }
  })

  it("checks the companion", () => {
    const said = (companion: unknown) => read(collection(well), { companion, origin: null }).problems[0]?.words.en ?? ""
    expect(said([])).toContain('must be {"devices"')
    expect(said({ devices: [{ ...device, code: "a/b" }] })).toContain("needs a code without spaces")
    expect(said({ devices: [{ ...device, asset_code: "8" }] })).toContain(
      "stands at 8, which is not in the network file",
    )
    expect(said({ devices: [device, device] })).toContain("stands twice")
    expect(said({ devices: [{ ...device, points: [] }] })).toContain("needs 1 to 50 points")
    const wrong = (more: object) => said({ devices: [{ ...device, points: [{ ...device.points[0], ...more }] }] })
    expect(wrong({ indicator: "smell" })).toContain("unknown indicator; use one of methane_vol_pct")
    expect(wrong({ interval_ms: 0 })).toContain("must be 1 to 86400000")
    expect(wrong({ value_kind: "mean" })).toContain("must be one of instant")
  })

  it("takes any JSON for features without an error", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), (features) => {
        const city = read(collection(...features), none)
        expect(city.assets.length + city.problems.length).toBeGreaterThanOrEqual(Math.min(1, features.length))
      }),
    )
  })
})

it("fills a well past the upper limit within ten minutes of a leak", () => {
  const leak = gas.simulation!.faults.find((fault) => fault.id === "gas-leak")!
  expect(leak.value(0.05, 0)).toBeCloseTo(0.05)
  expect(leak.value(0.05, 60_000)).toBeGreaterThan(1)
  expect(leak.value(0.05, 600_000)).toBeGreaterThan(5)
})
