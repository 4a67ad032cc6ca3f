import type { Tool } from "./url.ts"

/** Drawn on the same 20 × 20 grid as the console's icons. */
const paths: Record<Tool, string> = {
  cross:
    "M2 6h16M6.5 9a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8M14 8.5a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2M2 6v11h16V6",
  long: "M2 4.5l16 1.5M2 11l16 3M2 14.5l16 3M6 5v7M13.5 5.6v7.6",
  trace: "M4 3.5v5c0 2.5 2 3.5 4 3.5h6M11 8.5l3.5 3.5-3.5 3.5M4 12.5v4",
  isolate: "M3 6l14 8V6L3 14zM10 10V4.5M7 4.5h6",
  dig: "M2 8h3l1.5 9h7L15 8h3M10 3v8M7.5 8.5L10 11l2.5-2.5",
}
export function ToolIcon({ tool }: { tool: Tool }) {
  return (
    <svg className="ic" viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[tool]} />
    </svg>
  )
}
