/**
 * Writes a network as the census has it now back into the EPANET file that it came from. The census keeps pipes, nodes and
 * valves; patterns, curves, controls, rules, times and options stay as the file says. A number that the census did not
 * change keeps the file's own digits, since the census rounds to four decimals.
 */
import type { Attributes, Words } from "../../model/index.ts"
import { flow_units, type InpFile, readInp, sectionOf } from "./inp.ts"

export type InpAsset = { kind: string; code: string; attributes: Attributes }
export type InpWritten = { text: string; notes: Words[] }

/** Half of the census's last decimal: nearer than this a number is the same. */
const same_within = 5.1e-5
const id_max = 31

type Field = { attribute: string; at: number; unit: "m" | "mm" | "m3h" | "none" | "text" }
const fields: Record<string, Field[]> = {
  JUNCTIONS: [
    { attribute: "elevation_m", at: 1, unit: "m" },
    { attribute: "base_demand_m3h", at: 2, unit: "m3h" },
  ],
  RESERVOIRS: [{ attribute: "head_m", at: 1, unit: "m" }],
  TANKS: [
    { attribute: "elevation_m", at: 1, unit: "m" },
    { attribute: "level_initial_m", at: 2, unit: "m" },
    { attribute: "level_min_m", at: 3, unit: "m" },
    { attribute: "level_max_m", at: 4, unit: "m" },
    { attribute: "diameter_m", at: 5, unit: "m" },
  ],
  PIPES: [
    { attribute: "from_node", at: 1, unit: "text" },
    { attribute: "to_node", at: 2, unit: "text" },
    { attribute: "length_m", at: 3, unit: "m" },
    { attribute: "diameter_mm", at: 4, unit: "mm" },
    { attribute: "roughness", at: 5, unit: "none" },
  ],
  PUMPS: [
    { attribute: "from_node", at: 1, unit: "text" },
    { attribute: "to_node", at: 2, unit: "text" },
  ],
  VALVES: [
    { attribute: "from_node", at: 1, unit: "text" },
    { attribute: "to_node", at: 2, unit: "text" },
    { attribute: "diameter_mm", at: 3, unit: "mm" },
    { attribute: "valve_type", at: 4, unit: "text" },
    { attribute: "setting", at: 5, unit: "none" },
  ],
}
/** Sections whose lines begin with the id of a node or a link. */
const of_nodes = new Set([
  "JUNCTIONS",
  "RESERVOIRS",
  "TANKS",
  "DEMANDS",
  "EMITTERS",
  "QUALITY",
  "SOURCES",
  "MIXING",
  "COORDINATES",
])
const of_links = new Set(["PIPES", "PUMPS", "VALVES", "STATUS", "VERTICES", "LEAKAGE"])

type Line = { section: string; raw: string; fields: string[]; comment: string }

type Context = {
  file: InpFile
  factor: Factors
  /** Nodes with lines in [DEMANDS], links with Open or Closed in [STATUS]. */
  in_demands: Set<string>
  in_status: Set<string>
  gone: Gone
}
/** Where a new node lies in the file's own coordinates; null: it is written without. */
export type InpOptions = { place?: (asset: InpAsset) => [x: number, y: number] | null }

/**
 * `original` is the file's text; `assets` are all of its assets that are in use now. What the census no longer has is left
 * out, with the lines that name it; new pipes, junctions and reservoirs are added. `notes` says what could not be written
 * and which controls and rules had to go.
 */
export function writeInp(original: string, assets: readonly InpAsset[], options: InpOptions = {}): InpWritten {
  const file = readInp(original)
  const lines = linesOf(original)
  const notes: Words[] = []
  const nodes = new Map<string, InpAsset>()
  const links = new Map<string, InpAsset>()
  for (const asset of assets) {
    if (asset.attributes.from_node === undefined) nodes.set(asset.code, asset)
    else links.set(linkId(file, asset), asset)
  }
  const idsIn = (section: string, counts: (line: Line) => boolean): Set<string> =>
    new Set(lines.filter((l) => l.section === section && counts(l)).map((l) => l.fields[0] ?? ""))
  const context: Context = {
    file,
    factor: factorsOf(lines),
    in_demands: idsIn("DEMANDS", () => true),
    in_status: idsIn("STATUS", (l) => isStatus(l.fields[1])),
    gone: goneFrom(file, nodes, links),
  }
  const written: Line[] = []
  let rule_gone = false
  for (const [index, line] of lines.entries()) {
    const { section, raw } = line
    const id = line.fields[0]
    if (section === "RULES" && id !== undefined && /^rule$/i.test(id))
      rule_gone = isRuleGone(lines, index, context.gone)
    const by_node = of_nodes.has(section)
    const by_link = of_links.has(section)
    const dropped =
      id !== undefined &&
      ((by_node && context.gone.nodes.has(id)) ||
        (by_link && context.gone.links.has(id)) ||
        (section === "RULES" ? rule_gone : namesGone(line, context.gone)))
    if (!dropped) {
      const asset = id === undefined ? undefined : by_node ? nodes.get(id) : by_link ? links.get(id) : undefined
      written.push(asset ? patched(line, asset, context) : line)
    } else if (section === "CONTROLS" || section === "RULES")
      notes.push({
        zh: `[${section}] 中「${raw.trim()}」涉及已不在普查中的部件，未写出`,
        en: `"${raw.trim()}" in [${section}] names a part that the census no longer has; it was left out`,
      })
  }
  const more = new Map<string, string[]>()
  const add = (section: string, words: (string | number)[]): void => {
    more.set(section, [...(more.get(section) ?? []), ` ${words.join("\t")}`])
  }
  for (const [id, asset] of links) {
    const link = file.network.links.get(id)
    if (link && link.kind !== "pipe" && isChanged(asset, link.status) && !context.in_status.has(id))
      add("STATUS", [id, String(asset.attributes.status)])
  }
  const tell = (id: string, why: Reason | null): void => {
    if (why) notes.push({ zh: `${id} 未写出：${why[0]}`, en: `${id} was not written: ${why[1]}` })
  }
  for (const [id, asset] of nodes) if (!file.network.nodes.has(id)) tell(id, addNode(id, asset, context, options, add))
  for (const [id, asset] of links) if (!file.network.links.has(id)) tell(id, addPipe(id, asset, context, nodes, add))
  return { text: `${withMore(written, more).join("\n")}\n`, notes }
}

const isStatus = (word: string | undefined): boolean => /^(open|closed)$/i.test(word ?? "")
const isChanged = (asset: InpAsset, status: string): boolean =>
  typeof asset.attributes.status === "string" && asset.attributes.status !== status

/** New lines at the end of their sections; a section that the file lacks comes before [END]. */
function withMore(lines: readonly Line[], more: Map<string, string[]>): string[] {
  const text = lines.map((l) => l.raw)
  const places = [...more].map(([section, rows]) => {
    const last = lines.findLastIndex((l) => l.section === section)
    if (last >= 0) return { at: last + 1, rows }
    const end = lines.findIndex((l) => l.section === "END")
    return { at: end < 0 ? lines.length : end, rows: [`[${section}]`, ...rows] }
  })
  // From the back, so that places stay right.
  for (const { at, rows } of places.sort((a, b) => b.at - a.at)) text.splice(at, 0, ...rows)
  return text
}

function linesOf(text: string): Line[] {
  let section = ""
  return text.split(/\r\n|\n|\r/).map((raw): Line => {
    const cut = raw.indexOf(";")
    const body = (cut < 0 ? raw : raw.slice(0, cut)).trim()
    if (body.startsWith("[")) {
      const { name, full } = sectionOf(body)
      section = full ?? name
      return { section, raw, fields: [], comment: "" }
    }
    return { section, raw, fields: body === "" ? [] : body.split(/\s+/), comment: cut < 0 ? "" : raw.slice(cut) }
  })
}

/** The link's id in the file: its code, or without the kind that the import puts in front where a node has the id too. */
function linkId(file: InpFile, { kind, code }: InpAsset): string {
  const bare = code.startsWith(`${kind}-`) ? code.slice(kind.length + 1) : code
  return bare !== code && file.network.nodes.has(bare) && file.network.links.has(bare) ? bare : code
}

type Factors = Record<Field["unit"], number>
function factorsOf(lines: readonly Line[]): Factors {
  const row = lines.find((l) => l.section === "OPTIONS" && /^units$/i.test(l.fields[0] ?? ""))
  const { m3h, us } = flow_units[(row?.fields[1] ?? "GPM").toUpperCase()] ?? { m3h: 1, us: false }
  return { m: us ? 0.3048 : 1, mm: us ? 25.4 : 1, m3h, none: 1, text: 1 }
}

type Gone = { nodes: Set<string>; links: Set<string> }
function goneFrom({ network }: InpFile, nodes: Map<string, InpAsset>, links: Map<string, InpAsset>): Gone {
  return {
    nodes: new Set([...network.nodes.keys()].filter((id) => !nodes.has(id))),
    links: new Set([...network.links.keys()].filter((id) => !links.has(id))),
  }
}

/** Whether a line of controls, rules, tags or energy names something that is gone. */
function namesGone({ section, fields: words }: Line, { nodes, links }: Gone): boolean {
  if (!["CONTROLS", "RULES", "TAGS", "ENERGY", "REACTIONS"].includes(section)) return false
  return words.some((word, at) => {
    const id = words[at + 1] ?? ""
    if (/^(link|pipe|pump|valve|bulk|wall)$/i.test(word)) return links.has(id)
    return /^(node|junc|junction|reserv|reservoir|tank)$/i.test(word) && nodes.has(id)
  })
}

/** Whether the rule that begins on this line names something that is gone. */
function isRuleGone(lines: readonly Line[], begins: number, gone: Gone): boolean {
  for (let i = begins + 1; i < lines.length; i++) {
    const line = lines[i]!
    if (line.section !== "RULES" || /^rule$/i.test(line.fields[0] ?? "")) return false
    if (namesGone(line, gone)) return true
  }
  return false
}

const digits = (value: number): string => String(Number(value.toPrecision(12)))

/** The line with what the census says now; the same line where that is what the file says. */
function patched(line: Line, asset: InpAsset, { file, factor, in_demands }: Context): Line {
  const { section } = line
  const id = line.fields[0]!
  const now = asset.attributes
  const words = [...line.fields]
  if (section === "DEMANDS") {
    const old = file.network.nodes.get(id)!.base_demand_m3h
    const value = now.base_demand_m3h
    if (typeof value === "number" && Math.abs(value - old) > same_within) {
      // The sum changed, its parts are not known: each keeps its share.
      const share = old === 0 ? 0 : Number(words[1]) / (old / factor.m3h)
      setWord(words, 1, digits((value / factor.m3h) * (old === 0 ? 1 : share)))
    }
  }
  if (section === "STATUS" && isStatus(words[1]) && isChanged(asset, file.network.links.get(id)!.status))
    setWord(words, 1, String(now.status))
  for (const { attribute, at, unit } of fields[section] ?? []) {
    const value = now[attribute]
    // A node with lines in [DEMANDS] draws what they say and not what stands here.
    if (value === undefined || value === null || (attribute === "base_demand_m3h" && in_demands.has(id))) continue
    const raw = words[at]
    if (unit === "text") {
      if (String(value).toUpperCase() !== (raw ?? "").toUpperCase()) setWord(words, at, String(value))
      continue
    }
    const old = raw === undefined || raw === "*" ? 0 : Number(raw) * factor[unit]
    if (typeof value === "number" && !(Math.abs(value - old) <= same_within))
      setWord(words, at, digits(value / factor[unit]))
  }
  if (section === "PIPES" && isChanged(asset, file.network.links.get(id)!.status)) {
    if (words[6] === undefined || !Number.isFinite(Number(words[6]))) setWord(words, 6, "0")
    setWord(words, 7, String(now.status))
  }
  return words.every((word, i) => word === line.fields[i]) ? line : made(section, words, line.comment)
}

function setWord(words: string[], at: number, word: string): void {
  while (words.length < at) words.push("0")
  words[at] = word
}
const made = (section: string, words: string[], comment: string): Line => ({
  section,
  raw: ` ${words.join("\t")}${comment === "" ? "" : `\t${comment}`}`,
  fields: words,
  comment,
})

type Add = (section: string, words: (string | number)[]) => void
const isId = (id: string): boolean => id.length <= id_max && /^[^\s;"[]+$/.test(id)
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null)

type Reason = [zh: string, en: string]
const bad_id: Reason = [
  `编号须为不含空格、分号的 ${id_max} 个以内字符`,
  `an id has at most ${id_max} characters without blanks and semicolons`,
]

/** Adds a node's lines, or says why it cannot. */
function addNode(id: string, asset: InpAsset, { factor }: Context, options: InpOptions, add: Add): Reason | null {
  const { head_m, elevation_m, base_demand_m3h } = asset.attributes
  const height = numberOf(asset.kind === "reservoir" ? head_m : elevation_m)
  if (!isId(id)) return bad_id
  if (asset.kind === "tank") return ["新水池的形状须在模型中给出", "give a new tank's shape in the model"]
  if (height === null) return ["缺少高程或水头", "it has no elevation or head"]
  if (asset.kind === "reservoir") add("RESERVOIRS", [id, digits(height / factor.m)])
  else add("JUNCTIONS", [id, digits(height / factor.m), digits((numberOf(base_demand_m3h) ?? 0) / factor.m3h)])
  const place = options.place?.(asset)
  if (place) add("COORDINATES", [id, ...place])
  return null
}

/** Adds a pipe's line, or says why it cannot. */
function addPipe(
  id: string,
  asset: InpAsset,
  { factor }: Context,
  nodes: Map<string, InpAsset>,
  add: Add,
): Reason | null {
  const { from_node, to_node, length_m, diameter_mm, roughness, status } = asset.attributes
  const [length, diameter, rough] = [numberOf(length_m), numberOf(diameter_mm), numberOf(roughness)]
  if (!isId(id)) return bad_id
  if (asset.kind !== "pipe")
    return ["新水泵、阀门的曲线与设定须在模型中给出", "give a new pump's or valve's curve and setting in the model"]
  if (!nodes.has(String(from_node)) || !nodes.has(String(to_node)))
    return ["其端点不在普查中", "the census lacks a node at its end"]
  if (length === null || length <= 0 || diameter === null || diameter <= 0 || rough === null || rough <= 0)
    return ["缺少长度、管径或糙率", "it lacks a length, diameter or roughness"]
  add("PIPES", [
    id,
    String(from_node),
    String(to_node),
    digits(length / factor.m),
    digits(diameter / factor.mm),
    digits(rough),
    0,
    status === "closed" || status === "cv" ? status : "open",
  ])
  return null
}
