// biome-ignore-all lint/a11y/useSemanticElements: virtual rows are placed by hand, which a table element does not allow; the roles say what they are
import { useInfiniteQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { type ApiError, get, type Page, type Query, urlOf } from "../api.ts"
import { useUrl } from "../url.ts"
import { useWords } from "../words/index.ts"
import { type Column, ListHead, tracksOf } from "./list-parts.tsx"
import { numberText } from "./numbers.tsx"
import { Failed, Loading, Notice } from "./states.tsx"
import { VirtualRows } from "./virtual-rows.tsx"

const page_rows = 100
const pages_max = 100

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
  return (
    <div className="dl" role="table" aria-label={props.label} aria-rowcount={total} style={tracksOf(props.columns)}>
      <ListHead columns={props.columns} sort={sort} onSort={(next) => setUrl({ sort: next }, { replace: true })} />
      {pages.data === undefined ? (
        pages.error ? (
          <Failed error={pages.error} retry={() => void pages.refetch()} />
        ) : (
          <Loading />
        )
      ) : rows.length === 0 ? (
        (props.empty ?? <Notice icon="search" title={t("state.empty")} text={t("state.empty_text")} />)
      ) : (
        <VirtualRows
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
