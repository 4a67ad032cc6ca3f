import { useEffect } from "react"
import { numberText, unitText } from "../../../kit/index.ts"
import { clearWork, MapSlot, useCursorPoints } from "../../../map/index.ts"
import type { Row } from "./values.tsx"

/** The map beside the chart: the chart's points with their letters and what they had at the cursor. */
export function MapSide({ rows }: { rows: Row[] }) {
  useEffect(() => clearWork(), [])
  useCursorPoints(
    rows.flatMap(({ point, value }) =>
      point.row?.lon_lat
        ? [
            {
              id: point.id,
              letter: point.letter,
              lon_lat: point.row.lon_lat as [number, number],
              text: value ? `${numberText(value.mid, point.row.decimals)} ${unitText(point.row.unit)}`.trim() : "—",
            },
          ]
        : [],
    ),
  )
  return (
    <div className="mapside">
      <MapSlot pointers={false} />
    </div>
  )
}
