/** Damaged, hostile and huge files: a clear refusal or tables, never a crash, a hang or silence. */

import { writeFileSync } from "node:fs"
import { gunzipSync, gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { ProblemError } from "../../model/index.ts"
import type { readTables } from "./index.ts"
import { bytesOfFixture, chance, fixture, inFolder, readBytes, rowOf, tablesOf } from "./testing.ts"
import { openZipWriter } from "./write/sink.ts"

/** A zip with these members as bytes of a file. */
const zipped = (members: Record<string, string | Uint8Array>) =>
  inFolder(async (folder) => {
    const zip = await openZipWriter(`${folder}/a.zip`, "a.zip")
    for (const [name, content] of Object.entries(members)) await zip.add(name, [Buffer.from(content)])
    await zip.end()
    await zip.close()
    const { readFileSync } = await import("node:fs")
    return readFileSync(`${folder}/a.zip`)
  })

const workbook = (sheet: string, shared = "") =>
  zipped({
    "xl/workbook.xml": `<workbook><sheets><sheet name="S" sheetId="1"/></sheets></workbook>`,
    "xl/worksheets/sheet1.xml": sheet,
    ...(shared ? { "xl/sharedStrings.xml": shared } : {}),
  })

/** The refusal of a file: its code and English words. */
async function refusalOf(bytes: string | Uint8Array, name: string, options?: Parameters<typeof readTables>[2]) {
  const error = await readBytes(bytes, name, options).then(
    () => null,
    (e: unknown) => e,
  )
  if (!(error instanceof ProblemError)) throw error ?? new Error("was not refused")
  expect(error.problem.title.en).toContain(name)
  expect(error.problem.title.zh).toContain(name)
  return `${error.problem.code}: ${error.problem.title.en}`
}

describe("refusals that say what to do", () => {
  it("formats", async () => {
    expect(await refusalOf("x", "a.xls")).toMatch(/file-format-unknown.*save it as XLSX/)
    expect(await refusalOf("x", "a.dwg")).toMatch(/file-format-unknown.*save it as DXF/)
    expect(await refusalOf("x", "a.exe")).toMatch(/file-format-unknown.*CSV, XLSX, MDB/)
    expect(await refusalOf("", "a.csv")).toMatch(/file-unreadable.*empty/)
    expect(await refusalOf("点号,X\n", "a.xlsx")).toMatch(/file-unreadable.*no XLSX/)
    expect(await refusalOf(bytesOfFixture("points-gdal.xlsx"), "a.csv")).toMatch(/ending does not fit/)
    expect(await refusalOf(Buffer.from("d0cf11e0a1b11ae1", "hex"), "a.xlsx")).toMatch(/old XLS or an encrypted/)
    expect(await refusalOf("AutoCAD Binary DXF\r\n", "a.dxf")).toMatch(/binary DXF/)
    await expect(tablesOf("/nowhere/a.csv", "a.csv")).rejects.toThrow(/missing/)
  })

  it("texts", async () => {
    expect(await refusalOf("a,b\n1,2\n3,\0", "a.csv")).toMatch(/zero byte near line 3/)
    expect(await refusalOf('a,b\n1,2\n"3,4\n', "a.csv")).toMatch(/quote opened on line 3 is never closed/)
    expect(await refusalOf(`a,${"x".repeat(40_000)}\n`, "a.csv")).toMatch(/file-too-large.*longer than 32767/)
    const noise = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i % 40 === 39 ? 10 : i % 2 ? 0xff : 0x41)))
    expect(await refusalOf(noise, "a.csv")).toMatch(/neither UTF-8 nor GB18030/)
  })

  it("too many rows, columns and bytes", async () => {
    expect(await refusalOf("a\n1\n2\n3\n", "a.csv", { limits: { rows_max: 3 } })).toMatch(/more than 3 rows/)
    expect(await refusalOf("a,b,c\n", "a.csv", { limits: { columns_max: 2 } })).toMatch(/more than 2 columns/)
    expect(await refusalOf("a,b,c\n", "a.csv", { limits: { bytes_max: 5 } })).toMatch(/6 bytes, the limit is 5/)
    const [wide] = await readBytes(`${Array.from({ length: 300 }, (_, i) => `列${i}`).join(",")}\n`, "a.csv")
    expect(wide!.cells).toHaveLength(300)
  })

  it("zip bombs, by what they claim and by what comes out", async () => {
    const zeros = await zipped({ "a.csv": Buffer.alloc(70 * 1024 ** 2, 48) })
    expect(zeros.length).toBeLessThan(200_000)
    expect(await refusalOf(zeros, "a.zip")).toMatch(/file-too-large.*zip bomb/)
    const claim = Buffer.from(await zipped({ "a.csv": "a,b\n" }))
    claim.writeUInt32LE(0xfffffff0, claim.indexOf(Buffer.from("PK\x01\x02")) + 24)
    expect(await refusalOf(claim, "a.zip", { limits: { unpacked_bytes_max: 10_000 } })).toMatch(/file-too-large/)
    expect(
      await refusalOf(gzipSync(Buffer.alloc(100_000, 48)), "a.csv.gz", { limits: { unpacked_bytes_max: 10_000 } }),
    ).toMatch(/zip bomb/)
    expect(await refusalOf(bytesOfFixture("points-gbk.zip").subarray(0, 900), "a.zip")).toMatch(/cut short or damaged/)
    expect(await refusalOf(bytesOfFixture("survey.gpkg.gz").subarray(0, 900), "a.gpkg.gz")).toMatch(
      /cut short or damaged/,
    )
    expect(await refusalOf(await zipped({ "a.pdf": "x" }), "a.zip")).toMatch(/holds no file that is read/)
  })

  it("members that would leave the folder stay in it", async () => {
    const bytes = Buffer.from(await zipped({ "..a/..a/evil.csv": "a,b\n1,2\n" }))
    for (let at = bytes.indexOf("..a/"); at >= 0; at = bytes.indexOf("..a/", at + 1)) bytes.write("/../", at)
    await readBytes(bytes, "a.zip").then(
      (tables) => expect(tables[0]!.rows.length).toBe(2),
      (error: unknown) => expect(error).toBeInstanceOf(ProblemError),
    )
  })
})

describe("workbooks", () => {
  it("refuses document types: entities that grow or fetch", async () => {
    const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "${"&lol;".repeat(10)}">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&lol2;</t></is></c></row></sheetData></worksheet>`
    expect(await refusalOf(await workbook(laughs), "a.xlsx")).toMatch(/declares a document type/)
    expect(
      await refusalOf(await workbook("<worksheet/>", `<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>`), "a.xlsx"),
    ).toMatch(/declares a document type/)
  })

  it("leaves unknown entities as they stand, and says which shared text is missing", async () => {
    const sheet = `<worksheet><sheetData><row r="7"><c r="A7" t="inlineStr"><is><t>&lol;&lt;&#x4e2d;</t></is></c><c r="B7" t="s"><v>99</v></c><c r="C7" t="e"><v>#REF!</v></c></row></sheetData></worksheet>`
    const [table] = await readBytes(await workbook(sheet), "a.xlsx")
    expect(rowOf(table!, 0)).toEqual(["&lol;<中", null, "#REF!"])
    expect(table!.problems.map((p) => [p.row, p.field, p.value])).toEqual([
      [7, "B", "99"],
      [7, "C", "#REF!"],
    ])
  })

  it("refuses sheets cut short and cells far to the right", async () => {
    expect(await refusalOf(await workbook("<worksheet><sheetData><row>"), "a.xlsx")).toMatch(/cut short/)
    expect(
      await refusalOf(
        await workbook(`<worksheet><sheetData><row><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>`),
        "a.xlsx",
      ),
    ).toMatch(/more than 500 columns/)
    expect(await refusalOf(bytesOfFixture("sheet-openpyxl.xlsx").subarray(0, 5000), "a.xlsx")).toMatch(
      /cut short or damaged/,
    )
    expect(await refusalOf(await zipped({ "a.txt": "x" }), "a.xlsx")).toMatch(/no XLSX workbook/)
  })
})

describe("what can be read of a damaged file is kept", () => {
  /** The files of a zipped shapefile, the .shp cut to some bytes. */
  const cutShape = (bytes: number) =>
    inFolder(async (folder) => {
      const { openZip } = await import("./read/zip.ts")
      const { read_limits } = await import("./contract.ts")
      const archive = await openZip({
        path: fixture("points-gbk.zip"),
        file: "a.zip",
        limits: read_limits,
        options: {},
      })
      for (const member of archive.members) {
        const pieces: Buffer[] = []
        for await (const piece of await member.stream()) pieces.push(piece as Buffer)
        const content = Buffer.concat(pieces)
        writeFileSync(`${folder}/${member.name}`, member.name.endsWith(".shp") ? content.subarray(0, bytes) : content)
      }
      archive.close()
      return tablesOf(`${folder}/JSPOINT.shp`, "JSPOINT.shp")
    })

  it("a shapefile cut short: the records before the break, and its number", async () => {
    // A header of 100 bytes, then 36 for each point with a height.
    const [table] = await cutShape(100 + 36 * 12 + 20)
    expect(table!.rows.length).toBe(12)
    expect(table!.problems.map((p) => [p.row, p.field])).toEqual([
      [null, ".shp"],
      [13, ".shp"],
    ])
    expect(table!.problems[1]!.words.en).toContain("breaks off at record 13 of 30")
  })

  it("a drawing cut short", async () => {
    const [table] = await readBytes(bytesOfFixture("notes-gbk.dxf").subarray(0, 9_000), "a.dxf")
    expect(table!.problems.some((p) => p.field === "EOF")).toBe(true)
  })

  it("GeoJSON in the encoding of a Chinese desktop", async () => {
    const { encodeGbk } = await import("./write/gbk.ts")
    const text = bytesOfFixture("points.geojson").toString("utf8")
    const lost = () => expect.unreachable("every character of it is in GBK")
    const [table] = await readBytes(encodeGbk(text, lost), "a.geojson")
    expect(table!.columns!.slice(0, 2)).toEqual(["管线点号", "特征"])
    expect(rowOf(table!, 2).slice(0, 2)).toEqual(["JS002", "直线点"])
  })

  it("a few spoilt bytes do not change the encoding of a text", async () => {
    const bytes = Buffer.from(bytesOfFixture("points.csv"))
    const at = bytes.indexOf("直线点")
    bytes[at + 1] = 0x20
    const [table] = await readBytes(bytes, "a.csv")
    expect(rowOf(table!, 0)[3]).toBe("管线点号")
    expect(table!.problems).toHaveLength(1)
    expect(table!.problems[0]!.words.en).toContain("cannot be read")
  })
})

it("stops where it is told to", async () => {
  const stop = new AbortController()
  const lines = Array.from({ length: 200_000 }, (_, i) => `${i},b,c`).join("\n")
  const reading = readBytes(lines, "a.csv", { signal: stop.signal, progress: () => stop.abort() })
  await expect(reading).rejects.toMatchObject({ name: "AbortError" })
})

it("gives up a database that is none, and stops its thread when told to", async () => {
  const bytes = Buffer.alloc(40_960, 7)
  expect(await refusalOf(bytes, "a.mdb")).toMatch(/file-unreadable.*compact and repair/)
  const stop = new AbortController()
  const reading = readBytes(bytes, "a.accdb", { signal: stop.signal })
  stop.abort()
  await expect(reading).rejects.toMatchObject({ name: "AbortError" })
})

describe("bytes changed by chance", () => {
  const files = [
    "points-gbk.zip",
    "lines-z-gbk.zip",
    "areas-utf8.zip",
    "survey.gpkg.gz",
    "points.geojson",
    "lines.geojsonl",
    "points.csv",
    "points-gbk.csv",
    "points-utf16.csv",
    "points-gdal.xlsx",
    "sheet-libreoffice.xlsx",
    "lines.dxf",
    "notes-gbk.dxf",
  ]
  it.each(files)("%s gives tables or a refusal", async (name) => {
    const packed = bytesOfFixture(name)
    const bytes = name.endsWith(".gz") ? gunzipSync(packed) : packed
    const random = chance(11)
    let refused = 0
    for (let round = 0; round < 40; round++) {
      const spoilt = Buffer.from(bytes)
      const reach = round % 4 === 3 ? Math.min(4096, bytes.length) : bytes.length
      for (let n = 1 + Math.floor(random() * 8); n > 0; n--)
        spoilt[Math.floor(random() * reach)] = Math.floor(random() * 256)
      const cut = round % 4 === 2 ? spoilt.subarray(0, Math.floor(random() * bytes.length)) : spoilt
      try {
        for (const table of await readBytes(cut, name.replace(/\.gz$/, "")))
          for (const cells of table.cells) expect(cells).toHaveLength(table.rows.length)
      } catch (error) {
        expect(error).toBeInstanceOf(ProblemError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(0)
  })

  it("a stray quote in XML costs no more than reading does", async () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => `<node id="${i}" lat="1" lon="2"/>\n`).join("")
    await expect(readBytes(`<osm><node id="0 lat="1"/>${nodes}</osm>`, "a.osm")).rejects.toBeInstanceOf(ProblemError)
  })
})
