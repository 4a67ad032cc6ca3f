/** The adjacency of the city as later stages ask it: by asset, made anew at the first question after a change. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import { sleep } from "../../../platform/timers/index.ts"
import type { Census } from "../types.ts"
import { type Adjacency, sweepAdjacency } from "./sweep.ts"

/** A hollow thing near a leaking one; `side` 1 left of the line's direction, −1 right, 0 over it or where there is none. */
export type AdjacentSpace = { asset_id: number; distance_m: number; along_m: number; side: number }

export type AdjacentSpaces = {
  asset_id: number
  /** What leaks from the asset may gather in these, nearest first. */
  spaces: AdjacentSpace[]
  /** Assets that leak into this one, nearest first: where it is hollow. */
  leaking: AdjacentSpace[]
  /** Hollow things it opens into. */
  opens_into: number[]
}

export type Adjacencies = {
  adjacentSpaces(asset_id: number): Promise<AdjacentSpaces>
  /** The whole graph, for detectors that walk it. */
  graph(): Promise<Adjacency>
}

type Known = Adjacency & {
  /** Pair numbers by space: those of `spaces[i]` are `reverse[reverse_start[i]] …`. */
  spaces: Int32Array
  reverse_start: Int32Array
  reverse: Int32Array
}

export function keepAdjacency(
  census: Pick<Census, "assets" | "revision">,
  lifelines: readonly Lifeline[],
): Adjacencies {
  const kinds = new Map(lifelines.flatMap((l) => l.assets.map((kind) => [`${l.id}\n${kind.kind}`, kind])))
  let kept: { revision: number; known: Promise<Known> } | undefined

  async function make(): Promise<Known> {
    function* relevant() {
      for (const asset of census.assets()) {
        const kind = kinds.get(`${asset.lifeline}\n${asset.kind}`)
        const reach_m = kind?.leaks?.reach_m ?? 0
        if (kind?.hollow || reach_m > 0)
          yield { id: asset.id, geometry: asset.geometry, hollow: kind?.hollow ?? false, reach_m }
      }
    }
    return reversed(await sweepAdjacency(relevant(), () => sleep(0)))
  }
  const current = (): Promise<Known> => {
    const revision = census.revision()
    if (kept?.revision === revision) return kept.known
    const known = make()
    const made = { revision, known }
    kept = made
    // A failure is told to whoever asked; the next question tries again.
    known.catch(() => {
      if (kept === made) kept = undefined
    })
    return known
  }
  return {
    graph: current,
    async adjacentSpaces(asset_id) {
      const known = await current()
      const pair = (at: number, id: number): AdjacentSpace => ({
        asset_id: id,
        distance_m: Math.round(known.distance_m[at]! * 100) / 100,
        along_m: Math.round(known.along_m[at]! * 100) / 100,
        side: known.side[at]!,
      })
      const spaces: AdjacentSpace[] = []
      const i = find(known.leaking, asset_id)
      if (i >= 0) for (let at = known.start[i]!; at < known.start[i + 1]!; at++) spaces.push(pair(at, known.space[at]!))
      const leaking: AdjacentSpace[] = []
      const j = find(known.spaces, asset_id)
      if (j >= 0)
        for (let k = known.reverse_start[j]!; k < known.reverse_start[j + 1]!; k++) {
          const at = known.reverse[k]!
          leaking.push(pair(at, known.leaking[lineOf(known.start, at)]!))
        }
      leaking.sort((a, b) => a.distance_m - b.distance_m || a.asset_id - b.asset_id)
      const opens_into: number[] = []
      for (let k = firstOf(known.hollow_from, asset_id); known.hollow_from[k] === asset_id; k++)
        opens_into.push(known.hollow_to[k]!)
      return { asset_id, spaces, leaking, opens_into }
    },
  }
}

function reversed(adjacency: Adjacency): Known {
  const { space } = adjacency
  const reverse = Int32Array.from(space.keys()).sort((a, b) => space[a]! - space[b]! || a - b)
  const spaces: number[] = []
  const starts: number[] = []
  reverse.forEach((at, k) => {
    if (spaces.at(-1) === space[at]) return
    spaces.push(space[at]!)
    starts.push(k)
  })
  return {
    ...adjacency,
    spaces: Int32Array.from(spaces),
    reverse_start: Int32Array.from([...starts, space.length]),
    reverse,
  }
}

/** First place in a sorted list whose value is not below `value`. */
function firstOf(list: Int32Array, value: number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

const find = (list: Int32Array, value: number): number => {
  const at = firstOf(list, value)
  return list[at] === value ? at : -1
}

/** Which leaking asset a pair belongs to: the last start at or before it. */
const lineOf = (start: Int32Array, pair: number): number => firstOf(start, pair + 1) - 1
