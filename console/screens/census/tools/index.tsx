import { useState } from "react"
import { can, useMe } from "../../../api.ts"
import { useToolLayers } from "../../../map/tools/index.ts"
import { useWords } from "../../../words/index.ts"
import { CrossTool } from "./cross.tsx"
import { DigTool } from "./dig.tsx"
import { ToolIcon } from "./icons.tsx"
import { IsolateTool } from "./isolate.tsx"
import { LongTool } from "./long.tsx"
import { TraceTool } from "./trace.tsx"
import { type Tool, tools, useTool } from "./url.ts"
import "./tools.css"

export { AdjacentSpaces } from "./adjacency.tsx"
export { AssetTools } from "./asset-tools.tsx"

/** Questions to the census that are asked on the map: sections, traces, isolation, digging. */
export function CensusTools() {
  const { t } = useWords()
  const me = useMe().data
  const { tool, open } = useTool()
  const [bar, setBar] = useState<HTMLElement | null>(null)
  const main = bar?.closest<HTMLElement>("main") ?? null
  if (!can(me, "census.read")) return null
  return (
    <>
      <div
        ref={setBar}
        className="mapui toolbar"
        role="toolbar"
        aria-label={t("tools.label")}
        aria-orientation="vertical"
      >
        {tools.map((id) => (
          <button
            key={id}
            type="button"
            aria-pressed={tool === id}
            title={t(`tools.${id}.title`)}
            onClick={() => open(tool === id ? null : id)}
          >
            <ToolIcon tool={id} />
            {t(`tools.${id}.short`)}
          </button>
        ))}
      </div>
      {tool && main ? <Open tool={tool} main={main} /> : null}
    </>
  )
}

function Open({ tool, main }: { tool: Tool; main: HTMLElement }) {
  // What a tool draws needs the layers: they come first.
  if (!useToolLayers()) return null
  const Shown = shown[tool]
  return <Shown key={tool} main={main} />
}
const shown = { cross: CrossTool, long: LongTool, trace: TraceTool, isolate: IsolateTool, dig: DigTool }
