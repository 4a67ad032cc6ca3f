import { useQueries } from "@tanstack/react-query"
import { useMemo } from "react"
import { type ApiError, type CurveView, getJson, type PointRow } from "../../../api.ts"
import type { Window } from "../../../charts/index.ts"
import { type Strip, stripOfCurve } from "../../../charts/index.ts"

const points_per_request = 40
const values_per_spark = 90
const every_ms = 10_000

/** Curves of many points in one window, coarse, some points a request. */
export function useSparks(rows: readonly PointRow[], window: Window, live: boolean) {
  const batches = useMemo(() => {
    const out: PointRow[][] = []
    for (let i = 0; i < rows.length; i += points_per_request) out.push(rows.slice(i, i + points_per_request))
    return out
  }, [rows])
  const from = Math.round(window.from)
  const to = Math.round(window.to)
  return useQueries({
    queries: batches.map((batch) => {
      const ids = batch.map((r) => r.id).join()
      return {
        queryKey: ["curves", "sparks", ids, from, to],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const query = { points: ids, from, to, max: values_per_spark }
          const curves = await getJson<CurveView[]>("/api/monitoring/curves", query, signal)
          const interval = new Map(batch.map((r) => [r.id, r.interval_ms]))
          return new Map(curves.map((c) => [c.point, stripOfCurve(c, interval.get(c.point) ?? 60_000)]))
        },
        placeholderData: ((previous: unknown) => previous) as never,
        ...(live ? { refetchInterval: every_ms } : {}),
      }
    }),
    combine: (results) => ({
      strips: new Map(results.flatMap((r) => [...((r.data as ReadonlyMap<number, Strip> | undefined) ?? [])])),
      pending: results.some((r) => r.isPending),
      error: (results.find((r) => r.error)?.error ?? null) as ApiError | null,
      refetch: () => {
        for (const r of results) void r.refetch()
      },
    }),
  })
}
