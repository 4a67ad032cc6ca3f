/** Well-known texts of single points, lines and areas, as spreadsheets and PostGIS write them. */
import type { TableGeometry } from "../../../platform/tables/index.ts"

const chars_max = 1_000_000
const form =
  /^\s*(?:SRID\s*=\s*\d+\s*;)?\s*(POINT|LINESTRING|POLYGON|MULTILINESTRING|MULTIPOLYGON|MULTIPOINT)\s*(?:Z|M|ZM)?\s*\((.*)\)\s*$/is

/** Null where it is none. A collection of one part counts as the part. */
export function readWkt(text: string): TableGeometry | null {
  if (text.length > chars_max) return null
  const found = form.exec(text.replaceAll("，", ",").replaceAll("（", "(").replaceAll("）", ")"))
  if (!found) return null
  const [type, body] = [found[1]!.toUpperCase(), found[2]!]
  switch (type) {
    case "POINT":
    case "MULTIPOINT": {
      const list = positions(body.replace(/[()]/g, ""))
      return list?.length === 1 ? { type: "Point", coordinates: list[0]! } : null
    }
    case "LINESTRING": {
      const list = positions(body)
      return list && list.length > 1 ? { type: "LineString", coordinates: list } : null
    }
    case "MULTILINESTRING": {
      const lines = rings(body)
      return lines?.length === 1 ? { type: "LineString", coordinates: lines[0]! } : null
    }
    case "POLYGON": {
      const list = rings(body)
      return list && list.length > 0 ? { type: "Polygon", coordinates: list } : null
    }
    default: {
      const inner = /^\s*\((.*)\)\s*$/s.exec(body)?.[1]
      const list = inner === undefined || /\)\s*\)\s*,\s*\(\s*\(/.test(body) ? null : rings(inner)
      return list && list.length > 0 ? { type: "Polygon", coordinates: list } : null
    }
  }
}

function positions(text: string): number[][] | null {
  const list = text.split(",").map((position) => position.trim().split(/\s+/).map(Number))
  return list.every((position) => position.length >= 2 && position.every(Number.isFinite)) ? list : null
}

function rings(text: string): number[][][] | null {
  const list = [...text.matchAll(/\(([^()]*)\)/g)].map((match) => positions(match[1]!))
  return list.length > 0 && list.every((ring) => ring !== null) ? list : null
}
