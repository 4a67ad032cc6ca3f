import {
  type ApiError,
  client,
  type OrderRow,
  type OrderSummary,
  type OrderView,
  type Page,
  useGet,
} from "../../api.ts"
import type { LevelState } from "../../kit/index.ts"

/** The six columns: an order stands in the column of the action that is due next. */
export const columns = ["assigned", "accepted", "arrived", "handling", "reported", "rechecked"] as const
export type Column = (typeof columns)[number]

export const filters = ["open", "mine", "returned", "closed"] as const
export type Filter = (typeof filters)[number]

/** Where an order stands: 0…5 is the column of what is due, 6 is closed. */
export const positionOf = (order: Pick<OrderRow, "state">): number => {
  const i = columns.indexOf(order.state as Column)
  return i < 0 ? columns.length : i
}

type Stay = OrderRow["track"][number]
/** The last stay in a state; an order sent back for rework has been in some twice. */
export const stayIn = (order: Pick<OrderRow, "track">, state: string): Stay | undefined =>
  order.track.findLast((stay) => stay.state === state)

/** Limits in ms that the shown orders have in a state, smallest first; the playbook sets them by lifeline and level. */
export const limitsIn = (orders: readonly OrderRow[], state: string): number[] =>
  [...new Set(orders.flatMap((o) => stayIn(o, state)?.limit_ms ?? []))].sort((a, b) => a - b)

/** Hollow once somebody has accepted it. */
export const shapeState = (order: Pick<OrderRow, "state">): LevelState =>
  order.state === "assigned" ? "new" : order.state === "closed" ? "cleared" : "seen"

export const rows_max = 200
export const useOrders = (state: Filter | "all", q: string, limit = rows_max) =>
  useGet<Page<OrderRow>>("order", "/api/response/orders", { state, q, limit }, { every_ms: 20_000 })
export const useOrder = (id: number | null) =>
  useGet<OrderView>(
    "order",
    id === null ? null : `/api/response/orders/${id}`,
    {},
    { every_ms: 20_000, keep: false, stale_ms: 1_000 },
  )
export const useSummary = () => useGet<OrderSummary>("order", "/api/response/summary", {}, { every_ms: 20_000 })

/** Puts an answer of the server in place at once and refetches what else shows orders. */
export function heard(view: OrderView): void {
  client.setQueryData(["order", `/api/response/orders/${view.id}`, {}], view)
  refetch()
}
export function refetch(): void {
  for (const kind of ["order", "now", "alarm"]) void client.invalidateQueries({ queryKey: [kind] })
}
export const problemOf = (error: unknown): ApiError["problem"] | null =>
  error && typeof error === "object" && "problem" in error ? (error as ApiError).problem : null

/** The title without the place in front of it, which stands beside it anyway. */
export const shortTitle = (order: Pick<OrderRow, "title" | "place">): string => {
  for (const place of [order.place.zh, order.place.en])
    if (place && order.title.startsWith(place) && order.title.length > place.length + 2)
      return order.title.slice(place.length).trim()
  return order.title
}
