import { useMemo } from "react"
import { type Page, type PointRow, useGet } from "../../../api.ts"
import type { Limit, LoadPoint } from "../../../charts/index.ts"
import { letterOf } from "../../../charts/index.ts"
import { numberText } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"

/** A point as the chart shows it. */
export type ChartPoint = LoadPoint & {
  letter: string
  colour: number
  row: PointRow | null
  limits: Limit[]
}

/** The chosen points with their rows, limits and letters; a point that is not to be found keeps its number. */
export function useChartPoints(ids: readonly number[], listed: readonly PointRow[]) {
  const { t } = useWords()
  const names = useNames()
  const missing = ids.filter((id) => !listed.some((r) => r.id === id))
  const others = useGet<Page<PointRow>>("point", missing.length > 0 ? "/api/monitoring/points" : null, {
    points: [...ids].sort((a, b) => a - b).join(),
    limit: 500,
  })
  const key = ids.join()
  const pending = missing.length > 0 && others.data === undefined && !others.error
  const points = useMemo(() => {
    const known = new Map([...(others.data?.items ?? []), ...listed].map((r) => [r.id, r]))
    return key
      .split(",")
      .filter((id) => id !== "")
      .map((id, i): ChartPoint => {
        const row = known.get(Number(id)) ?? null
        const indicator = row ? names.indicators(row.lifeline).find((x) => x.id === row.indicator) : undefined
        return {
          id: Number(id),
          letter: letterOf(i),
          colour: i,
          row,
          interval_ms: row?.interval_ms ?? 60_000,
          waveform: indicator?.waveform !== undefined,
          limits: row
            ? names.thresholds(row.lifeline, row.indicator).flatMap((th) =>
                th.levels.map((l) => ({
                  value: l.limit,
                  severity: l.severity as 1 | 2 | 3 | 4,
                  text: `${th.direction === "below" ? "↓ " : ""}${t(`level_short.${l.severity}`)} ${numberText(l.limit)}`,
                })),
              )
            : [],
        }
      })
  }, [key, others.data, listed, names, t])
  return { points, pending, error: others.error }
}
