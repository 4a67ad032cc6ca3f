/** Reads what .prj files say: WKT 1 as ESRI and OGC write it, and the same words in WKT 2. */
import { codeOf } from "./codes.ts"
import { type CoordinateSystem, coordinateSystem } from "./systems.ts"
import type { EllipsoidName, TransverseMercator } from "./types.ts"

type Node = { word: string; values: (string | number)[]; children: Node[] }

const length_max = 100_000
const depth_max = 30

/**
 * The system that the text names, or null where it is none of those known here (another projection, another ellipsoid, a
 * unit that is not metre or degree, or no WKT). Parameters count, not names: the same plane may be named differently.
 */
export function fromWkt(text: string): CoordinateSystem | null {
  if (text.length > length_max) return null
  const root = parse(text)
  if (!root) return null
  const projected = find(root, "PROJCS", "PROJCRS")
  const geographic = find(root, "GEOGCS", "GEOGCRS", "BASEGEOGCRS", "GEODCRS", "BASEGEODCRS")
  if (!geographic) return null
  const ellipsoid = ellipsoidOf(geographic)
  if (!ellipsoid || numberAt(find(geographic, "PRIMEM"), 0, 0) !== 0) return null
  if (!projected) {
    const codes: Record<EllipsoidName, number> = { cgcs2000: 4490, wgs84: 4326, xian80: 4610, beijing54: 4214 }
    const unit = own(geographic, "UNIT") ?? find(geographic, "ANGLEUNIT")
    if (Math.abs(numberAt(unit, 0, Math.PI / 180) - Math.PI / 180) > 1e-9) return null
    return coordinateSystem(codes[ellipsoid])
  }
  const unit =
    own(projected, "UNIT") ??
    own(projected, "LENGTHUNIT") ??
    find(own(projected, "AXIS") ?? own(projected, "CS"), "LENGTHUNIT")
  if (Math.abs(numberAt(unit, 0, 1) - 1) > 1e-9) return null
  const method = plain(String((find(projected, "PROJECTION") ?? find(projected, "METHOD"))?.values[0] ?? ""))
  const parameters = new Map<string, number>()
  for (const node of all(projected, "PARAMETER")) parameters.set(plain(String(node.values[0])), numberAt(node, 0, 0))
  const of = (...names: string[]): number | undefined => {
    for (const name of names) if (parameters.has(name)) return parameters.get(name)
    return undefined
  }
  if (/mercatorauxiliarysphere|popularvisualisationpseudomercator/.test(method)) return coordinateSystem(3857)
  const is3857 = [...all(projected, "AUTHORITY"), ...all(projected, "ID")].some((n) => Number(n.values[1]) === 3857)
  if (method === "mercator1sp" && is3857) return coordinateSystem(3857)
  if (!/^(transversemercator|gausskruger)(complex)?$/.test(method)) return null
  const meridian = of("centralmeridian", "longitudeofnaturalorigin")
  if (meridian === undefined) return null
  const plane: TransverseMercator = {
    central_meridian_deg: meridian,
    false_easting_m: of("falseeasting") ?? 0,
    false_northing_m: of("falsenorthing") ?? 0,
    scale: of("scalefactor", "scalefactoratnaturalorigin") ?? 1,
    latitude_origin_deg: of("latitudeoforigin", "latitudeofnaturalorigin") ?? 0,
    ellipsoid,
  }
  try {
    return coordinateSystem(codeOf(plane) ?? plane)
  } catch {
    // A number outside of its limits makes the text unusable, which null says.
    return null
  }
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "")

function ellipsoidOf(geographic: Node): EllipsoidName | null {
  const node = find(geographic, "SPHEROID", "ELLIPSOID")
  const a_m = numberAt(node, 0, 0)
  const inverse = numberAt(node, 1, 0)
  const near = (value: number, to: number): boolean => Math.abs(value - to) < 1e-6
  if (near(a_m, 6378137))
    return near(inverse, 298.257223563) ? "wgs84" : near(inverse, 298.257222101) ? "cgcs2000" : null
  if (near(a_m, 6378140) && Math.abs(inverse - 298.257) < 1e-3) return "xian80"
  if (near(a_m, 6378245) && near(inverse, 298.3)) return "beijing54"
  return null
}

/** The nth number of a node. */
function numberAt(node: Node | undefined, index: number, standard: number): number {
  const numbers = node?.values.filter((v) => typeof v === "number") ?? []
  return numbers[index] ?? standard
}
const own = (node: Node | undefined, word: string): Node | undefined => node?.children.find((c) => c.word === word)
function find(node: Node | undefined, ...words: string[]): Node | undefined {
  if (!node || words.includes(node.word)) return node
  for (const child of node.children) {
    const found = find(child, ...words)
    if (found) return found
  }
  return undefined
}
const all = (node: Node, word: string): Node[] => [
  ...(node.word === word ? [node] : []),
  ...node.children.flatMap((child) => all(child, word)),
]

/** `WORD["text",1,CHILD[…]]` as a tree; parentheses for brackets and bare words are allowed. Null where it is none. */
function parse(text: string): Node | null {
  const tokens = text.match(/"(?:[^"]|"")*"|[[\](),]|[^\s[\](),"]+/g) ?? []
  let root: Node | null = null
  const stack: Node[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (token === "," || token === "[" || token === "(") continue
    if (token === "]" || token === ")") {
      if (!stack.pop()) return null
      if (stack.length === 0) return root
      continue
    }
    const opens = tokens[i + 1] === "[" || tokens[i + 1] === "("
    if (opens) {
      const node: Node = { word: token.toUpperCase(), values: [], children: [] }
      stack.at(-1)?.children.push(node)
      root ??= node
      stack.push(node)
      if (stack.length > depth_max) return null
      continue
    }
    const value = token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : Number(token)
    stack.at(-1)?.values.push(typeof value === "number" && Number.isNaN(value) ? token : value)
  }
  return null
}
