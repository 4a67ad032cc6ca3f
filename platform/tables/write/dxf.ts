/** Writer of drawings: DXF of release 12, which every CAD program opens, with a layer for each class. */
import { createReadStream } from "node:fs"
import { rm } from "node:fs/promises"
import { ProblemError, problem } from "../../../model/index.ts"
import type { TableGeometry } from "../contract.ts"
import { encodeGbk } from "./gbk.ts"
import { openSink } from "./sink.ts"
import { counted } from "./texts.ts"
import type { ExportOptions, ExportRow, ExportTable, Losses } from "./types.ts"

const layers_max = 500

/** Colours by their number in drawings: 1–9 fixed, 10–249 by hue, strength and paleness, 250–255 greys. */
function paletteOf(): [number, number, number][] {
  const fixed: [number, number, number][] = [
    [0, 0, 0],
    [255, 0, 0],
    [255, 255, 0],
    [0, 255, 0],
    [0, 255, 255],
    [0, 0, 255],
    [255, 0, 255],
    [255, 255, 255],
    [128, 128, 128],
    [192, 192, 192],
  ]
  const strengths = [255, 165, 127, 76, 38]
  for (let i = 10; i < 250; i++) {
    const hue = Math.floor((i - 10) / 10) * 15
    const strength = strengths[Math.floor((i % 10) / 2)]!
    const pale = i % 2 === 1 ? 0.5 : 0
    const channel = (shift: number) => {
      const k = (shift + hue / 60) % 6
      const full = 1 - Math.max(0, Math.min(1, Math.min(k, 4 - k)))
      return Math.round(strength * (full + (1 - full) * pale))
    }
    fixed.push([channel(5), channel(3), channel(1)])
  }
  for (const grey of [51, 80, 105, 130, 190, 255]) fixed.push([grey, grey, grey])
  return fixed
}
const palette = paletteOf()

/** The number of the colour that comes nearest to #rrggbb. */
export function colorNumber(color: string): number {
  const rgb = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i
    .exec(color)
    ?.slice(1)
    .map((h) => Number.parseInt(h, 16))
  if (!rgb) return 7
  let best = 7
  let least = Infinity
  for (let i = 1; i < palette.length; i++) {
    const distance = palette[i]!.reduce((n, c, k) => n + (c - rgb[k]!) ** 2, 0)
    if (distance < least) {
      least = distance
      best = i
    }
  }
  return best
}

const layerName = (name: string) => name.replace(/[<>/\\":;?*|=,`\s]/g, "_").slice(0, 31) || "0"
const pairs = (...all: [number, string | number][]) => all.map(([code, value]) => `${code}\r\n${value}\r\n`).join("")
const oneLine = (text: string) => text.replace(/[\r\n]+/g, " ")

/**
 * Writes the geometry of rows with their labels; areas become closed lines. Texts are GBK, as release 12 has them in
 * China. Entities go to a second file first: the layers that must stand before them are known at the end only.
 */
export async function writeDxf(
  path: string,
  tables: readonly ExportTable[],
  options: ExportOptions,
  losses: Losses,
): Promise<{ rows: number; bytes: number }> {
  const lost = () => losses.note("GBK 中没有的字符已写作「?」", 'characters that GBK has not were written as "?"')
  const encode = (text: string) => encodeGbk(text, lost)
  const part = `${path}.part`
  const layers = new Map<string, number>()
  let rows = 0
  try {
    const entities = await openSink(part, encode)
    try {
      for (const table of tables)
        for await (const row of counted(table, options)) {
          rows++
          if (!row.geometry) {
            losses.note("没有几何的行未写入图形", "rows without geometry are not in the drawing")
            continue
          }
          const said = options.layerOf?.(row, table.name) ?? { name: table.name, color: "#ffffff" }
          const layer = layerName(said.name)
          if (!layers.has(layer)) layers.set(layer, colorNumber(said.color))
          if (layers.size > layers_max)
            throw new ProblemError(
              problem(
                "export-too-large",
                413,
                `图层超过 ${layers_max} 个；请缩小范围或合并图层`,
                `More than ${layers_max} layers; choose a smaller part or fewer layers`,
              ),
            )
          await entities.write(entitiesOf(row, row.geometry, layer, colorNumber(said.color), options))
        }
      await entities.end()
    } finally {
      await entities.close()
    }
    const sink = await openSink(path, encode)
    try {
      await sink.write(headOf(layers))
      for await (const piece of createReadStream(part)) await sink.write(piece as Buffer)
      await sink.write(pairs([0, "ENDSEC"], [0, "EOF"]))
      return { rows, bytes: await sink.end() }
    } finally {
      await sink.close()
    }
  } finally {
    await rm(part, { force: true })
  }
}

/** Header, the table of layers with their colours, and the beginning of the entities. */
const headOf = (layers: Map<string, number>): string =>
  pairs(
    [0, "SECTION"],
    [2, "HEADER"],
    [9, "$ACADVER"],
    [1, "AC1009"],
    [9, "$DWGCODEPAGE"],
    [3, "ANSI_936"],
    [0, "ENDSEC"],
    [0, "SECTION"],
    [2, "TABLES"],
    [0, "TABLE"],
    [2, "LAYER"],
    [70, layers.size],
  ) +
  [...layers].map(([name, color]) => pairs([0, "LAYER"], [2, name], [70, 0], [62, color], [6, "CONTINUOUS"])).join("") +
  pairs([0, "ENDTAB"], [0, "ENDSEC"], [0, "SECTION"], [2, "ENTITIES"])

function entitiesOf(
  row: ExportRow,
  geometry: TableGeometry,
  layer: string,
  color: number,
  options: ExportOptions,
): string {
  const common: [number, string | number][] = [
    [8, layer],
    [62, color],
  ]
  const at = ([x = 0, y = 0, z = 0]: number[]): [number, number][] => [
    [10, x],
    [20, y],
    [30, z],
  ]
  const line = (points: number[][], closed: boolean) =>
    pairs([0, "POLYLINE"], ...common, [66, 1], ...at([0, 0, 0]), [70, 8 + Number(closed)]) +
    points.map((p) => pairs([0, "VERTEX"], [8, layer], ...at(p), [70, 32])).join("") +
    pairs([0, "SEQEND"], [8, layer])
  const label = options.labelOf?.(row)
  const anchor =
    geometry.type === "Point"
      ? geometry.coordinates
      : geometry.type === "LineString"
        ? geometry.coordinates[geometry.coordinates.length >> 1]!
        : geometry.coordinates[0]![0]!
  const text = label ? pairs([0, "TEXT"], ...common, ...at(anchor), [40, label.height], [1, oneLine(label.text)]) : ""
  if (geometry.type === "Point") return pairs([0, "POINT"], ...common, ...at(geometry.coordinates)) + text
  if (geometry.type === "LineString") return line(geometry.coordinates, false) + text
  return geometry.coordinates.map((ring) => line(ring.slice(0, -1), true)).join("") + text
}
