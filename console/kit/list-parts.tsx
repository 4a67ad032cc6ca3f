// biome-ignore-all lint/a11y/useSemanticElements: virtual rows are placed by hand, which a table element does not allow; the roles say what they are
// biome-ignore-all lint/a11y/useFocusableInteractive: heads are reached through the buttons in them
import type { CSSProperties, ReactNode } from "react"
import { Icon, type IconName } from "./icon.tsx"

/** One column of a list; `sort` is the server's name of the order, `width` a CSS grid track. */
export type Column<T> = {
  id: string
  title: string
  width: string
  cell(row: T): ReactNode
  sort?: string
  right?: boolean
}

/** The grid of all rows of a list. */
export const tracksOf = <T,>(columns: Column<T>[]): CSSProperties =>
  ({ "--cols": columns.map((c) => c.width).join(" ") }) as CSSProperties

/** Heads of a list; a click sorts up, then down, then as the server likes. */
export function ListHead<T>({
  columns,
  sort,
  onSort,
}: {
  columns: Column<T>[]
  sort?: string | undefined
  onSort?(sort: string | undefined): void
}) {
  return (
    <div className="dlh" role="row">
      {columns.map((column) => {
        const up = sort !== undefined && sort === column.sort
        const down = column.sort !== undefined && sort === `-${column.sort}`
        return (
          <span
            key={column.id}
            role="columnheader"
            className={column.right ? "r" : ""}
            aria-sort={up ? "ascending" : down ? "descending" : undefined}
          >
            {column.sort && onSort ? (
              <button type="button" onClick={() => onSort(up ? `-${column.sort}` : down ? undefined : column.sort)}>
                {column.title}
                {up ? " ↑" : down ? " ↓" : ""}
              </button>
            ) : (
              column.title
            )}
          </span>
        )
      })}
    </div>
  )
}

export function Cells<T>({ columns, row }: { columns: Column<T>[]; row: T }) {
  return columns.map((column) => (
    <span key={column.id} role="cell" className={`el ${column.right ? "r" : ""}`}>
      {column.cell(row)}
    </span>
  ))
}

/** An icon before a cell's words. */
export const withIcon = (name: IconName, words: ReactNode): ReactNode => (
  <span className="row g6">
    <Icon name={name} />
    <span className="el">{words}</span>
  </span>
)
