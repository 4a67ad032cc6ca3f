/**
 * Reads the text of an EPANET 2.2 input file (format: EPANET 2.2 User Manual, appendix C.1) into a network in
 * metric units. Nothing is guessed: what cannot be read becomes a problem with its line.
 */
import type { Network, NetworkLink, NetworkNode, Words } from "../../model/index.ts"

export type InpProblem = { line: number | null; field: string; value: string; words: Words; blocks: boolean }

/** What stands in the file beside the network: tanks' shapes, `;key=value` tags, map units, controlled links. */
export type InpFile = {
  network: Network
  tanks: Map<string, { level_initial_m: number; level_min_m: number; level_max_m: number; diameter_m: number }>
  tags: Map<string, Record<string, string>>
  lines: Map<string, { line: number; text: string }>
  controlled: Set<string>
  map_units: "none" | "metres" | "feet" | "degrees"
  problems: InpProblem[]
}

const lines_max = 2_000_000
const problems_max = 500
const sections = new Set(
  "TITLE JUNCTIONS RESERVOIRS TANKS PIPES PUMPS VALVES TAGS DEMANDS STATUS PATTERNS CURVES CONTROLS RULES ENERGY EMITTERS QUALITY SOURCES REACTIONS MIXING TIMES REPORT OPTIONS COORDINATES VERTICES LABELS BACKDROP END LEAKAGE".split(
    " ",
  ),
)

/** Factor from the file's flow unit to m3/h, and whether its lengths are feet and its diameters inches. */
export const flow_units: Record<string, { m3h: number; us: boolean }> = {
  CFS: { m3h: 101.940648, us: true },
  GPM: { m3h: 0.227124707, us: true },
  MGD: { m3h: 157.725491, us: true },
  IMGD: { m3h: 189.420408, us: true },
  AFD: { m3h: 51.3950747, us: true },
  LPS: { m3h: 3.6, us: false },
  LPM: { m3h: 0.06, us: false },
  MLD: { m3h: 41.6666667, us: false },
  CMH: { m3h: 1, us: false },
  CMD: { m3h: 1 / 24, us: false },
  CMS: { m3h: 3600, us: false },
}

type Row = { line: number; text: string; fields: string[]; comment: string }

/** Splits into sections, then reads nodes, links, geometry. Never throws on bad input. */
export function readInp(text: string): InpFile {
  const problems: InpProblem[] = []
  const say = (
    row: { line: number } | null,
    field: string,
    value: string,
    zh: string,
    en: string,
    blocks = true,
  ): void => {
    if (problems.length < problems_max)
      problems.push({ line: row?.line ?? null, field, value: value.slice(0, 80), words: { zh, en }, blocks })
  }
  const rows = rowsOf(text, say)
  const of = (name: string): Row[] => rows.get(name) ?? []
  const unit_name = of("OPTIONS").find((r) => /^units$/i.test(r.fields[0] ?? ""))
  const unit_code = (unit_name?.fields[1] ?? "GPM").toUpperCase()
  const units = flow_units[unit_code]
  if (!units)
    say(
      unit_name ?? null,
      "UNITS",
      unit_code,
      `流量单位「${unit_code}」不认识，请在 [OPTIONS] 中写 ${Object.keys(flow_units).join("、")} 之一`,
      `Flow unit "${unit_code}" is unknown; write one of ${Object.keys(flow_units).join(", ")} in [OPTIONS]`,
    )
  const { m3h, us } = units ?? { m3h: 1, us: false }
  const metres = us ? 0.3048 : 1
  const millimetres = us ? 25.4 : 1

  const network: Network = { nodes: new Map(), links: new Map(), title: of("TITLE")[0]?.text.trim() ?? "" }
  const file: InpFile = {
    network,
    tanks: new Map(),
    tags: new Map(),
    lines: new Map(),
    controlled: new Set(),
    map_units: "none",
    problems,
  }
  const number = (row: Row, index: number, field: string, standard?: number): number => {
    const raw = row.fields[index]
    if ((raw === undefined || raw === "*") && standard !== undefined) return standard
    const value = raw === undefined ? Number.NaN : Number(raw)
    if (Number.isFinite(value)) return value
    const id = row.fields[0] ?? ""
    say(
      row,
      field,
      raw ?? "",
      `${id} 的 ${field} 应为数字，文件中是「${raw ?? "空"}」，请改正该行第 ${index + 1} 列`,
      `${field} of ${id} must be a number, the file has "${raw ?? "nothing"}"; correct column ${index + 1} of this line`,
    )
    return standard ?? 0
  }

  const addNode = (row: Row, kind: NetworkNode["kind"], elevation_m: number, base_demand_m3h: number): boolean => {
    const id = row.fields[0]!
    if (network.nodes.has(id)) {
      say(row, "ID", id, `节点编号 ${id} 重复，请改为唯一编号`, `Node id ${id} is used twice; give it an id of its own`)
      return false
    }
    network.nodes.set(id, { id, kind, elevation_m, base_demand_m3h, x: Number.NaN, y: Number.NaN })
    file.lines.set(`node:${id}`, { line: row.line, text: row.text })
    file.tags.set(`node:${id}`, tagsOf(row.comment))
    return true
  }
  for (const row of of("JUNCTIONS"))
    addNode(row, "junction", number(row, 1, "elevation", 0) * metres, number(row, 2, "demand", 0) * m3h)
  for (const row of of("RESERVOIRS")) addNode(row, "reservoir", number(row, 1, "head") * metres, 0)
  for (const row of of("TANKS")) {
    if (!addNode(row, "tank", number(row, 1, "elevation") * metres, 0)) continue
    file.tanks.set(row.fields[0]!, {
      level_initial_m: number(row, 2, "initial level", 0) * metres,
      level_min_m: number(row, 3, "minimum level", 0) * metres,
      level_max_m: number(row, 4, "maximum level", 0) * metres,
      diameter_m: number(row, 5, "diameter", 0) * metres,
    })
  }

  const demand_of = new Map<string, number>()
  for (const row of of("DEMANDS")) {
    const id = row.fields[0]!
    if (network.nodes.has(id)) demand_of.set(id, (demand_of.get(id) ?? 0) + number(row, 1, "demand", 0) * m3h)
    else
      say(
        row,
        "junction",
        id,
        `[DEMANDS] 中的节点 ${id} 不存在，请删除该行或补上节点`,
        `Node ${id} in [DEMANDS] does not exist; remove the line or add the node`,
        false,
      )
  }
  for (const [id, demand] of demand_of) network.nodes.get(id)!.base_demand_m3h = demand

  const addLink = (row: Row, link: Omit<NetworkLink, "id" | "from" | "to" | "vertices">): void => {
    const [id, from, to] = row.fields as [string, string | undefined, string | undefined]
    if (network.links.has(id)) {
      say(row, "ID", id, `管段编号 ${id} 重复，请改为唯一编号`, `Link id ${id} is used twice; give it an id of its own`)
      return
    }
    for (const [field, node] of [
      ["node 1", from],
      ["node 2", to],
    ] as const) {
      if (node !== undefined && network.nodes.has(node)) continue
      say(
        row,
        field,
        node ?? "",
        `${id} 连接的节点「${node ?? "空"}」不存在，请补上该节点或改正编号`,
        `${id} joins node "${node ?? "nothing"}", which does not exist; add the node or correct the id`,
      )
      return
    }
    network.links.set(id, { id, from: from!, to: to!, vertices: [], ...link })
    file.lines.set(`link:${id}`, { line: row.line, text: row.text })
    file.tags.set(`link:${id}`, tagsOf(row.comment))
  }
  const positive = (row: Row, value: number, field: string): number => {
    const id = row.fields[0]!
    if (!(value > 0) && row.fields[3] !== undefined)
      say(
        row,
        field,
        String(value),
        `${id} 的 ${field} 必须大于 0，请改正`,
        `${field} of ${id} must be greater than 0; correct it`,
      )
    return value
  }
  for (const row of of("PIPES")) {
    const status = (row.fields[7] ?? row.fields[6] ?? "open").toLowerCase()
    addLink(row, {
      kind: "pipe",
      length_m: positive(row, number(row, 3, "length") * metres, "length"),
      diameter_mm: positive(row, number(row, 4, "diameter") * millimetres, "diameter"),
      roughness: number(row, 5, "roughness"),
      status: status === "closed" ? "closed" : status === "cv" ? "cv" : "open",
    })
  }
  for (const row of of("PUMPS"))
    addLink(row, { kind: "pump", length_m: 0, diameter_mm: 0, roughness: 0, status: "open" })
  for (const row of of("VALVES")) {
    const diameter_mm = positive(row, number(row, 3, "diameter") * millimetres, "diameter")
    const setting = Number(row.fields[5] ?? Number.NaN)
    addLink(row, {
      kind: "valve",
      length_m: 0,
      diameter_mm,
      roughness: 0,
      status: "open",
      valve_type: (row.fields[4] ?? "").toUpperCase(),
      ...(Number.isFinite(setting) ? { setting } : {}),
    })
  }
  for (const row of of("STATUS")) {
    const link = network.links.get(row.fields[0]!)
    const status = (row.fields[1] ?? "").toLowerCase()
    if (link && (status === "closed" || status === "open")) link.status = status
  }
  for (const row of [...of("CONTROLS"), ...of("RULES")]) {
    const at = row.fields.findIndex((f) => /^(link|pipe|pump|valve)$/i.test(f))
    const id = at < 0 ? undefined : row.fields[at + 1]
    if (id !== undefined) file.controlled.add(id)
  }

  for (const row of of("BACKDROP"))
    if (/^units$/i.test(row.fields[0]!)) {
      const unit = (row.fields[1] ?? "").toLowerCase()
      file.map_units = unit.startsWith("deg")
        ? "degrees"
        : unit.startsWith("f")
          ? "feet"
          : unit.startsWith("m")
            ? "metres"
            : "none"
    }
  for (const row of of("COORDINATES")) {
    const node = network.nodes.get(row.fields[0]!)
    if (!node) continue
    node.x = number(row, 1, "x coordinate")
    node.y = number(row, 2, "y coordinate")
  }
  for (const row of of("VERTICES"))
    network.links.get(row.fields[0]!)?.vertices.push([number(row, 1, "x"), number(row, 2, "y")])

  for (const node of network.nodes.values())
    if (!Number.isFinite(node.x) || !Number.isFinite(node.y)) {
      const place = file.lines.get(`node:${node.id}`)!
      say(
        place,
        "coordinates",
        node.id,
        `节点 ${node.id} 没有坐标，请在 [COORDINATES] 中补上`,
        `Node ${node.id} has no coordinates; add it to [COORDINATES]`,
      )
    }
  if (network.nodes.size === 0)
    say(
      null,
      "JUNCTIONS",
      "",
      "文件中没有节点，这不是 EPANET 管网文件，请选择 .inp 文件",
      "The file has no nodes; choose an EPANET .inp network file",
    )
  else if (![...network.nodes.values()].some((n) => n.kind !== "junction"))
    say(
      null,
      "RESERVOIRS",
      "",
      "管网没有水源（水库或水池），水力计算将无法进行",
      "The network has no source (reservoir or tank); hydraulics cannot be solved",
      false,
    )
  return file
}

function rowsOf(
  text: string,
  say: (row: { line: number } | null, field: string, value: string, zh: string, en: string, blocks?: boolean) => void,
): Map<string, Row[]> {
  const rows = new Map<string, Row[]>()
  const lines = text.split(/\r\n|\n|\r/, lines_max + 1)
  if (lines.length > lines_max)
    say(
      null,
      "file",
      String(lines.length),
      `文件超过 ${lines_max} 行，请拆分后导入`,
      `The file is longer than ${lines_max} lines; split it`,
    )
  let section: Row[] = []
  lines.forEach((raw, index) => {
    const line = index + 1
    const cut = raw.indexOf(";")
    const body = (cut < 0 ? raw : raw.slice(0, cut)).trim()
    if (body === "") return
    if (body.startsWith("[")) {
      const { name, full } = sectionOf(body)
      if (!full)
        say(
          { line },
          "section",
          name,
          `不认识的节 [${name}]，其内容被忽略`,
          `Unknown section [${name}]; its lines are ignored`,
          false,
        )
      const key = full ?? `?${name}`
      section = rows.get(key) ?? []
      rows.set(key, section)
      return
    }
    section.push({ line, text: raw, fields: body.split(/\s+/), comment: cut < 0 ? "" : raw.slice(cut + 1).trim() })
  })
  return rows
}

/** The name in a section's heading, and EPANET's own name for it where it is known. */
export function sectionOf(heading: string): { name: string; full: string | undefined } {
  const name = heading.replace(/[[\]]/g, "").trim().toUpperCase()
  // EPANET accepts abbreviated section names; the first four letters tell them apart.
  const full = sections.has(name) ? name : [...sections].find((s) => name.length >= 4 && s.startsWith(name.slice(0, 4)))
  return { name, full }
}

/** `material=PE year=2009 name=人民路` → its pairs; any other comment → none. */
function tagsOf(comment: string): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const match of comment.matchAll(/([a-z_]+)=("[^"]*"|\S+)/g)) tags[match[1]!] = match[2]!.replace(/^"|"$/g, "")
  return tags
}
