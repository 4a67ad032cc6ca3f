/** Finished tiles by name, place and scope; a change of the census drops only those it touches. */
import Flatbush from "flatbush"
import type { Box } from "../geometry.ts"
import { type Tile, type TileAt, tileBox } from "../tiles.ts"

type Kept = { tile: Tile; z: number; box: Box }

/** The least used tiles leave first once all hold more than `bytes_max`. */
export function tileCache(bytes_max: number) {
  const tiles = new Map<string, Kept>()
  let bytes = 0
  const entry_bytes = 300
  const drop = (key: string, { tile }: Kept) => {
    tiles.delete(key)
    bytes -= tile.bytes.length + entry_bytes
  }
  return {
    get bytes() {
      return bytes
    },
    get count() {
      return tiles.size
    },
    /** The tile of `at` under `name`, made where it is not kept. `name` says what is drawn and for whom. */
    get(name: string, at: TileAt, make: () => Tile): Tile {
      const key = `${at.z}/${at.x}/${at.y} ${name}`
      const found = tiles.get(key)
      const kept = found ?? { tile: make(), z: at.z, box: tileBox(at) }
      if (found) drop(key, found)
      tiles.set(key, kept)
      bytes += kept.tile.bytes.length + entry_bytes
      for (const [oldest, value] of tiles) {
        if (bytes <= bytes_max || oldest === key) break
        drop(oldest, value)
      }
      return kept.tile
    },
    /** Drops every tile of the zooms from `zoom_min` to `zoom_max` that a box touches; returns how many. */
    dropTouched(boxes: readonly Box[], zoom_min = 0, zoom_max = Infinity): number {
      if (boxes.length === 0) return 0
      const tree = new Flatbush(boxes.length)
      for (const [west, south, east, north] of boxes) tree.add(west, south, east, north)
      tree.finish()
      const before = tiles.size
      for (const [key, kept] of tiles)
        if (kept.z >= zoom_min && kept.z <= zoom_max && tree.search(...kept.box).length > 0) drop(key, kept)
      return before - tiles.size
    },
    clear() {
      tiles.clear()
      bytes = 0
    },
  }
}
