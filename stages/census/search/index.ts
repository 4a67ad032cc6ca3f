/** Search of the map: assets by code, name and pinyin, areas, streets, and coordinates in several notations. */
import type { LonLat, Scope, Words } from "../../../model/index.ts"
import type { CityIndex } from "../city-index.ts"
import type { Box } from "../geometry.ts"
import { type Seen, seenBy } from "../map/census-tile.ts"
import type { Streets } from "../places.ts"
import { degreesOf, metresOf } from "./coordinates.ts"
import { ofGrid } from "./grid.ts"
import { pinyinReader } from "./pinyin.ts"
import { folded, type Lines, layOut, type Match } from "./text.ts"

export type Found = {
  type: "asset" | "area" | "street" | "place"
  /** Of an asset or area. */
  id: number | null
  lifeline: string | null
  kind: string | null
  code: string | null
  name: Words | null
  lon_lat: LonLat
  box: Box
  /** 0 … 1, best first; for the order only. */
  score: number
}

const found_max = 50
/** Changed assets beside the laid out text; with more it is laid out anew. */
const beside_max = 20_000
const names_per_name = 3
const base_score: Record<Match, number> = { whole: 1, start: 0.8, inside: 0.5 }
/** A name is what people mean more often than a street or the inside of a code. */
const weight = { place: 1, area: 0.98, code: 0.97, name: 0.95, street: 0.96 }

type Laid = {
  index: CityIndex
  streets: Streets
  rows: number
  codes: Lines
  names: Lines
  /** Syllables and initials of a name that came later. */
  typed(name: string): string[]
  /** Rows by name: those of name i end at `ends[i]` in `byName`. */
  ends: Uint32Array
  byName: Uint32Array
  streetList: ReturnType<Streets["all"]>
  streetLines: Lines
}

export function createSearch() {
  let laid: Promise<Laid> | null = null
  let of: { index: CityIndex; streets: Streets } | null = null

  /** The text of this city; made at the first call after a reload or many changes, about 2 s for a million assets. */
  function ready(index: CityIndex, streets: Streets): Promise<Laid> {
    if (laid && of?.index === index && of.streets === streets) return laid
    const building = layOutCity(index, streets)
    laid = building
    of = { index, streets }
    building.catch(() => {
      if (laid === building) laid = null // Who waits for it hears of the failure; the next search tries again.
    })
    return building
  }

  return {
    async prepare(index: CityIndex, streets: Streets): Promise<void> {
      await ready(index, streets)
    },
    /** What fits `text`, best first; assets and areas as far as the scopes reach. */
    async find(
      index: CityIndex,
      streets: Streets,
      scopes: readonly Scope[],
      text: string,
      limit: number,
    ): Promise<Found[]> {
      if (of && of.index === index && index.columns.rows - ((await laid)?.rows ?? 0) > beside_max) laid = null
      const city = await ready(index, streets)
      const most = Math.min(limit, found_max)
      const needle = folded(text).trim().replaceAll("\t", " ")
      const place = placeOf(text, index)
      const found = [
        ...(place ? [place] : []),
        ...areas(city, seenBy(scopes, index.columns), needle),
        ...assets(city, seenBy(scopes, index.columns), needle, most),
        ...streetsFound(city, needle, most),
      ]
      return found.sort((a, b) => b.score - a.score).slice(0, most)
    },
  }
}

async function layOutCity(index: CityIndex, streets: Streets): Promise<Laid> {
  const { columns } = index
  const rows = columns.rows
  const toPinyin = pinyinReader()
  const fields = (...texts: (string | null | undefined)[]) =>
    texts
      .filter((text) => text !== null && text !== undefined)
      .map((text) => folded(text).replaceAll("\t", " "))
      .join("\t")
  const named = (zh: string, en?: string) => {
    const typed = toPinyin(zh)
    return fields(zh, en === zh ? null : en, typed?.full, typed?.initials)
  }
  const numbers = new Map<string, number>()
  const texts: string[] = []
  const nameOf = new Int32Array(rows).fill(-1)
  for (let row = 0; row < rows; row++) {
    const name = columns.name(row)
    if (name === null) continue
    let number = numbers.get(name)
    if (number === undefined) {
      number = texts.push(name) - 1
      numbers.set(name, number)
    }
    nameOf[row] = number
  }
  const ends = new Uint32Array(texts.length + 1)
  for (const number of nameOf) if (number >= 0) ends[number + 1]!++
  for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!
  const byName = new Uint32Array(ends.at(-1)!)
  const next = ends.slice()
  for (let row = 0; row < rows; row++) if (nameOf[row]! >= 0) byName[next[nameOf[row]!]!++] = row
  const streetList = streets.all()
  const later = new Map<string, string[]>()
  return {
    index,
    typed(name) {
      const known = later.get(name)
      if (known) return known
      const typed = toPinyin(name)
      const texts = typed ? [typed.full, typed.initials] : []
      later.set(name, texts)
      return texts
    },
    streets,
    rows,
    codes: await layOut(rows, (row) => folded(columns.code(row) ?? "").replaceAll("\t", " ")),
    names: await layOut(texts.length, (i) => named(texts[i]!)),
    ends,
    byName,
    streetList,
    streetLines: await layOut(streetList.length, (i) => named(streetList[i]!.name.zh, streetList[i]!.name.en)),
  }
}

function assets(
  { index, rows, codes, names, ends, byName, typed }: Laid,
  seen: Seen,
  needle: string,
  most: number,
): Found[] {
  const { columns } = index
  const scores = new Map<number, number>()
  const shown = (row: number) => !columns.isDead(row) && seen(columns.groupNumber(row))
  const take = (row: number, score: number) => {
    if (shown(row)) scores.set(row, Math.max(score, scores.get(row) ?? 0))
  }
  codes.find(needle, (row, how) => {
    take(row, base_score[how] * weight.code)
    return scores.size >= most
  })
  let by_name = 0
  names.find(needle, (name, how) => {
    let taken = 0
    for (let i = ends[name]!; i < ends[name + 1]! && taken < names_per_name; i++)
      if (shown(byName[i]!)) {
        take(byName[i]!, base_score[how] * weight.name)
        taken++
        by_name++
      }
    return by_name >= most
  })
  for (let row = rows; row < columns.rows; row++) {
    if (!shown(row)) continue
    const name = columns.name(row)
    const how = matchOf(needle, columns.code(row), name, ...(name === null ? [] : typed(name)))
    if (how) take(row, base_score[how] * weight.name)
  }
  return [...scores].map(([row, score]) => {
    const { id, lifeline, kind, code, name, lon_lat } = index.assetAt(row)
    const words = name === null ? null : { zh: name, en: name }
    return { type: "asset", id, lifeline, kind, code, name: words, lon_lat, box: columns.box(row), score }
  })
}

function matchOf(needle: string, ...texts: (string | null)[]): Match | null {
  let best: Match | null = null
  for (const text of texts) {
    if (text === null) continue
    const plain = folded(text)
    if (plain === needle) return "whole"
    if (plain.startsWith(needle)) best = "start"
    else if (best === null && plain.includes(needle)) best = "inside"
  }
  return best
}

/** Areas with an asset that may be seen. */
function areas({ index }: Laid, seen: Seen, needle: string): Found[] {
  const members = new Set(
    index.columns.groups.flatMap((group, number) => (group.count > 0 && seen(number) ? group.area_ids : [])),
  )
  const found: Found[] = []
  for (const { id, code, name, kind, lifeline, lon_lat } of index.areas.values()) {
    const how = members.has(id) && lon_lat ? matchOf(needle, code, name) : null
    if (!how || !lon_lat) continue
    const box: Box = [...lon_lat, ...lon_lat]
    const score = base_score[how] * weight.area
    found.push({ type: "area", id, lifeline, kind, code, name: { zh: name, en: name }, lon_lat, box, score })
  }
  return found
}

/** 人民路12号 is looked for in 人民路: the base map has no house numbers. */
const house_number = /\s*\d+\s*(号|弄|no\.?).*$/i

function streetsFound({ streetList, streetLines }: Laid, needle: string, most: number): Found[] {
  const found = new Map<number, Found>()
  for (const text of new Set([needle, needle.replace(house_number, "")]))
    streetLines.find(text, (i, how) => {
      const { name, box, lon_lat } = streetList[i]!
      const score = base_score[how] * weight.street
      if (!found.has(i))
        found.set(i, { type: "street", id: null, lifeline: null, kind: null, code: null, name, lon_lat, box, score })
      return found.size >= most
    })
  return [...found.values()]
}

function placeOf(text: string, index: CityIndex): Found | null {
  const metres = metresOf(text)
  const lon_lat = metres ? ofGrid(metres, index.center?.[0] ?? null) : degreesOf(text, index.bounds)
  if (!lon_lat) return null
  const [lon, lat] = lon_lat
  const words = `${Math.abs(lon).toFixed(6)}°${lon < 0 ? "W" : "E"} ${Math.abs(lat).toFixed(6)}°${lat < 0 ? "S" : "N"}`
  return {
    type: "place",
    id: null,
    lifeline: null,
    kind: null,
    code: null,
    name: { zh: words, en: words },
    lon_lat,
    box: [lon, lat, lon, lat],
    score: weight.place,
  }
}
