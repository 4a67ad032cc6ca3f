/**
 * The city's assets as columns: numbers in typed arrays, words once each, positions in one long array. About 150 bytes
 * an asset with its code, where an object with its geometry takes about 1,000. Rows are only ever added; one that is
 * replaced or gone is marked dead.
 */
import type { Geometry, LonLat } from "../../../model/index.ts"
import type { Box } from "../geometry.ts"

/** A row as it is read; the reader reuses one object and its arrays. */
export type RowInput = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner_id: number | null
  lon: number
  lat: number
  length_m: number
  dn_mm: number
  area_ids: readonly number[]
  shape: Shape
  /** Longitude and latitude in turn; `positions` of them. */
  xy: number[] | Float64Array
  positions: number
  /** Of an area: behind which position each ring ends. */
  ring_ends: readonly number[]
}
export const shapes = { point: 1, line: 2, area: 3 } as const
export type Shape = (typeof shapes)[keyof typeof shapes]
/** What rows have in common: who may see them, and how they are drawn. Their numbers are small, so answers are kept by number. */
export type Group = {
  lifeline: string
  kind: string
  owner_id: number | null
  area_ids: readonly number[]
  /** Live rows. */
  count: number
}

export type Columns = ReturnType<typeof newColumns>

export function newColumns(expected: number) {
  let room = Math.max(16, expected)
  let id = new Float64Array(room)
  let group = new Uint32Array(room)
  let lon = new Float64Array(room)
  let lat = new Float64Array(room)
  let length_m = new Float64Array(room)
  let dn_mm = new Float64Array(room)
  let shape = new Uint8Array(room)
  let dead = new Uint8Array(room)
  /** Where a row's positions end in `xy`; points have none there. */
  let ends = new Uint32Array(room)
  let xy = new Float64Array(2 * room)
  const codes: (string | null)[] = []
  const names: (string | null)[] = []
  const rings = new Map<number, readonly number[]>()
  const groups: Group[] = []
  const groupNumbers = new Map<string, number>()
  const words = new Map<string, string>()
  let rows = 0
  let dead_rows = 0

  function resize(to: number) {
    room = to
    const moved = <T extends Float64Array | Uint8Array | Uint32Array>(from: T): T => {
      const made = new (from.constructor as new (length: number) => T)(room)
      made.set((from.length > room ? from.subarray(0, room) : from) as never)
      return made
    }
    id = moved(id)
    group = moved(group)
    lon = moved(lon)
    lat = moved(lat)
    length_m = moved(length_m)
    dn_mm = moved(dn_mm)
    shape = moved(shape)
    dead = moved(dead)
    ends = moved(ends)
  }
  const startOf = (row: number) => (row === 0 ? 0 : ends[row - 1]!)

  function groupOf({ lifeline, kind, owner_id, area_ids }: RowInput): number {
    const key = `${lifeline}\n${kind}\n${owner_id}\n${area_ids.length === 0 ? "" : area_ids.join()}`
    let found = groupNumbers.get(key)
    if (found === undefined) {
      found = groups.push({ lifeline, kind, owner_id, area_ids: [...area_ids], count: 0 }) - 1
      groupNumbers.set(key, found)
    }
    return found
  }
  /** The same text is kept once. */
  function word(text: string | null): string | null {
    if (text === null) return null
    const known = words.get(text)
    if (known !== undefined) return known
    if (words.size < words_max) words.set(text, text)
    return text
  }

  return {
    get rows() {
      return rows
    },
    get live() {
      return rows - dead_rows
    },
    groups: groups as readonly Readonly<Group>[],
    /** Adds a row and returns its number. */
    add(row: RowInput): number {
      if (rows === room) resize(Math.ceil(rows < many_rows ? 2 * room : 1.25 * room))
      const at = rows++
      id[at] = row.id
      const number = groupOf(row)
      group[at] = number
      groups[number]!.count++
      lon[at] = row.lon
      lat[at] = row.lat
      length_m[at] = row.length_m
      dn_mm[at] = row.dn_mm
      shape[at] = row.shape
      codes.push(row.code)
      names.push(word(row.name))
      let end = startOf(at)
      if (row.shape !== shapes.point) {
        const numbers = 2 * row.positions
        if (end + numbers > xy.length) {
          const longer = new Float64Array(Math.max(Math.ceil(1.25 * xy.length), end + numbers, 64))
          longer.set(xy)
          xy = longer
        }
        for (let i = 0; i < numbers; i++) xy[end++] = row.xy[i]!
        if (row.shape === shapes.area && row.ring_ends.length > 1) rings.set(at, [...row.ring_ends])
      }
      ends[at] = end
      return at
    },
    /** Gives back the room that was kept for more rows. */
    trim() {
      resize(rows + Math.min(many_rows, rows) + 64)
      xy = xy.slice(0, startOf(rows) + 4 * Math.min(many_rows, rows))
      words.clear()
    },
    /** A row as input for other columns. */
    input(row: number): RowInput {
      const { lifeline, kind, owner_id, area_ids } = groups[group[row]!]!
      const positions = (ends[row]! - startOf(row)) / 2
      return {
        id: id[row]!,
        lifeline,
        kind,
        owner_id,
        area_ids,
        code: codes[row] ?? null,
        name: names[row] ?? null,
        lon: lon[row]!,
        lat: lat[row]!,
        length_m: length_m[row]!,
        dn_mm: dn_mm[row]!,
        shape: shape[row] as Shape,
        xy: xy.subarray(startOf(row), ends[row]!),
        positions,
        ring_ends: rings.get(row) ?? [positions],
      }
    },
    kill(row: number) {
      if (dead[row] === 1) return
      dead[row] = 1
      dead_rows++
      groups[group[row]!]!.count--
    },
    isDead: (row: number) => dead[row] === 1,
    id: (row: number) => id[row]!,
    groupNumber: (row: number) => group[row]!,
    group: (row: number): Readonly<Group> => groups[group[row]!]!,
    code: (row: number) => codes[row] ?? null,
    name: (row: number) => names[row] ?? null,
    lon: (row: number) => lon[row]!,
    lat: (row: number) => lat[row]!,
    length: (row: number) => length_m[row]!,
    dn: (row: number) => dn_mm[row]!,
    shape: (row: number) => shape[row] as Shape,
    /** Where a row's numbers start and end in `xy()`. */
    start: startOf,
    end: (row: number) => ends[row]!,
    xy: () => xy,
    /** Behind which position each ring of an area ends. */
    ringEnds(row: number): readonly number[] {
      return rings.get(row) ?? [(ends[row]! - startOf(row)) / 2]
    },
    box(row: number): Box {
      if (shape[row] === shapes.point) return [lon[row]!, lat[row]!, lon[row]!, lat[row]!]
      const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
      for (let i = startOf(row); i < ends[row]!; i += 2) {
        const [x, y] = [xy[i]!, xy[i + 1]!]
        if (x < box[0]) box[0] = x
        if (y < box[1]) box[1] = y
        if (x > box[2]) box[2] = x
        if (y > box[3]) box[3] = y
      }
      return box
    },
    geometry(row: number): Geometry {
      if (shape[row] === shapes.point) return { type: "Point", coordinates: [lon[row]!, lat[row]!] }
      const start = startOf(row)
      const positions = (from: number, to: number) =>
        Array.from(
          { length: to - from },
          (_, i): LonLat => [xy[start + 2 * (from + i)]!, xy[start + 2 * (from + i) + 1]!],
        )
      if (shape[row] === shapes.line) return { type: "LineString", coordinates: positions(0, (ends[row]! - start) / 2) }
      const ring_ends = this.ringEnds(row)
      return {
        type: "Polygon",
        coordinates: ring_ends.map((end, i) => positions(i === 0 ? 0 : ring_ends[i - 1]!, end)),
      }
    },
  }
}

/** Room for more rows grows by a quarter from so many on, and so many are kept free for changes. */
const many_rows = 32_768
/** Distinct names kept once while reading; further ones are kept as often as they come. */
const words_max = 300_000
