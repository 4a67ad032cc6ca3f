/** Valve operation tickets: numbered, kept, audited, as signed PDF. */
import { join } from "node:path"
import Type from "typebox"
import type { Words } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { stamp, yearOf } from "../../../platform/pdf/index.ts"
import { transaction } from "../../../platform/sql/index.ts"
import type { Census } from "../types.ts"
import { isolateAnswer } from "./answer.ts"
import type { Networks } from "./networks.ts"
import { cityNameOf, paperMaker } from "./paper.ts"
import { IsolationQuestion, mustBeValves, questioned } from "./routes.ts"
import * as store from "./store.ts"
import { ticketData } from "./ticket.ts"

const template = join(import.meta.dirname, "ticket.typ")

export function ticketRoutes(app: App, census: Census, networks: Networks): void {
  const make = paperMaker(app)
  const names = new Map(
    app.lifelines.flatMap((lifeline) => lifeline.assets.map(({ kind, name }) => [`${lifeline.id}\n${kind}`, name])),
  )
  app.http.route({
    method: "POST",
    url: "/api/census/network/isolate/ticket",
    permission: "census.read",
    summary: "The valve operation ticket of an isolation, as a signed PDF",
    body: Type.Object({
      ...IsolationQuestion,
      reason: Type.String({ minLength: 1, maxLength: 300 }),
      language: Type.Optional(Type.Union([Type.Literal("zh"), Type.Literal("en")])),
    }),
    async handler({ body, scopes, caller, reply }) {
      const { network, asset } = await questioned(census, networks, scopes, body.asset)
      const question = { asset: body.asset, closed: body.closed ?? [], failed: body.failed ?? [] }
      mustBeValves(census, network, scopes, "closed", question.closed)
      mustBeValves(census, network, scopes, "failed", question.failed)
      const answer = isolateAnswer(census, network, scopes, body.asset, question)
      const owners = await store.owners(app.sql.db)
      const now = app.clock.now()
      const zone = app.settings.time_zone
      const by = caller.name
      const { geojson, not_drawn: _, ...kept } = answer
      const id = await transaction(app.sql.db, async (tx) => {
        const row = { made_at: now, made_by: by, asset_id: body.asset, reason: body.reason, question, answer: kept }
        const made = await store.insertTicket(tx, row, yearOf(now, zone))
        await app.audit(tx, caller, "census.ticket", `asset:${body.asset}`, {
          ...question,
          ...made,
          reason: body.reason,
        })
        return made
      })
      const kindName = (kind: string): Words => names.get(`${asset.lifeline}\n${kind}`) ?? { zh: kind, en: kind }
      const ownerOf = (owner_id: number | null) => (owner_id === null ? null : (owners.get(owner_id) ?? null))
      const paper = await make(
        template,
        ticketData({
          ...answer,
          language: body.language ?? "zh",
          number: id.number,
          city: await cityNameOf(app),
          made_at: stamp(now, zone),
          made_by: by,
          reason: body.reason,
          simulated: app.clock.mode === "demo",
          asset: {
            name: asset.name ?? asset.code ?? String(asset.id),
            code: asset.code,
            kind: kindName(asset.kind),
            owner: ownerOf(asset.owner_id),
            place: census.placeWords(asset.lon_lat),
            geometry: asset.geometry,
          },
          sources_inside: answer.sources_inside.length,
          isolated_m: answer.isolated.length_m,
          cut_off_m: answer.cut_off.length_m,
          dead_ends_m: answer.dead_ends.length_m,
          features: geojson.features,
          kindName,
          ownerOf,
          placeOf: (valve) => census.placeWords(valve.lon_lat),
        }),
        "Valve operation ticket",
      )
      await store.ticketPaper(app.sql.db, id.id, paper)
      return reply
        .header("content-disposition", `attachment; filename="${id.number}.pdf"`)
        .header("x-ticket-number", id.number)
        .type("application/pdf")
        .send(Buffer.from(paper.pdf))
    },
  })
}
