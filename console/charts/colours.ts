import type { Tokens } from "../theme/index.ts"

/** Ink first, then the quiet hues of the pipes; never those of the levels. */
const order = ["plot", "p_JS", "p_RQ", "p_TX", "p_RL", "p_QT", "p_DL", "p_PS", "plot_2"] as const

/** Colour of the k-th line of a pane. */
export const lineColour = (tokens: Tokens, k: number): string => tokens[order[k % order.length]!]
/** The same as a CSS variable. */
export const lineVariable = (k: number): string => `var(--${order[k % order.length]!.replaceAll("_", "-")})`
/** The letter that stands for a point wherever it is shown: list, chart, table and map. */
export const letterOf = (k: number): string => String.fromCharCode(65 + (k % 26))
