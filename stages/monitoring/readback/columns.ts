import type { Latest, Rollup } from "../../../platform/series/index.ts"

export const latest_fields = ["time", "value", "quality", "arrived", "sequence"] as const
export type LatestField = (typeof latest_fields)[number]

/**
 * Latest readings as JSON in columns, `{"point":[…],"time":[…],…}`, put together by hand: 85,000 objects by
 * JSON.stringify take three times as long and four times the bytes. Values are finite numbers, so that they are JSON.
 */
export function latestColumns(rows: readonly Latest[], fields: readonly LatestField[]): string {
  const columns = (["point", ...fields] as const).map((name) => {
    const column: number[] = []
    for (let i = 0; i < rows.length; i++) column[i] = rows[i]![name]
    return `"${name}":[${column.join(",")}]`
  })
  return `{${columns.join(",")}}`
}

/** Roll-ups in columns, one entry a point in the order asked. */
export function rollupColumns(points: readonly { id: number; unit: string }[], rows: readonly Rollup[]) {
  const of = new Map(
    points.map((p) => [
      p.id,
      {
        point: p.id,
        unit: p.unit,
        start: [] as number[],
        min: [] as number[],
        max: [] as number[],
        mean: [] as number[],
        count: [] as number[],
        quality: [] as number[],
      },
    ]),
  )
  for (const r of rows) {
    const c = of.get(r.point)
    if (!c) continue
    for (const name of ["start", "min", "max", "mean", "count", "quality"] as const) c[name].push(r[name])
  }
  return [...of.values()]
}
