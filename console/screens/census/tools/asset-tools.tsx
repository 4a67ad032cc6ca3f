import type { AssetView } from "../../../api.ts"
import { Button } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { useTool } from "./url.ts"

/** Questions that start from the asset in the inspector. */
export function AssetTools({ asset }: { asset: AssetView }) {
  const { t } = useWords()
  const names = useNames()
  const { open } = useTool()
  const declared = names.lifelines.find((l) => l.id === asset.lifeline)
  // Areas and lifelines without lines have no network to ask about.
  if (asset.geometry.type === "Polygon" || !declared?.assets.some((a) => a.geometry === "line")) return null
  const from = String(asset.id)
  return (
    <div className="sec row g6 wrap">
      <Button onClick={() => open("long", { from, sel: undefined })}>{t("tools.long.title")}</Button>
      <Button onClick={() => open("trace", { from, sel: undefined })}>{t("tools.trace.title")}</Button>
      <Button onClick={() => open("isolate", { isolate: from, sel: undefined })}>{t("tools.isolate.title")}</Button>
    </div>
  )
}
