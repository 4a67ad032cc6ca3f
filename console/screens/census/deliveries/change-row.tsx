import type { ChangeView } from "../../../../stages/census/changes/views.ts"
import { Button, Icon } from "../../../kit/index.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { useAttributeName } from "./attribute-name.ts"
import type { ChangeSide } from "./shapes.ts"

const decimals_max = 4
/** A value as it is stored, so that a small difference is seen. */
const asText = (value: unknown): string =>
  value === null || value === undefined
    ? "—"
    : typeof value === "number"
      ? String(Number(value.toFixed(decimals_max))).replace("-", "−")
      : String(value)

/** One asset attribute by attribute: what differs first, old struck through and new in bold; then the rest. */
export function BeforeAfter({ row, onClose }: { row: ChangeView; onClose(): void }) {
  const { t } = useWords()
  const names = useNames()
  const attributeName = useAttributeName()
  const before = row.before as ChangeSide | null
  const after = row.after as ChangeSide | null
  const ids = [...new Set([...Object.keys(before?.attributes ?? {}), ...Object.keys(after?.attributes ?? {})])]
  const differs = (id: string) => row.action === "change" && row.fields.includes(id)
  const attribute = (id: string, value: unknown) =>
    typeof value === "number" ? asText(value) : names.attribute(row.lifeline, row.kind, id, value)
  const lines = [
    { id: "name", name: t("list.name"), old: asText(before?.name), now: asText(after?.name) },
    { id: "geometry", name: t("changes.geometry"), old: placeText(before), now: placeText(after) },
    ...ids.map((id) => ({
      id,
      name: attributeName(row.lifeline, row.kind, id),
      old: attribute(id, before?.attributes[id]),
      now: attribute(id, after?.attributes[id]),
    })),
  ].sort((a, b) => Number(differs(b.id)) - Number(differs(a.id)))
  return (
    <div className="dv-detail tall">
      <div className="row g8">
        <b className="m">{row.source_id}</b>
        <span className="i2">{names.kind(row.lifeline, row.kind)}</span>
        <span className="chip">{t(`changes.action.${row.action}`, { defaultValue: row.action })}</span>
        <span className="sp" />
        <Button kind="ghost" icon aria-label={t("duty.close")} title={t("duty.close")} onClick={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      <div className="scroll">
        <table className="t tight">
          <thead>
            <tr>
              <th>{t("changes.attribute")}</th>
              <th>{t("changes.before")}</th>
              <th>{t("changes.after")}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.id} className={differs(line.id) ? "sel" : ""}>
                <td className="i2">{line.name}</td>
                <td>{before === null ? "—" : differs(line.id) ? <s>{line.old}</s> : line.old}</td>
                <td>{after === null ? "—" : differs(line.id) ? <b>{line.now}</b> : line.now}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

const digits = 6
/** Longitude and latitude of a point; of a line its two ends. */
function placeText(side: ChangeSide | null): string {
  if (!side) return "—"
  const at = (place: unknown) =>
    Array.isArray(place) ? `${Number(place[0]).toFixed(digits)}, ${Number(place[1]).toFixed(digits)}` : "—"
  const { type, coordinates } = side.geometry
  if (type === "Point") return at(coordinates)
  const list = coordinates as unknown[]
  return type === "LineString" ? `${at(list[0])} → ${at(list.at(-1))}` : type
}
