// biome-ignore-all lint/a11y/useSemanticElements: virtual rows are placed by hand, which a table element does not allow; the roles say what they are
import type { ReactNode } from "react"
import { useWords } from "../words/index.ts"
import { Cells, type Column, ListHead, tracksOf } from "./list-parts.tsx"
import { Notice } from "./states.tsx"

/** A list that is short and whole: the same look without paging. */
export function ShortList<T>({
  rows,
  columns,
  idOf,
  selected = null,
  onSelect,
  label,
  empty,
}: {
  rows: T[]
  columns: Column<T>[]
  idOf(row: T): number | string
  selected?: number | string | null
  onSelect?(row: T): void
  label: string
  empty?: ReactNode
}) {
  const { t } = useWords()
  return (
    <div className="dl short" role="table" aria-label={label} style={tracksOf(columns)}>
      <ListHead columns={columns} />
      {rows.length === 0
        ? (empty ?? <Notice icon="search" title={t("state.empty")} />)
        : rows.map((row) => (
            <div
              key={idOf(row)}
              role="row"
              tabIndex={onSelect ? 0 : undefined}
              className={`dlr flow ${idOf(row) === selected ? "sel" : ""}`}
              style={onSelect ? undefined : { cursor: "default" }}
              onClick={() => onSelect?.(row)}
              onKeyDown={(event) => {
                if (event.key === "Enter") onSelect?.(row)
              }}
            >
              <Cells columns={columns} row={row} />
            </div>
          ))}
    </div>
  )
}
