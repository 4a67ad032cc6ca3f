import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { can, useMe } from "../../../api.ts"

/** May this delivery be worked on, by this person and in its state? */
export function useMayWork(delivery: DeliveryView): boolean {
  const me = useMe().data
  return can(me, "census.import") && delivery.status !== "checking" && delivery.status !== "submitted"
}
