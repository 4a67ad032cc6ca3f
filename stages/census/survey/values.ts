/** Numbers, dates and sections in the styles in which surveyors write them. */
import { clean, says_nothing } from "./text.ts"

const plain_number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const grouped = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/
const unit_at_end = /^(.*?\d\.?)\s*(mm|毫米|cm|厘米|km|公里|千米|m|米|°|度|deg|年|a|条|孔|根|个|mpa|kpa|kv|千伏|v|伏)$/i
const metres_of: Record<string, number> = {
  mm: 0.001,
  毫米: 0.001,
  cm: 0.01,
  厘米: 0.01,
  km: 1000,
  公里: 1000,
  千米: 1000,
}

/**
 * A number as written: with grouping commas, a unit behind it, full-width. Lengths come in metres where they say another
 * unit and `unit` is "m". Null where it is none (for an empty cell, ask `isEmpty` first).
 */
export function readNumber(text: string, unit = ""): number | null {
  if (plain_number.test(text)) return Number(text)
  let written = clean(text).replace(/^[－−]/, "-")
  let factor = 1
  const with_unit = unit_at_end.exec(written)
  if (with_unit) {
    const said = with_unit[2]!.toLowerCase()
    written = with_unit[1]!.trim()
    if (unit === "m") factor = metres_of[said] ?? 1
  }
  if (grouped.test(written)) written = written.replaceAll(",", "")
  return plain_number.test(written) ? round12(Number(written) * factor) : null
}
/** Products like 300 × 0.001 without their last binary digits. */
const round12 = (value: number): number => Number(value.toPrecision(14))

export const isEmpty = says_nothing

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const days_of = (year: number, month: number): number =>
  month === 2
    ? (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

/**
 * A date as YYYY, YYYY-MM or YYYY-MM-DD; null where it is none. Knows 2019-05, 2019.5.1, 2019/05/01, 2019年5月, 20190501,
 * 05/01/2019 (month first, unless that cannot be), 1-May-2019, with a time behind, and Excel's serial numbers.
 */
export function readDate(text: string): string | null {
  const written = clean(text)
    .replace(/[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:Z|[ap]m)?$/i, "")
    .replace(/\.0+$/, "")
  let parts = /^(\d{4})(?:年代?|[-./])?$/.exec(written)
  if (parts) return made(parts[1]!)
  parts = /^(\d{4})\s*[-./年]\s*(\d{1,2})\s*(?:[-./月]\s*(?:(\d{1,2})\s*[日号]?)?)?$/.exec(written)
  if (parts) return made(parts[1]!, parts[2], parts[3])
  parts = /^(\d{4})(\d{2})(\d{2})?$/.exec(written)
  if (parts) return made(parts[1]!, parts[2], parts[3]) ?? null
  parts = /^(\d{1,2})[-./](\d{1,2})[-./](\d{4})$/.exec(written)
  if (parts) return made(parts[3]!, parts[1], parts[2]) ?? made(parts[3]!, parts[2], parts[1])
  parts = /^(\d{1,2})[- ]([a-z]{3})[a-z]*[- ,]+(\d{4})$/i.exec(written)
  if (parts) return made(parts[3]!, String(months.indexOf(parts[2]!.toLowerCase()) + 1), parts[1])
  return /^\d{5}(?:\.\d+)?$/.test(written) ? fromSerial(Math.floor(Number(written))) : null
}

function made(year: string, month?: string, day?: string): string | null {
  const [y, m, d] = [Number(year), Number(month ?? 1), Number(day ?? 1)]
  if (y < 1800 || y > 2100 || m < 1 || m > 12 || d < 1 || d > days_of(y, m)) return null
  const two = (value: number) => String(value).padStart(2, "0")
  return month === undefined ? year : day === undefined ? `${year}-${two(m)}` : `${year}-${two(m)}-${two(d)}`
}

/** Days since 1899-12-30, as spreadsheets count them; only those of 1930 to 2100, as others are no dates of pipes. */
function fromSerial(serial: number): string | null {
  if (serial < 10_959 || serial > 73_050) return null
  let [year, left] = [1900, serial - 2]
  const length = () => (days_of(year, 2) === 29 ? 366 : 365)
  while (left >= length()) {
    left -= length()
    year++
  }
  let month = 1
  while (left >= days_of(year, month)) {
    left -= days_of(year, month)
    month++
  }
  return made(String(year), String(month), String(left + 1))
}

export type Section = { diameter_mm: number } | { width_mm: number; height_mm: number }

const one_number = String.raw`(\d+(?:\.\d+)?)\s*(mm|cm|m|毫米|米)?`
const round_form = new RegExp(
  String.raw`^(?:\d{1,2}\s*(?:根|孔|[-×x*])\s*)?(?:dn|de|d|φ|ø|∅|⌀|ф|φ)?\s*${one_number}$`,
  "i",
)
const box_form = new RegExp(
  String.raw`^(?:b\s*[×x*]\s*h\s*=?\s*|宽\s*[×x*]\s*高\s*[=:]?\s*|[bw宽]?\s*=?\s*)${one_number}\s*[×x*✕╳]\s*[h高]?\s*=?\s*${one_number}$`,
  "i",
)
/** A side below this is in metres where no unit is said: no pipe is laid of 20 mm as a section of two sides. */
const metres_below = 20

/**
 * A diameter or a section of width × height in millimetres: DN300, 300, φ300, 300mm, 1200×800, 1.2x0.8 (metres, as both
 * are below 20), B×H=2000×1500. Null where it is neither.
 */
export function readSection(text: string): Section | null {
  const written = clean(text).toLowerCase()
  if (written === "") return null
  const box = box_form.exec(written)
  if (box) {
    const [a, b] = [Number(box[1]), Number(box[3])]
    const unit = box[4] ?? box[2] ?? (a < metres_below && b < metres_below ? "m" : "mm")
    const [width_mm, height_mm] = [millimetres(a, box[2] ?? unit), millimetres(b, unit)]
    return fits(width_mm) && fits(height_mm) ? { width_mm, height_mm } : null
  }
  const round = round_form.exec(written)
  if (!round) return null
  const value = Number(round[1])
  const bare = /^[\d.]/.test(written)
  const diameter_mm = millimetres(value, round[2] ?? (bare && value < 10 && written.includes(".") ? "m" : "mm"))
  return fits(diameter_mm) ? { diameter_mm } : null
}
const millimetres = (value: number, unit: string): number =>
  round12(value * (unit === "m" || unit === "米" ? 1000 : unit === "cm" ? 10 : 1))
const fits = (side_mm: number): boolean => side_mm > 0 && side_mm <= 30_000
