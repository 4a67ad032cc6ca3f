import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import drainage from "./index.ts"
import { readDrainage } from "./swmm.ts"
import { looksLikeSwmm } from "./swmm-file.ts"

const origin: [number, number] = [117.2, 31.8]
const small = `[TITLE]
a basin
[OPTIONS]
FLOW_UNITS CFS
LINK_OFFSETS DEPTH
[JUNCTIONS]
;;Name Invert MaxDepth
J1 100 10 0 0 0
J2 90 0
[DIVIDERS]
D1 95 C2 CUTOFF 1.0
[OUTFALLS]
O1 80 FREE
[STORAGE]
S1 85 12 0 TABULAR Curve1
[CONDUITS]
C1 J1 J2 400 0.013 2 *
C2 D1 O1 100 0.02 0 0
[PUMPS]
P1 S1 O1 Curve2 ON
[ORIFICES]
R1 J2 S1 BOTTOM 0 0.6
[WEIRS]
J1 J2 O1 TRANSVERSE 5 3.3
[XSECTIONS]
C1 CIRCULAR 4 0 0 0
C2 TRAPEZOIDAL 2 3 1 1
R1 RECT_CLOSED 1 2
[COORDINATES]
J1 0 0
J2 1000 0
D1 1000 1000
O1 2000 0
S1 0 1000
[VERTICES]
C1 500 100
[POLLUTANTS]
TSS MG/L
`

describe("a SWMM file", () => {
  it("becomes assets in metres, with inverts from offsets and sizes from cross-sections", () => {
    const { assets, problems, schematic } = readDrainage(small, origin)
    expect(problems).toEqual([])
    expect(schematic).toBe(true)
    const of = (code: string) => assets.find((asset) => asset.code === code)!
    expect(assets.map(({ kind, code }) => [kind, code])).toEqual([
      ["manhole", "J1"],
      ["manhole", "J2"],
      ["outfall", "O1"],
      ["manhole", "D1"],
      ["storage_unit", "S1"],
      ["sewer", "C1"],
      ["sewer", "C2"],
      ["pumping_station", "P1"],
      ["sluice", "R1"],
      ["sluice", "sluice-J1"],
    ])
    expect(of("J1").attributes).toEqual({ invert_m: 30.48, ground_m: 33.528 })
    expect(of("J2").attributes).toEqual({ invert_m: 27.432 })
    expect(of("C1").attributes).toEqual({
      from_node: "J1",
      to_node: "J2",
      length_m: 121.92,
      roughness: 0.013,
      diameter_mm: 1219.2,
      from_elevation_m: 31.0896,
      to_elevation_m: 27.432,
    })
    expect(of("C2").attributes).toMatchObject({ height_mm: 609.6, width_mm: 2133.6 })
    const { geometry } = of("C1")
    expect(geometry.type === "LineString" && geometry.coordinates.length).toBe(3)
    // 1,000 feet apart on the ground, whatever the units of the map: they are the flow's.
    const [a, b] = [of("J1"), of("J2")].map((asset) => asset.geometry.coordinates as [number, number])
    expect((b![0] - a![0]) * 111_195.08 * Math.cos((31.8 * Math.PI) / 180)).toBeCloseTo(304.8, 2)
  })

  it("takes offsets as heights and units as metric where the options say so", () => {
    const metric = small
      .replace("CFS", "LPS")
      .replace("LINK_OFFSETS DEPTH", "LINK_OFFSETS ELEVATION")
      .replace("0.013 2 *", "0.013 101 *")
    const { assets } = readDrainage(metric, origin)
    expect(assets.find(({ code }) => code === "C1")!.attributes).toMatchObject({
      length_m: 400,
      diameter_mm: 4000,
      from_elevation_m: 101,
      to_elevation_m: 90,
    })
  })

  it("says what is wrong on which line", () => {
    const { problems } = readDrainage(small.replace("C1 J1 J2 400", "C1 J1 JX 4oo").replace("J2 90", "J1 90x"), null)
    expect(problems.filter(({ blocks }) => blocks).map(({ line, field, value }) => [line, field, value])).toEqual(
      expect.arrayContaining([
        [9, "invert", "90x"],
        [9, "id", "J1"],
        [null, "origin", ""],
        [17, "to_node", "JX"],
      ]),
    )
  })

  it("is told from an EPANET file", () => {
    expect(looksLikeSwmm(small)).toBe(true)
    expect(looksLikeSwmm("[JUNCTIONS]\nJ1 1\n[RESERVOIRS]\nR 1\n[TANKS]\n[PIPES]\nP J1 R 1 1 1\n")).toBe(false)
  })
})

const data = process.env.LIFELINE_TEST_DATA ?? ""
const there = existsSync(join(data, "swmm-nrtests"))
if (!there) console.warn("LIFELINE_TEST_DATA is not set: SWMM's own test files are not read")
it.skipIf(!there)(
  "reads SWMM's own tests and the pystorms networks with as many things as their sections have rows",
  () => {
    const files = ["swmm-nrtests", "pystorms"].flatMap((folder) =>
      readdirSync(join(data, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.inp(\.gz)?$/.test(name))
        .map((name) => join(data, folder, name)),
    )
    const declared = new Map(drainage.assets.map((kind) => [kind.kind, kind.geometry]))
    const shapes = { point: "Point", line: "LineString", area: "Polygon" }
    let [read, assets_read, refused] = [0, 0, [] as string[]]
    for (const path of files) {
      const bytes = readFileSync(path)
      const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1")
      expect(looksLikeSwmm(text), path).toBe(true)
      const { assets, problems } = readDrainage(text, origin)
      const blocking = problems.filter(({ blocks }) => blocks)
      if (blocking.length > 0) {
        refused.push(`${path.split("/").slice(-2).join("/")}: ${blocking[0]!.words.en}`)
        continue
      }
      // Counted without the reader: rows of the sections of nodes and links.
      const rows = text.split(/\r?\n/).reduce<{ within: boolean; n: number }>(
        ({ within, n }, line) => {
          const header = /^\s*\[(\w+)/.exec(line)?.[1]?.toUpperCase()
          if (header !== undefined)
            return { within: /^(JUNC|OUTF|DIVIDER|STORAGE|COND|PUMP|ORIF|WEIR|OUTL)/.test(header), n }
          return { within, n: n + Number(within && /^\s*[^;\s]/.test(line)) }
        },
        { within: false, n: 0 },
      ).n
      expect(assets.length, path).toBe(rows)
      for (const { kind, geometry } of assets) expect(geometry.type, path).toBe(shapes[declared.get(kind)!])
      const lengths = assets.flatMap(({ kind, attributes }) => (kind === "sewer" ? [Number(attributes.length_m)] : []))
      expect(
        lengths.every((length_m) => length_m > 0),
        path,
      ).toBe(true)
      read++
      assets_read += assets.length
    }
    console.log(`${read} of ${files.length} SWMM files, ${assets_read} assets`, refused)
    // Two of the tests are of rain and ground alone: there is nothing in them to come in.
    expect(refused.map((one) => one.replace(/:.*/, ""))).toEqual([
      "update_v5111/ncdc_format.inp",
      "update_v5111/porous_pavement.inp",
    ])
  },
)
