import { ProblemError, problem } from "../../model/index.ts"

export const limit_default = 50

/** A page from one row more than asked: the extra row says that there is a next page. Cursor is an offset, bounded. */
export function pageOf<T>(
  rows: T[],
  total: number,
  limit: number,
  offset: number,
): { items: T[]; total: number; next: string | null } {
  const items = rows.slice(0, limit)
  return { items, total, next: rows.length > limit ? String(offset + limit) : null }
}

/** Reads limit and cursor of a list query; CSV exports take up to 10,000 rows at once. */
export function cursorOf(query: { limit?: number; cursor?: string; format?: string }): {
  limit: number
  offset: number
} {
  const offset = query.cursor === undefined ? 0 : Number(query.cursor)
  if (!Number.isInteger(offset) || offset < 0 || offset > 1_000_000) {
    throw new ProblemError(
      problem("bad-cursor", 400, "分页游标无效，请从第一页重试", "Bad cursor; start again at the first page", {
        field: "cursor",
        value: query.cursor,
      }),
    )
  }
  return { limit: query.format === "csv" ? 10_000 : (query.limit ?? limit_default), offset }
}
