import fc from "fast-check"
import { expect, it } from "vitest"
import { burialCode, classInName, materialCode } from "./codes.ts"
import { cellText, plainName } from "./text.ts"
import { readDate, readNumber, readSection } from "./values.ts"

const wide = (text: string): string => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))

it("reads back every number in every style it is written in", () => {
  const number = fc
    .double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
    .map((value) => Number(value.toFixed(3)))
  fc.assert(
    fc.property(
      number,
      fc.constantFrom("", " ", "\u3000", "\u00a0"),
      fc.boolean(),
      fc.boolean(),
      (value, blank, full, grouped) => {
        const plain = grouped ? value.toLocaleString("en-US", { maximumFractionDigits: 3 }) : String(value)
        const written = full ? wide(plain) : plain
        expect(readNumber(cellText(`${blank}${written}${blank}`))).toBeCloseTo(value, 6)
        expect(readNumber(cellText(`${written}m`), "m")).toBeCloseTo(value, 6)
        expect(readNumber(cellText(`${written} mm`), "m")).toBeCloseTo(value / 1000, 6)
      },
    ),
  )
})

it("takes no words, ranges or half numbers for numbers", () => {
  for (const text of ["约1.2", "1.2.3", "0.8~1.2", "abc", "0x10", "1,2", "不详", "1.2米深", "NaN", "Infinity"])
    expect(readNumber(text), text).toBeNull()
})

it("reads back every day in every style it is written in", () => {
  const two = (value: number) => String(value).padStart(2, "0")
  fc.assert(
    fc.property(
      fc.integer({ min: 1930, max: 2099 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
      (y, m, d) => {
        const day = `${y}-${two(m)}-${two(d)}`
        const serial = Math.round((Date.UTC(y, m - 1, d) - Date.UTC(1899, 11, 30)) / 86_400_000)
        for (const written of [
          day,
          `${y}.${m}.${d}`,
          `${y}/${two(m)}/${two(d)}`,
          `${y}年${m}月${d}日`,
          `${y}${two(m)}${two(d)}`,
          `${two(m)}/${two(d)}/${y}`,
          `${day} 00:00:00`,
          `${serial}`,
          wide(`${y}/${m}/${d}`),
        ])
          expect(readDate(written), written).toBe(day)
        for (const written of [`${y}-${m}`, `${y}.${two(m)}`, `${y}年${m}月`, `${y}${two(m)}`, `${y}/${m}`])
          expect(readDate(written), written).toBe(`${y}-${two(m)}`)
        expect(readDate(`${y}年`)).toBe(String(y))
        expect(readDate(String(y))).toBe(String(y))
      },
    ),
  )
  for (const written of ["2019-02-29", "2019-13", "31/31/2019", "不详", "", "12"])
    expect(readDate(written), written).toBeNull()
  expect(readDate("29/02/2020")).toBe("2020-02-29")
})

it("reads diameters and sections with and without units", () => {
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 5000 }), fc.integer({ min: 20, max: 5000 }), (a, b) => {
      for (const written of [`DN${a}`, `${a}`, `φ${a}`, `Φ ${a}`, `D${a}`, `De${a}mm`, `${a}mm`, wide(`DN${a}`)])
        expect(readSection(written), written).toEqual({ diameter_mm: a })
      for (const written of [
        `${a}×${b}`,
        `${a}X${b}`,
        `${a} * ${b}`,
        `B×H=${a}×${b}`,
        `${a}x${b}mm`,
        wide(`${a}x${b}`),
      ])
        expect(readSection(written), written).toEqual({ width_mm: a, height_mm: b })
    }),
  )
  expect(readSection("1.2x0.8")).toEqual({ width_mm: 1200, height_mm: 800 })
  expect(readSection("2m×1.5m")).toEqual({ width_mm: 2000, height_mm: 1500 })
  expect(readSection("0.3")).toEqual({ diameter_mm: 300 })
  for (const written of ["", "不详", "DN", "a×b", "0", "DN99999999"]) expect(readSection(written), written).toBeNull()
})

it("knows materials, ways of laying and classes by code and by word", () => {
  for (const written of ["QM", "qm", "球墨铸铁", "球墨铸铁管", "球 墨"])
    expect(materialCode(written), written).toBe("QM")
  for (const written of ["PE", "PE管", "HDPE", "聚乙烯"]) expect(materialCode(written), written).toBe("PE")
  expect(materialCode("竹")).toBeNull()
  expect(burialCode("直埋")).toBe("ZM")
  for (const [name, code] of [
    ["JSPOINT", "JS"],
    ["YSPOINT$", "YS"],
    ["JS_LINE", "JS"],
    ["给水管点表", "JS"],
    ["雨水管线", "YS"],
    ["2019_ws_line", "WS"],
    ["Sheet1", ""],
    ["points", ""],
  ])
    expect(classInName(name!), name).toBe(code)
})

it("takes units, blanks and line breaks out of names of columns", () => {
  for (const written of ["地面高程(m)", "地面高程（ｍ）", " 地面\n高程 ", "地面_高程【米】", "地 面 高 程"])
    expect(plainName(written), written).toBe("地面高程")
})
