/** What the routes of deliveries and of their issues share. */
import Type from "typebox"
import { ProblemError } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Input, notFound } from "../../../platform/http/index.ts"
import { Id } from "../../../platform/http/views.ts"
import { seenBy, seenByEither } from "../changes/index.ts"
import type { deliveries, Who } from "./deliveries.ts"
import * as store from "./store.ts"
import type { Delivery } from "./types.ts"
import type { DeliveryView } from "./views.ts"

export type Actions = ReturnType<typeof deliveries>
export type Desk = Actions & {
  /** The delivery asked for, where the caller imports or approves; throws not-found elsewhere. */
  found(input: Input): Promise<Delivery>
  /** How a delivery is now. */
  shown(id: number): Promise<DeliveryView>
}

export const base = "/api/census/deliveries"
export const params = Type.Object({ id: Id })
export const short = Type.Optional(Type.String({ maxLength: 100 }))
export const text = (max: number) => Type.String({ minLength: 1, maxLength: max })

export const who = ({ caller, scopes }: Pick<Input, "caller" | "scopes">): Who => ({
  caller,
  seen: seenBy(scopes, caller.organisation_id),
})

export function openDesk(app: App, actions: Actions, view: (delivery: Delivery) => Promise<DeliveryView>): Desk {
  const { db } = app.sql
  return {
    ...actions,
    async found({ caller, params: { id } }) {
      const delivery = await store.findDelivery(db, id, seenByEither(caller))
      if (!delivery) throw new ProblemError(notFound("delivery", id))
      return delivery
    },
    shown: async (id) => view((await store.findDelivery(db, id))!),
  }
}
