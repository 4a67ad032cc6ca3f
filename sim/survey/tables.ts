/** A network as the tables of a delivery: fields of point and line tables, and the cells of each row. */
import { hash01 } from "./chance.ts"
import { all_classes, lineCode, material_words, point_kinds, pointCode } from "./classes.ts"
import { type Network, pointNumbers } from "./network.ts"
import type { Cell, Edits } from "./planting.ts"

/** Decimals of a number, or what else the cells are. */
export type Field = { id: string; as: "text" | "date" | number; width: number }
const text = (id: string, width = 30): Field => ({ id, as: "text", width })
const number = (id: string, decimals: number, width = 10): Field => ({ id, as: decimals, width })
const date = (id: string): Field => ({ id, as: "date", width: 16 })

export const point_fields: Field[] = [
  text("project_no", 16),
  text("map_no", 16),
  text("exp_no", 16),
  number("x", 3, 14),
  number("y", 3, 15),
  number("ground_m", 2),
  text("code", 10),
  text("feature", 16),
  text("appurtenance", 16),
  number("well_depth_m", 2),
  text("cover_shape", 8),
  text("cover_size", 12),
  text("cover_material", 12),
  text("owner", 40),
  text("road", 40),
  date("built_on"),
  text("survey_unit", 40),
  date("surveyed_on"),
  text("status", 8),
  text("note", 60),
]
export const line_fields: Field[] = [
  text("project_no", 16),
  text("from_no", 16),
  text("to_no", 16),
  number("from_depth_m", 2),
  number("to_depth_m", 2),
  number("from_elevation_m", 2),
  number("to_elevation_m", 2),
  text("material", 16),
  text("burial", 12),
  text("section", 16),
  text("flow_direction", 4),
  text("pressure", 10),
  number("cable_count", 0, 6),
  number("hole_count", 0, 6),
  number("holes_used", 0, 6),
  date("built_on"),
  text("owner", 40),
  text("road", 40),
  text("code", 10),
  text("survey_unit", 40),
  date("surveyed_on"),
  text("status", 8),
  text("note", 60),
]

/** A row as written, and what it is of. */
export type TableRow = {
  cells: Cell[]
  /** Index into the network's points or lines. */
  index: number
  /** East and north of the point or of both ends, metres, for formats that draw them. */
  shape: number[]
}
export type DeliveryTable = {
  class_code: string
  of: "point" | "line"
  fields: Field[]
  /** A column too many: without a name, or with the name of the last. */
  header_fault: "empty" | "duplicate" | null
  rows: number
  read(): Iterable<TableRow>
}

export type Wording = {
  material_codes: boolean
  flow: string
  status: string
  /** What point numbers of a class begin with. */
  prefix(class_code: string): string
}
const units = ["安徽省地质测绘院", "市测绘设计研究院", "江淮管线探测公司"]
/** A day within some years from `from`, the same for the same numbers. */
const day = (seed: number, street: number, from: number, years: number): string => {
  const draw = (salt: number, n: number) => Math.floor(hash01(seed, street, salt) * n)
  const two = (n: number) => String(n).padStart(2, "0")
  return `${from + draw(71, years)}-${two(1 + draw(73, 12))}-${two(1 + draw(79, 28))}`
}

/** Every class's point and line table. `seed` gives dates and firms. */
export function deliveryTables(net: Network, edits: Edits, seed: number, wording: Wording): DeliveryTable[] {
  const numbers = pointNumbers(net, wording.prefix)
  const [points_of, lines_of] = [byClass(net.points), byClass(net.lines)]
  const project = `HF${2023 + (seed % 3)}-${String(seed).padStart(3, "0").slice(-3)}`
  const street = (i: number) => {
    const built = day(seed, i, 1996, 24)
    const surveyed = day(seed + 1, i, 2023, 2)
    return { road: net.streets[i]!, built, surveyed, unit: units[Math.floor(hash01(seed, i, 83) * units.length)]! }
  }
  const streets = net.streets.map((_, i) => street(i))
  const { points, lines } = net
  /** East and north of a point as the delivery has it; not a number where a coordinate is left out. */
  const place = (p: number): [number, number] => {
    const own = edits.points.get(p)
    const at = (id: string, value: number) => (own?.[id] === undefined ? value : Number(own[id] ?? Number.NaN))
    return [at("y", points.east[p]!), at("x", points.north[p]!)]
  }

  function* readPoints(class_no: number): Iterable<TableRow> {
    const of = all_classes[class_no]!
    for (const p of points_of[class_no]!) {
      const kind = point_kinds[points.kind[p]!]!
      const { road, built, surveyed, unit } = streets[points.street[p]!]!
      const covered = kind.id === "manhole" || kind.id === "man"
      const own: Record<string, Cell> | undefined = edits.points.get(p)
      const cells: Cell[] = [
        project,
        numbers[p]!,
        numbers[p]!,
        points.north[p]!,
        points.east[p]!,
        points.ground[p]! / 100,
        pointCode(of, points.kind[p]!),
        kind.appurtenance ? null : kind.zh,
        kind.appurtenance ? kind.zh : null,
        kind.id === "manhole" ? points.depth[p]! / 100 : null,
        covered ? "圆形" : null,
        covered ? "700" : null,
        covered ? "铸铁" : null,
        of.owner,
        road,
        built,
        unit,
        surveyed,
        wording.status,
        null,
      ]
      if (own) overwrite(cells, point_fields, own)
      yield { cells, index: p, shape: place(p) }
    }
  }

  function* readLines(class_no: number): Iterable<TableRow> {
    const of = all_classes[class_no]!
    const code = lineCode(of)
    for (const l of lines_of[class_no]!) {
      const [a, b] = [lines.from[l]!, lines.to[l]!]
      const { road, built, surveyed, unit } = streets[lines.street[l]!]!
      const [from_depth, to_depth] = [lines.from_depth[l]!, lines.to_depth[l]!]
      const material = lines.material[l]!
      const ducts = of.burial === "管块"
      const own = edits.lines.get(l)
      const cells: Cell[] = [
        project,
        numbers[a]!,
        numbers[b]!,
        from_depth / 100,
        to_depth / 100,
        (points.ground[a]! - from_depth) / 100,
        (points.ground[b]! - to_depth) / 100,
        wording.material_codes ? material : (material_words[material] ?? material),
        of.burial,
        lines.section[l]!,
        of.spine === "gravity" ? wording.flow : null,
        of.pressure || null,
        ducts ? 4 : null,
        ducts ? 6 : null,
        ducts ? 4 : null,
        built,
        of.owner,
        road,
        code,
        unit,
        surveyed,
        wording.status,
        null,
      ]
      if (own) overwrite(cells, line_fields, own)
      yield { cells, index: l, shape: [...place(a), ...place(b)] }
    }
  }

  return all_classes.flatMap(({ code }, class_no): DeliveryTable[] =>
    points_of[class_no]!.length === 0
      ? []
      : [
          {
            class_code: code,
            of: "point",
            fields: point_fields,
            header_fault: edits.headers.get(code) ?? null,
            rows: points_of[class_no]!.length,
            read: () => readPoints(class_no),
          },
          {
            class_code: code,
            of: "line",
            fields: line_fields,
            header_fault: null,
            rows: lines_of[class_no]!.length,
            read: () => readLines(class_no),
          },
        ],
  )
}

function overwrite(cells: Cell[], fields: Field[], own: Record<string, Cell>): void {
  for (const [id, cell] of Object.entries(own)) {
    const f = fields.findIndex((field) => field.id === id)
    if (f < 0) throw new Error(`there is no field ${id} to overwrite`)
    cells[f] = cell
  }
}

function byClass({ class_no, removed }: { class_no: number[]; removed: Set<number> }): number[][] {
  const out: number[][] = all_classes.map(() => [])
  for (let i = 0; i < class_no.length; i++) if (!removed.has(i)) out[class_no[i]!]!.push(i)
  return out
}

/** The delivery's own code table: code, name, class. */
export function codeTable(): [code: string, name: string, class_code: string][] {
  return all_classes.flatMap((of) => [
    [lineCode(of), `${of.zh}管线`, of.code] as [string, string, string],
    ...point_kinds.map((k, i) => [pointCode(of, i), k.zh, of.code] as [string, string, string]),
  ])
}
