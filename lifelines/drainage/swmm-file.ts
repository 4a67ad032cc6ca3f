/** SWMM 5 input files: sections, rows with their line numbers, and the options that say what the numbers mean. */
import type { ImportedCity } from "../contract.ts"

export type SwmmRow = { line: number; text: string; cells: string[] }
export type SwmmFile = {
  /** Rows by section, under the section's full name; comments and blank lines are left out. */
  sections: Map<string, SwmmRow[]>
  /** Whole sections as they stand in the file, comments and all: what no asset holds is kept so. */
  texts: Map<string, string[]>
  /** Metres in a unit of length of the file. */
  length_m: number
  flow_units: string
  /** Offsets of links are heights, not depths above the node's invert. */
  offsets_are_heights: boolean
  map_units: "degrees" | "feet" | "metres" | "none"
}

/** Names of sections as the engine knows them: by their first letters. */
const names: [begins: string, name: string][] = [
  ["TITLE", "TITLE"],
  ["OPTION", "OPTIONS"],
  ["JUNC", "JUNCTIONS"],
  ["OUTF", "OUTFALLS"],
  ["STORAGE", "STORAGE"],
  ["DIVIDER", "DIVIDERS"],
  ["COND", "CONDUITS"],
  ["PUMP", "PUMPS"],
  ["ORIF", "ORIFICES"],
  ["WEIR", "WEIRS"],
  ["OUTL", "OUTLETS"],
  ["XSECT", "XSECTIONS"],
  ["COORD", "COORDINATES"],
  ["VERTI", "VERTICES"],
  ["MAP", "MAP"],
  ["TAG", "TAGS"],
]
const line_chars_max = 100_000

/** True for what is a SWMM file and no EPANET one; both end in .inp. */
export const looksLikeSwmm = (text: string): boolean =>
  /^\s*\[(?:COND|XSECT|OUTF|OUTL|SUBCATCH|RAINGAGE|DIVIDER|ORIF|WEIR|STORAGE)/im.test(text) &&
  !/^\s*\[(?:PIPES|RESERVOIRS|TANKS)\]/im.test(text)

export function readSwmm(text: string, problems: ImportedCity["problems"]): SwmmFile {
  const sections = new Map<string, SwmmRow[]>()
  const texts = new Map<string, string[]>()
  let rows: SwmmRow[] | null = null
  let whole: string[] | null = null
  text.split(/\r\n|\n|\r/).forEach((raw, i) => {
    const line = i + 1
    const header = /^\s*\[([A-Za-z_]+)/.exec(raw)
    if (header) {
      const said = header[1]!.toUpperCase()
      const name = names.find(([begins]) => said.startsWith(begins))?.[1] ?? said
      rows = sections.get(name) ?? []
      whole = texts.get(name) ?? []
      sections.set(name, rows)
      texts.set(name, whole)
      return
    }
    whole?.push(raw)
    if (raw.length > line_chars_max) {
      problems.push({
        line,
        field: "line",
        value: raw.slice(0, 80),
        words: {
          zh: `该行超过 ${line_chars_max} 个字符，未读取`,
          en: `The line is longer than ${line_chars_max} characters and was not read`,
        },
        blocks: true,
      })
      return
    }
    const bare = raw.replace(/;.*$/, "").trim()
    if (bare === "" || rows === null) return
    // Names may stand in quotes and then hold blanks.
    const cells = [...bare.matchAll(/"([^"]*)"|(\S+)/g)].map((cell) => cell[1] ?? cell[2]!)
    rows.push({ line, text: bare, cells })
  })
  const option = (name: string): string =>
    sections
      .get("OPTIONS")
      ?.find(({ cells }) => cells[0]?.toUpperCase() === name)
      ?.cells[1]?.toUpperCase() ?? ""
  const flow_units = option("FLOW_UNITS") || "CFS"
  const units =
    sections
      .get("MAP")
      ?.find(({ cells }) => cells[0]?.toUpperCase() === "UNITS")
      ?.cells[1]?.toUpperCase() ?? ""
  return {
    sections,
    texts,
    // Files of the American flow units are in feet, the others in metres (SWMM 5 reference manual).
    length_m: ["CFS", "GPM", "MGD"].includes(flow_units) ? 0.3048 : 1,
    flow_units,
    offsets_are_heights: option("LINK_OFFSETS") === "ELEVATION",
    map_units: units.startsWith("DEG")
      ? "degrees"
      : units.startsWith("F")
        ? "feet"
        : units.startsWith("M")
          ? "metres"
          : "none",
  }
}
