import type { ReactNode } from "react"
import { useWords } from "../words/index.ts"

export type Level = 1 | 2 | 3 | 4
export type LevelState = "new" | "seen" | "cleared"

export const levelShapes: Record<Level, { d: string; text_y: number }> = {
  1: { d: "M9 -.6L18.6 9 9 18.6-.6 9z", text_y: 12.9 },
  2: { d: "M9 .2L18.6 17H-.6z", text_y: 15 },
  3: { d: "M2 1h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H2a1 1 0 0 1-1-1V2a1 1 0 0 1 1-1z", text_y: 12.9 },
  4: { d: "M9 .4a8.6 8.6 0 1 0 0 17.2a8.6 8.6 0 1 0 0-17.2z", text_y: 12.9 },
}

/** What an alarm's fields say about its shape: filled until acknowledged, hollow after, dashed once cleared. */
export const levelState = (alarm: { acknowledged_at: number | null; condition: string }): LevelState =>
  alarm.condition === "cleared" ? "cleared" : alarm.acknowledged_at === null ? "new" : "seen"

/** ◆1 ▲2 ■3 ●4: shape, number and colour together. */
export function LevelShape({
  level,
  state = "new",
  size = "m",
}: {
  level: Level
  state?: LevelState
  size?: "s" | "m" | "l"
}) {
  const { t } = useWords()
  const shape = levelShapes[level]
  return (
    <svg
      className={`lv L${level} ${size === "m" ? "" : size} ${state === "seen" ? "ack" : state === "cleared" ? "cl" : ""}`}
      viewBox="0 0 18 18"
      role="img"
      aria-label={`${t(`level.${level}`)} ${t(`level_state.${state}`)}`}
    >
      <path className="sh" d={shape.d} />
      <text x="9" y={shape.text_y}>
        {level}
      </text>
    </svg>
  )
}

/** The level as a tag with words: ◆1 一级报警. */
export function LevelBadge({
  level,
  state = "new",
  children,
}: {
  level: Level
  state?: LevelState
  children: ReactNode
}) {
  return (
    <span className={`lvtag k${level}`}>
      <LevelShape level={level} state={state} size="s" />
      {children}
    </span>
  )
}

/** Four bars filled from below: 重大 4, 较大 3, 一般 2, 低 1. Risk is never a numbered shape. */
export function RiskBars({ band }: { band: number }) {
  const filled = 5 - band
  return (
    <svg className={`rk rk${band}`} viewBox="0 0 14 14" aria-hidden="true">
      {[0, 1, 2, 3].map((i) => (
        <rect key={i} className={i < filled ? "f" : ""} x="0" y={11 - i * 3.6} width="14" height="2.6" rx=".5" />
      ))}
    </svg>
  )
}
