import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { readCity } from "./import.ts"

const inp = `[TITLE]
Small town
[JUNCTIONS]
;ID Elev Demand
 a  10  1.5 ;AMR
 b  11  2
 c  12  0
 d  9   3
[RESERVOIRS]
 R 50
[TANKS]
 T 60 2 0 4 10 0
[PIPES]
 M1 R a 100 300 130 0 Open ;name=进水总管
 P1 a b 200 150 120 0 Open ;material=PE year=2009 breaks=1 people=120 name=人民路
 M2 b c 50 200 120 0 Open
 P2 c d 80 100 110 0 Open
 P3 d a 90 100 110 0 Closed
[PUMPS]
 PU c T HEAD 1
[OPTIONS]
 Units CMH
[COORDINATES]
 a 0 0
 b 200 0
 c 250 0
 d 250 80
 R -100 0
 T 300 0
[VERTICES]
 P1 100 30
[END]
`
const companion = {
  pressure_sensors: ["a", "d"],
  flow_sensors: { ids: ["M1", "M2"], interval_s: 30 },
  level_sensors: ["T"],
  amrs: ["a"],
}
const origin: [number, number] = [117, 31]

describe("readCity", () => {
  test("assets, attributes from the comment, geometry around the origin", () => {
    const city = readCity(inp, { companion, origin })
    expect(city.problems).toEqual([])
    const pipe = city.assets.find((a) => a.code === "P1")!
    expect(pipe.name).toBe("人民路")
    expect(pipe.attributes).toMatchObject({
      material: "PE",
      installed_year: 2009,
      breaks: 1,
      people_served: 120,
      diameter_mm: 150,
    })
    expect(pipe.geometry.type === "LineString" && pipe.geometry.coordinates.length).toBe(3)
    const at = (code: string): number[] => city.assets.find((a) => a.code === code)!.geometry.coordinates as number[]
    // The box runs from −100 to 300 m: its middle is the origin, and 200 m are 200 m on the ground.
    expect(at("a")[0]! - 117).toBeLessThan(0)
    const metres = (at("b")[0]! - at("a")[0]!) * 111_195 * Math.cos((31 * Math.PI) / 180)
    expect(metres).toBeCloseTo(200, 0)
    expect(city.assets.find((a) => a.code === "P2")!.attributes.material).toBe(null)
  })

  test("areas are cut at flow meters and closed pipes", () => {
    const { areas } = readCity(inp, { companion, origin })
    expect(areas.map((a) => [a.code, a.meters.map((m) => `${m.sign}${m.device_code}`).sort(), a.tanks.length])).toEqual(
      [
        ["DMA-1", ["-1flow-M2", "1flow-M1"], 0],
        ["DMA-2", ["1flow-M2"], 1],
      ],
    )
    expect(areas[0]!.asset_codes).toEqual(expect.arrayContaining(["a", "b", "P1", "M1"]))
  })

  test("a node that is sensor and customer gives two devices with their own codes and rhythms", () => {
    const { devices } = readCity(inp, { companion, origin })
    expect(devices.map((d) => d.code)).toEqual(["pressure-a", "pressure-d", "flow-M1", "flow-M2", "level-T", "meter-a"])
    expect(devices.map((d) => d.points[0]!.interval_ms / 1000)).toEqual([300, 300, 30, 30, 300, 3600])
    expect(devices[5]!.points[0]!.value_kind).toBe("interval_mean")
  })

  test("bad lines become problems with line, field and value, and block", () => {
    const bad = inp
      .replace("P2 c d 80", "P2 c zz 80")
      .replace("P1 a b 200 150", "P1 a b zwei -5")
      .replace(" d 250 80\n", "")
    const { problems } = readCity(bad, { companion: { pressure_sensors: ["nope"] }, origin: null })
    expect(problems.filter((p) => p.blocks).map((p) => [p.line !== null, p.field, p.value])).toEqual([
      [true, "length", "zwei"],
      [true, "length", "0"],
      [true, "diameter", "-5"],
      [true, "node 2", "zz"],
      [true, "coordinates", "d"],
      [false, "origin", ""],
      [false, "pressure_sensors", "nope"],
    ])
    for (const p of problems) expect(p.words.zh && p.words.en).toBeTruthy()
  })

  test("feet and inches become metres and millimetres", () => {
    const us = readCity(inp.replace("Units CMH", "Units GPM"), { companion, origin })
    expect(us.assets.find((a) => a.code === "P1")!.attributes).toMatchObject({ length_m: 60.96, diameter_mm: 3810 })
  })

  test("no text makes it throw", () => {
    const line = fc.oneof(
      fc.constantFrom("[PIPES]", "[JUNCTIONS]", "[COORDINATES]", "[TANKS]", "[", "[X]", "a b c", "a 1 2 3 4 5 6 7"),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.jsonValue(), (lines, extra) => {
        const city = readCity(lines.join("\n"), { companion: extra, origin })
        expect(Array.isArray(city.problems)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
