import { useInfiniteQuery } from "@tanstack/react-query"
import { type CSSProperties, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react"
import { type ApiError, get, type Page, type Query, urlOf } from "../api.ts"
import { useUrl } from "../url.ts"
import { useWords } from "../words/index.ts"
import { Icon } from "./icon.tsx"
import { numberText } from "./numbers.tsx"
import { Failed, Loading, Notice } from "./states.tsx"

/** One column of a list; `sort` is the server's name of the order, `width` a CSS grid track. */
export type Column<T> = {
  id: string
  title: string
  width: string
  cell(row: T): ReactNode
  sort?: string
  right?: boolean
}
const page_rows = 100
const pages_max = 100
const spare_rows = 12

/** Pages of a server list, taken as they are scrolled to. */
export function usePages<T>(kind: string, path: string, query: Query, every_ms?: number) {
  return useInfiniteQuery<Page<T>, ApiError, { pages: Page<T>[] }, unknown[], string | null>({
    queryKey: [kind, path, query, "pages"],
    queryFn: ({ pageParam }) => get<Page<T>>(path, { ...query, limit: page_rows, cursor: pageParam }),
    initialPageParam: null,
    getNextPageParam: (last, all) => (all.length >= pages_max ? null : last.next),
    placeholderData: ((previous: unknown) => previous) as never,
    ...(every_ms ? { refetchInterval: every_ms } : {}),
  })
}

type DataListProps<T> = {
  kind: string
  path: string
  query: Query
  columns: Column<T>[]
  idOf(row: T): number
  selected: number | null
  onSelect(row: T): void
  row_px?: number
  label: string
  /** Shown instead of the general words where the list is empty without any filter. */
  empty?: ReactNode
  csv?: boolean
  every_ms?: number
  mark?(row: T): string
}

/** A list of the server: virtual rows, paged and sorted there, its order in the URL, the same rows as CSV. */
export function DataList<T>(props: DataListProps<T>) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const sort = search.sort
  const query = { ...props.query, sort }
  const pages = usePages<T>(props.kind, props.path, query, props.every_ms)
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? []
  const total = pages.data?.pages[0]?.total ?? 0
  const order = (name: string) =>
    setUrl({ sort: sort === name ? `-${name}` : sort === `-${name}` ? undefined : name }, { replace: true })
  const tracks = { "--cols": props.columns.map((c) => c.width).join(" ") } as CSSProperties
  return (
    <div className="dl" role="table" aria-label={props.label} aria-rowcount={total} style={tracks}>
      <div className="dlh" role="row">
        {props.columns.map((column) => (
          <span
            key={column.id}
            role="columnheader"
            className={column.right ? "r" : ""}
            aria-sort={
              sort === column.sort && sort ? "ascending" : sort === `-${column.sort}` ? "descending" : undefined
            }
          >
            {column.sort ? (
              <button type="button" onClick={() => order(column.sort!)}>
                {column.title}
                {sort === column.sort ? " ↑" : sort === `-${column.sort}` ? " ↓" : ""}
              </button>
            ) : (
              column.title
            )}
          </span>
        ))}
      </div>
      {pages.data === undefined ? (
        pages.error ? (
          <Failed error={pages.error} retry={() => void pages.refetch()} />
        ) : (
          <Loading />
        )
      ) : rows.length === 0 ? (
        (props.empty ?? <Notice icon="search" title={t("state.empty")} text={t("state.empty_text")} />)
      ) : (
        <Rows
          {...props}
          rows={rows}
          more={pages.hasNextPage && !pages.isFetchingNextPage ? () => void pages.fetchNextPage() : null}
        />
      )}
      <div className="dlf">
        <span>
          {t("list.count", { count: numberText(total, 0) })}
          {pages.isFetching ? ` · ${t("list.fetching")}` : ""}
        </span>
        <span className="sp" />
        {props.csv === false || total === 0 ? null : (
          <a className="lk" href={urlOf(props.path, { ...query, format: "csv" })} download={`${props.kind}.csv`}>
            {t("list.csv")}
          </a>
        )}
      </div>
    </div>
  )
}

function Rows<T>(props: DataListProps<T> & { rows: T[]; more: (() => void) | null }) {
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
              {columns.map((column) => (
                <span key={column.id} role="cell" className={`el ${column.right ? "r" : ""}`}>
                  {column.cell(row)}
                </span>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}

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
  const tracks = { "--cols": columns.map((c) => c.width).join(" ") } as CSSProperties
  return (
    <div className="dl short" role="table" aria-label={label} style={tracks}>
      <div className="dlh" role="row">
        {columns.map((column) => (
          <span key={column.id} role="columnheader" className={column.right ? "r" : ""}>
            {column.title}
          </span>
        ))}
      </div>
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
              {columns.map((column) => (
                <span key={column.id} role="cell" className={`el ${column.right ? "r" : ""}`}>
                  {column.cell(row)}
                </span>
              ))}
            </div>
          ))}
    </div>
  )
}

/** Sorting arrow and count are words of the list; icons of a column go before its words. */
export const withIcon = (name: Parameters<typeof Icon>[0]["name"], words: ReactNode): ReactNode => (
  <span className="row g6">
    <Icon name={name} />
    <span className="el">{words}</span>
  </span>
)
