import { ProblemError, problem, type Scope } from "../../../model/index.ts"
import { notFound } from "../../../platform/http/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import type { PointRecord, Registry } from "../registry.ts"
import { visiblePoints } from "../store.ts"

export type PointFilter = { lifeline?: string; area?: string; indicator?: string; q?: string }

/** What a caller may see is asked of the database once in so many milliseconds; a revoked right lives as long. */
const kept_ms = 5000
/** Point ids kept over all answers. */
const ids_max = 2_000_000
const points_max = 1_000_000

export type Visible = ReturnType<typeof visibility>

/** Which points a caller may see, remembered for a few seconds: one person's screen asks the same many times. */
export function visibility(options: { db: Db; registry(): Registry; wall(): number }) {
  const known = new Map<string, { ids: number[]; until: number; set: Set<number> | null }>()
  let held = 0

  async function entry(scopes: readonly Scope[], filter: PointFilter) {
    const key = JSON.stringify([scopes, filter])
    const found = known.get(key)
    if (found && found.until > options.wall()) return found
    if (held > ids_max || found) {
      known.clear()
      held = 0
    }
    const { points } = options.registry()
    const { ids } = isWhole(scopes, filter)
      ? { ids: [...points.keys()] }
      : await visiblePoints(options.db, scopes, filter, points_max, 0)
    const made = { ids: ids.filter((id) => points.has(id)), until: options.wall() + kept_ms, set: null }
    known.set(key, made)
    held += made.ids.length
    return made as { ids: number[]; until: number; set: Set<number> | null }
  }

  return {
    /** Ids of all points that the scopes and the filter leave. */
    all: async (scopes: readonly Scope[], filter: PointFilter = {}): Promise<number[]> =>
      (await entry(scopes, filter)).ids,
    /** The points of "3,7,12"; throws not-found for one that may not be seen, and where there are more than `most`. */
    async these(scopes: readonly Scope[], text: string, most: number): Promise<PointRecord[]> {
      const ids = [...new Set(text.split(",").map(Number))]
      if (ids.length > most) throw new ProblemError(tooMany(ids.length, most))
      const seen = await entry(scopes, {})
      seen.set ??= new Set(seen.ids)
      const { points } = options.registry()
      return ids.map((id) => {
        const point = points.get(id)
        if (!point || !seen.set!.has(id)) throw new ProblemError(notFound("point", id))
        return point
      })
    },
  }
}

const isWhole = (scopes: readonly Scope[], filter: PointFilter) =>
  Object.values(filter).every((value) => value === undefined) &&
  scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")

export const tooMany = (value: number, most: number) =>
  problem("too-many", 400, `一次最多 ${most} 个测点`, `At most ${most} points at once`, { field: "points", value })

/** Refuses a time range that ends before it begins. */
export function checkSpan(from: number, to: number) {
  if (!(from < to))
    throw new ProblemError(
      problem("bad-range", 400, "from 应早于 to", "from must be before to", { field: "from", value: from }),
    )
}
