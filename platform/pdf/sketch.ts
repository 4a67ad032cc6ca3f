/** A small map for a document: geometry as SVG, north up, with a scale. */
import type { Geometry, LonLat } from "../../model/index.ts"

export type SketchShape = {
  geometry: Geometry
  /** CSS colour. */
  colour: string
  /** Line width or radius of a point, in units of the picture (it is 1000 wide). */
  width: number
  /** Filled where it is an area. */
  fill?: string
  dashed?: boolean
  label?: string
}

const picture_width = 1000
const margin = 40
const shapes_max = 20_000
/** Metres per degree of latitude (mean sphere of 6,371,008.8 m, IUGG): enough to draw with. */
const degree_m = 111_195.08

/**
 * Draws shapes in their order, the last on top. `around` are the geometries that must be in the picture; the others are
 * cut at its edge. `height` in units of the picture's width of 1000.
 */
export function sketchSvg(shapes: readonly SketchShape[], around: readonly Geometry[], height: number): string {
  const places = around.flatMap(placesOf)
  const lons = places.map((p) => p[0])
  const lats = places.map((p) => p[1])
  const bounds = (list: number[]) =>
    list.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)] as const, [Infinity, -Infinity] as const)
  const [[west, east], [south, north]] = [bounds(lons), bounds(lats)]
  const middle: LonLat = places.length === 0 ? [0, 0] : [(west + east) / 2, (south + north) / 2]
  const kx = degree_m * Math.cos((middle[1] * Math.PI) / 180)
  const [wide_m, tall_m] = places.length === 0 ? [0, 0] : [(east - west) * kx, (north - south) * degree_m]
  const metres_least = 20
  const scale = Math.min(
    (picture_width - 2 * margin) / Math.max(wide_m, metres_least),
    (height - 2 * margin) / Math.max(tall_m, metres_least),
  )
  const at = ([lon, lat]: LonLat) =>
    [picture_width / 2 + (lon - middle[0]) * kx * scale, height / 2 - (lat - middle[1]) * degree_m * scale] as const
  const xy = (p: LonLat) =>
    at(p)
      .map((v) => v.toFixed(1))
      .join(",")
  const path = (lines: readonly LonLat[][], close: boolean) =>
    lines.map((line) => `M${line.map(xy).join("L")}${close ? "Z" : ""}`).join("")
  const drawn = shapes.slice(0, shapes_max).map(({ geometry, colour, width, fill, dashed, label }) => {
    const dash = dashed ? ' stroke-dasharray="12 8"' : ""
    const text = (p: LonLat) => {
      const [x, y] = at(p)
      return label === undefined
        ? ""
        : `<text x="${(x + width + 6).toFixed(1)}" y="${(y - 6).toFixed(1)}" font-size="22" font-family="Noto Sans SC" stroke="#fff" stroke-width="5" paint-order="stroke">${escaped(label)}</text>`
    }
    if (geometry.type === "Point") {
      const [x, y] = at(geometry.coordinates)
      return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${width}" fill="${colour}" stroke="#fff" stroke-width="2"/>${text(geometry.coordinates)}`
    }
    const area = geometry.type === "Polygon"
    const lines = area ? geometry.coordinates : [geometry.coordinates]
    const first = lines[0]![Math.floor(lines[0]!.length / 2)]!
    return `<path d="${path(lines, area)}" fill="${area ? (fill ?? "none") : "none"}" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${dash}/>${text(first)}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${picture_width} ${height}" width="${picture_width}" height="${height}"><rect width="${picture_width}" height="${height}" fill="#fff"/>${drawn.join("")}${scaleBar(scale, height)}${arrow}</svg>`
}

function scaleBar(scale: number, height: number): string {
  const rough = 200 / scale
  const power = 10 ** Math.floor(Math.log10(rough))
  const metres = power * (rough / power >= 5 ? 5 : rough / power >= 2 ? 2 : 1)
  const [x, y, length] = [margin / 2, height - margin / 2, metres * scale]
  return `<path d="M${x},${y - 10}V${y}H${(x + length).toFixed(1)}V${y - 10}" fill="none" stroke="#14181A" stroke-width="3"/><text x="${(x + length + 8).toFixed(1)}" y="${y}" font-size="22" font-family="Noto Sans SC">${metres >= 1000 ? `${metres / 1000} km` : `${metres} m`}</text>`
}

const arrow = `<path d="M965,20L980,62L965,52L950,62Z" fill="#14181A"/><text x="957" y="88" font-size="22" font-family="Noto Sans SC">N</text>`

const placesOf = (geometry: Geometry): LonLat[] =>
  geometry.type === "Point"
    ? [geometry.coordinates]
    : geometry.type === "LineString"
      ? geometry.coordinates
      : geometry.coordinates.flat()

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
