import { useState } from "react"
import { type OrderView, post } from "../../api.ts"
import { say } from "../../frame/index.ts"
import { useWords } from "../../words/index.ts"
import { heard, problemOf, refetch } from "./orders.ts"

export type OrderActionName =
  | "accept"
  | "arrive"
  | "handle"
  | "report"
  | "recheck"
  | "rework"
  | "close"
  | "return"
  | "reassign"
  | "extend"
  | "suspend"
  | "resume"
  | "urge"
  | "note"
export type Given = { note?: string; minutes?: number; owner_id?: number }

/** Takes an action on an order; `problem` is what the server said when it refused. Resolves to true when it was done. */
export function useOrderActions(order: OrderView | undefined) {
  const { t, pick } = useWords()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const take = async (action: OrderActionName, given: Given = {}): Promise<boolean> => {
    if (!order || busy) return false
    setBusy(true)
    setProblem(null)
    const body = action === "note" ? { note: given.note } : { from: order.state, ...given }
    try {
      heard(await post<OrderView>(`/api/response/orders/${order.id}/${action}`, body))
      if (action !== "note") say(t(`response.said.${action}`, { code: order.code }))
      return true
    } catch (error) {
      const said = problemOf(error)
      setProblem(said?.code === "unreachable" ? t("response.not_sent") : said ? pick(said.words) : String(error))
      refetch()
      return false
    } finally {
      setBusy(false)
    }
  }
  return { take, busy, problem, clear: () => setProblem(null) }
}
