// biome-ignore-all lint/a11y/useSemanticElements: virtual rows are placed by hand, which a table element does not allow; the roles say what they are
import { useEffect, useLayoutEffect, useRef, useState } from "react"
import { Cells, type Column } from "./list-parts.tsx"

type RowsProps<T> = {
  rows: T[]
  columns: Column<T>[]
  idOf(row: T): number
  selected: number | null
  onSelect(row: T): void
  row_px?: number
  mark?(row: T): string
  /** Asks for the next page; null where there is none or it is on its way. */
  more: (() => void) | null
}
const spare_rows = 12

/** Only the rows in sight are drawn; arrows move the choice, Enter takes the focused row. */
export function VirtualRows<T>(props: RowsProps<T>) {
  const { rows, columns, idOf, selected, onSelect, row_px = 28, more } = props
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  useLayoutEffect(() => {
    const element = box.current!
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const first = Math.max(0, Math.floor(view.top / row_px) - spare_rows)
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / row_px) + spare_rows)
  useEffect(() => {
    if (more && last > rows.length - 2 * spare_rows) more()
  }, [more, last, rows.length])
  const chosen = rows.findIndex((row) => idOf(row) === selected)
  useEffect(() => {
    const element = box.current
    if (!element || chosen < 0) return
    const top = chosen * row_px
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + row_px > element.scrollTop + element.clientHeight)
      element.scrollTop = top + row_px - element.clientHeight
  }, [chosen, row_px])
  const move = (by: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, chosen < 0 ? 0 : chosen + by))]
    if (next) onSelect(next)
  }
  const current = useRef(move)
  current.current = move
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (/^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName)) return
      const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
      if (!by) return
      event.preventDefault()
      current.current(by)
    }
    addEventListener("keydown", pressed)
    return () => removeEventListener("keydown", pressed)
  }, [])
  return (
    <div
      ref={box}
      className="dlb"
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      <div style={{ height: rows.length * row_px, position: "relative" }}>
        {rows.slice(first, last).map((row, i) => {
          const id = idOf(row)
          return (
            <div
              key={id}
              role="row"
              aria-rowindex={first + i + 1}
              tabIndex={0}
              className={`dlr ${id === selected ? "sel" : ""} ${props.mark?.(row) ?? ""}`}
              aria-selected={id === selected}
              style={{ top: (first + i) * row_px, height: row_px }}
              onClick={() => onSelect(row)}
              onKeyDown={(event) => {
                if (event.key === "Enter" || event.key === " ") {
                  event.preventDefault()
                  event.stopPropagation()
                  onSelect(row)
                }
              }}
            >
              <Cells columns={columns} row={row} />
            </div>
          )
        })}
      </div>
    </div>
  )
}
