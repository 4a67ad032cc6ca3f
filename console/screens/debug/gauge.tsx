import type { ReactNode } from "react"
import { fullness, shareOf, sparkPath } from "./parts.ts"

export function Spark({
  values,
  width = 80,
  height = 14,
}: {
  values: readonly (number | null)[]
  width?: number
  height?: number
}) {
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={sparkPath(values, width, height)} fill="none" stroke="var(--ink-2)" strokeWidth="1.1" />
    </svg>
  )
}

// biome-ignore-start lint/a11y/useSemanticElements: a meter element brings its own colours, which here belong to levels
/** A quantity against its limit: ink, and a level's colour only where it is tight. */
export function Gauge({ name, value, limit, said }: { name: ReactNode; value: number; limit: number; said: string }) {
  const full = fullness(value, limit)
  return (
    <div className="gauge">
      <span className="el">{name}</span>
      <span
        className={`gbar ${full}`}
        role="meter"
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuetext={said}
      >
        <i style={{ width: `${shareOf(value, limit) * 100}%` }} />
      </span>
      <span className={`r nw1 f12 ${full === "tight" ? "b" : "i2"}`}>{said}</span>
    </div>
  )
}
// biome-ignore-end lint/a11y/useSemanticElements: see above
