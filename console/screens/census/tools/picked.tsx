import type { AssetView } from "../../../api.ts"
import { useNames } from "../../names.ts"

/** One line that says which asset a question is about. */
export function Picked({ asset }: { asset: AssetView | undefined }) {
  const names = useNames()
  if (!asset) return null
  return (
    <span className="row g6 el">
      <b>{names.kind(asset.lifeline, asset.kind)}</b>
      <span className="m">{asset.code ?? asset.name ?? asset.id}</span>
    </span>
  )
}
