import type { Words } from "./result.ts"

/** WGS 84 longitude and latitude in degrees (CGCS2000 counted as equal). */
export type LonLat = [number, number]

export type Geometry =
  | { type: "Point"; coordinates: LonLat }
  | { type: "LineString"; coordinates: LonLat[] }
  | { type: "Polygon"; coordinates: LonLat[][] }

export type AttributeValue = string | number | boolean | null
export type Attributes = Record<string, AttributeValue>

/** Something of the city above or below ground, as it is true now. */
export type Asset = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner_id: number | null
  /** The name of this thing in the file it came from. */
  source_id: string
  batch_id: number
  geometry: Geometry
  attributes: Attributes
  /** True where geometry has no place on earth but was laid out from local metres. */
  schematic: boolean
  valid_from: number
}

export type AttributeType = "text" | "number" | "integer" | "boolean" | "choice"

/** Declares one census attribute of an asset kind. */
export type AttributeDeclaration = {
  id: string
  name: Words
  type: AttributeType
  unit?: string
  required?: boolean
  min?: number
  max?: number
  choices?: { value: string; name: Words }[]
}

/** Declares a kind of asset; storage, import check, map layer and forms follow from it. */
export type AssetKind = {
  kind: string
  name: Words
  geometry: "point" | "line" | "area"
  /** Symbol family of the console's map; the CJJ 61 class gives the colour of lines. */
  symbol: string
  attributes: AttributeDeclaration[]
  /** Hollow in the ground (a manhole, a duct, a chamber): what leaks nearby gathers in it. */
  hollow?: boolean
  /** What leaks from it creeps through the ground into hollows within this reach. */
  leaks?: { reach_m: number }
}

/** A metered area or another area with members. */
export type Area = {
  id: number
  code: string
  name: string
  kind: "metered_area" | "district"
  lifeline: string | null
}

type More = Partial<AttributeDeclaration>

/** Short ways to write attribute declarations. */
export const declare = {
  text: (id: string, zh: string, en: string, more: More = {}): AttributeDeclaration => ({
    id,
    name: { zh, en },
    type: "text",
    ...more,
  }),
  number: (id: string, zh: string, en: string, unit?: string, more: More = {}): AttributeDeclaration => ({
    id,
    name: { zh, en },
    type: "number",
    ...(unit !== undefined && { unit }),
    ...more,
  }),
  integer: (id: string, zh: string, en: string, min: number, max: number, more: More = {}): AttributeDeclaration => ({
    id,
    name: { zh, en },
    type: "integer",
    min,
    max,
    ...more,
  }),
  /** Choices as [value, Chinese, English]. */
  choice: (id: string, zh: string, en: string, choices: [string, string, string][]): AttributeDeclaration => ({
    id,
    name: { zh, en },
    type: "choice",
    choices: choices.map(([value, z, e]) => ({ value, name: { zh: z, en: e } })),
  }),
}
