/** Reads a place out of what people type or paste: degrees in several notations. */
import type { LonLat } from "../../../model/index.ts"
import type { Box } from "../geometry.ts"

type Number_ = { value: number; axis: "lon" | "lat" | null }

const text_max = 80
/** One coordinate: letters or words of its axis, degrees, perhaps minutes and seconds, letters behind. */
const coordinate =
  /(东经|西经|北纬|南纬|经度|纬度|[NSEW])?\s*[:：=]?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*(?:[°度]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′分]\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*(?:["″秒]|''|′′)\s*)?)?([NSEW])?/giu

/**
 * The place that `text` names, or null where it names none: "117.23,31.82", "31.82N 117.23E", "北纬31.82 东经117.23",
 * "31°49'12\"N 117°13'48\"E". Without letters the first is the longitude, unless only the other order is possible or only
 * the other lies in the city (`bounds`).
 */
export function degreesOf(text: string, bounds: Box | null): LonLat | null {
  const plain = text.normalize("NFKC").trim()
  if (plain.length === 0 || plain.length > text_max) return null
  const found = [...plain.matchAll(coordinate)]
  if (found.length !== 2) return null
  const between = plain.replaceAll(coordinate, "").replaceAll(/[\s,;、()[\]]/g, "")
  if (between !== "") return null
  const [a, b] = found.map(numberOf) as [Number_, Number_]
  const axes = [a.axis, b.axis]
  if (a.axis !== null && a.axis === b.axis) return null
  if (axes.includes("lon") || axes.includes("lat")) {
    const first_is_lon = a.axis === "lon" || b.axis === "lat"
    return valid(first_is_lon ? [a.value, b.value] : [b.value, a.value])
  }
  // Two bare whole numbers are more likely a code than a place.
  if (!plain.includes(".") && !plain.includes("°")) return null
  const [straight, turned] = [valid([a.value, b.value]), valid([b.value, a.value])]
  if (straight && turned && bounds && !holds(bounds, straight) && holds(bounds, turned)) return turned
  return straight ?? turned
}

function numberOf(match: RegExpMatchArray): Number_ {
  const [, before = "", degrees = "", minutes = "0", seconds = "0", after = ""] = match
  const word = (before || after).toUpperCase()
  const size = Math.abs(Number(degrees)) + Number(minutes) / 60 + Number(seconds) / 3600
  const negative = degrees.startsWith("-") !== ["S", "W", "南纬", "西经"].includes(word)
  const axis = ["E", "W", "东经", "西经", "经度"].includes(word)
    ? "lon"
    : ["N", "S", "北纬", "南纬", "纬度"].includes(word)
      ? "lat"
      : null
  return { value: negative ? -size : size, axis }
}

const valid = ([lon, lat]: LonLat): LonLat | null => (Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null)
const holds = ([west, south, east, north]: Box, [lon, lat]: LonLat) =>
  lon >= west - 1 && lon <= east + 1 && lat >= south - 1 && lat <= north + 1

/**
 * Two numbers that can be metres of a Gauss–Krüger grid, as X (north) and Y (east), whichever order they were typed in:
 * a Y of eight digits begins with the number of its zone. Null where the text is something else.
 */
export function metresOf(text: string): { north_m: number; east_m: number } | null {
  const plain = text.normalize("NFKC").trim()
  const parts = /^[XY]?\s*[:=]?\s*(\d{6,8}(?:\.\d+)?)\s*[,;\s]\s*[XY]?\s*[:=]?\s*(\d{6,8}(?:\.\d+)?)$/i.exec(plain)
  if (!parts) return null
  const [a, b] = [Number(parts[1]), Number(parts[2])]
  // X of a place in China is from 1,900,000 to 6,000,000 m; Y is about 500,000 m, or that behind a zone of 13 … 45.
  const isNorth = (value: number) => value >= 1_800_000 && value < 6_100_000
  const isEast = (value: number) => (value >= 100_000 && value < 900_000) || (value >= 13_000_000 && value < 46_000_000)
  if (isNorth(a) && isEast(b)) return { north_m: a, east_m: b }
  if (isNorth(b) && isEast(a)) return { north_m: b, east_m: a }
  return null
}
