import "./response.css"
import { useEffect, useState } from "react"
import { useKeys } from "../../frame/index.ts"
import { Failed, Loading, Notice } from "../../kit/index.ts"
import { useCityNow } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { OrderInspector } from "./inspector.tsx"
import { OrderList } from "./list.tsx"
import { type Filter, filters, useOrder, useOrders } from "./orders.ts"
import { useOrderActions } from "./take.ts"

const wide = "(min-width: 1281px)"

/** 处置: the work orders as strips across six states, one order at the right. */
export default function Response() {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const now = useCityNow()
  const filter: Filter = filters.includes(search.filter as Filter) ? (search.filter as Filter) : "open"
  const q = search.q ?? ""
  const list = useOrders(filter, q)
  const orders = list.data?.items ?? null
  const roomy = useMedia(wide)
  const asked = Number(search.order)
  // Beside a roomy list there is always an order open: the one whose clock ends first.
  const id = asked > 0 ? asked : search.order !== "none" && roomy ? (orders?.[0]?.id ?? null) : null
  const order = useOrder(id)
  const { take } = useOrderActions(order.data)

  const select = (next: number) => setUrl({ order: String(next) }, { replace: true })
  const move = (by: number) => {
    if (!orders?.length) return
    const at = orders.findIndex((o) => o.id === id)
    const next = orders[Math.max(0, Math.min(orders.length - 1, at + by))]
    if (!next) return
    select(next.id)
    document.querySelector(`[data-order="${next.id}"]`)?.scrollIntoView({ block: "nearest" })
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      if (id === null && orders?.[0]) select(orders[0].id)
    },
    e: () => {
      if (order.data?.actions.includes("urge")) void take("urge")
    },
    ...(id !== null && !roomy ? { Escape: () => setUrl({ order: undefined }) } : {}),
  })

  if (!orders && list.error?.problem.status === 403)
    return (
      <main className="main panel" style={{ justifyContent: "center" }}>
        <Failed error={list.error} />
      </main>
    )
  return (
    <main className={`main resp ${id === null && !roomy ? "alone" : ""}`}>
      <OrderList orders={orders} filter={filter} q={q} now={now} selected={id} onSelect={select}>
        {orders ? null : list.error ? <Failed error={list.error} retry={() => void list.refetch()} /> : <Loading />}
      </OrderList>
      {id !== null ? (
        order.data ? (
          <OrderInspector
            key={order.data.id}
            order={order.data}
            now={now}
            {...(roomy ? {} : { onClose: () => setUrl({ order: undefined }) })}
          />
        ) : (
          <aside className="panel bl">
            {order.error ? <Failed error={order.error} retry={() => void order.refetch()} /> : <Loading />}
          </aside>
        )
      ) : roomy ? (
        <aside className="panel bl" style={{ justifyContent: "center" }}>
          {orders ? (
            <Notice icon="response" title={t("response.nothing_chosen")} text={t("response.nothing_chosen_text")} />
          ) : null}
        </aside>
      ) : null}
    </main>
  )
}

function useMedia(query: string): boolean {
  const [on, setOn] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const changed = () => setOn(list.matches)
    list.addEventListener("change", changed)
    return () => list.removeEventListener("change", changed)
  }, [query])
  return on
}
