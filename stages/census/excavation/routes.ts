/** HTTP of excavation checks. */
import { join } from "node:path"
import Type from "typebox"
import { covers, everything, type LonLat, ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { cursorOf, notFound, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page, LonLat as Place } from "../../../platform/http/views.ts"
import { stamp, yearOf } from "../../../platform/pdf/index.ts"
import { transaction } from "../../../platform/sql/index.ts"
import { cityNameOf, paperMaker } from "../network/index.ts"
import { assetsInBox, kindsOf, lonLatBox } from "../section/index.ts"
import type { Census } from "../types.ts"
import { areaM2, contacts, crossesItself, excavationFound } from "./check.ts"
import { paperData } from "./paper.ts"
import * as store from "./store.ts"
import { ExcavationLineView, ExcavationView } from "./views.ts"

/** Larger works are asked about in parts: a list of thousands of pipes warns nobody. */
export const area_m2_max = 50_000
const corners_max = 200
const depth_m_max = 50
/** Protection distance where none is given, m; an editable default: what applies is the owners' and the city's rule. */
const protection_m_default = 5
const protection_m_max = 50
const assets_max = 5_000
const template = join(import.meta.dirname, "paper.typ")

const Polygon = Type.Array(Place, { minItems: 3, maxItems: corners_max + 1 })
const language = Type.Optional(Type.Union([Type.Literal("zh"), Type.Literal("en")]))

export function excavationRoutes(app: App, census: Census): void {
  const { db } = app.sql
  const kindOf = kindsOf(app.lifelines)
  const make = paperMaker(app)
  const permission = "census.read" as const

  /** A check as one caller may see it: what belongs to others is counted. */
  async function viewOf(row: store.ExcavationRow, scopes: readonly Scope[]): Promise<ExcavationView> {
    const found = row.found.filter((f) => covers(scopes, f))
    const owners = [...new Set(found.flatMap((f) => (f.owner_id === null ? [] : [f.owner_id])))]
    const { pdf_hash, pdf_bytes: _bytes, ...rest } = row
    return {
      ...rest,
      found,
      hidden: row.hidden + row.found.length - found.length,
      contacts: contacts(found, await store.phones(db, owners)),
      place: census.placeWords(middle(row.polygon)),
      pdf: pdf_hash === null ? null : `/api/census/excavation/${row.id}/pdf`,
    }
  }
  const known = async (id: number) => {
    const row = await store.excavationById(db, id)
    if (!row) throw new ProblemError(notFound("excavation", id))
    return row
  }

  app.http.route({
    method: "POST",
    url: "/api/census/excavation",
    permission,
    summary: "Excavation check: who lies below a polygon and near it, how deep, and whom to call",
    body: Type.Object({
      polygon: Polygon,
      depth_m: Type.Number({ exclusiveMinimum: 0, maximum: depth_m_max }),
      protection_m: Type.Optional(Type.Number({ minimum: 0, maximum: protection_m_max })),
      purpose: Type.String({ minLength: 1, maxLength: 300 }),
      applicant: Type.String({ minLength: 1, maxLength: 200 }),
    }),
    response: ExcavationView,
    async handler({ body, scopes, caller }) {
      const polygon = ringOf(body.polygon as LonLat[])
      const area_m2 = Math.round(areaM2(polygon) * 10) / 10
      const protection_m = body.protection_m ?? protection_m_default
      const near = await assetsInBox(db, [everything], lonLatBox(polygon, protection_m), assets_max)
      if (near.length > assets_max) throw new ProblemError(tooBusy)
      const placed = near.map((asset) => ({ ...asset, area_ids: census.asset(asset.id)?.area_ids ?? [] }))
      const all = excavationFound(polygon, { depth_m: body.depth_m, protection_m }, placed, kindOf)
      const found = all.filter((f) => covers(scopes, f))
      const now = app.clock.now()
      const { depth_m, purpose, applicant } = body
      const id = await transaction(db, async (tx) => {
        const row = { made_at: now, made_by: caller.name, applicant, purpose, polygon, depth_m, protection_m, area_m2 }
        const hidden = all.length - found.length
        const made = await store.insertExcavation(tx, { ...row, found, hidden }, yearOf(now, app.settings.time_zone))
        await app.audit(tx, caller, "census.excavation", `excavation:${made}`, { ...row, found: found.length, hidden })
        return made
      })
      return viewOf(await known(id), scopes)
    },
  })

  app.http.route({
    method: "GET",
    url: "/api/census/excavation",
    permission,
    summary: "Excavation checks, newest first",
    query: Type.Object({ ...ListQuery }),
    response: Page(ExcavationLineView),
    async handler({ query }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listExcavations(db, { q: query.q, limit, offset })
      const lines = rows.map(({ pdf_hash, ...row }) => ({
        ...row,
        pdf: pdf_hash === null ? null : `/api/census/excavation/${row.id}/pdf`,
      }))
      return pageOf(lines, total, limit, offset)
    },
  })

  app.http.route({
    method: "GET",
    url: "/api/census/excavation/:id",
    permission,
    summary: "One excavation check, as far as the caller may see what it found",
    params: Type.Object({ id: Id }),
    response: ExcavationView,
    handler: async ({ params, scopes }) => viewOf(await known(params.id), scopes),
  })

  app.http.route({
    method: "GET",
    url: "/api/census/excavation/:id/pdf",
    permission,
    summary: "The signed paper of an excavation check; made at the first call and then kept",
    params: Type.Object({ id: Id }),
    query: Type.Object({ language }),
    async handler({ params, query, scopes, reply }) {
      const row = await known(params.id)
      const view = await viewOf(row, scopes)
      // The paper shows all that its maker saw; who may see less may not have it.
      if (view.found.length < row.found.length) throw new ProblemError(notFound("excavation", params.id))
      // A paper is made once, in the language first asked for: a number stands for one paper.
      const kept = row.pdf_hash === null ? null : await app.files.get(row.pdf_hash)
      const pdf = kept ?? (await makePaper(row, view, query.language ?? "zh"))
      return reply
        .header("content-disposition", `attachment; filename="${row.number}.pdf"`)
        .type("application/pdf")
        .send(Buffer.from(pdf))
    },
  })

  async function makePaper(row: store.ExcavationRow, view: ExcavationView, to: "zh" | "en"): Promise<Uint8Array> {
    const paper = await make(
      template,
      paperData({
        language: to,
        row,
        city: await cityNameOf(app),
        place: view.place,
        made_at: stamp(row.made_at, app.settings.time_zone),
        simulated: app.clock.mode === "demo",
        calls: view.contacts,
      }),
      "Excavation check",
    )
    await store.excavationPaper(db, row.id, paper)
    return paper.pdf
  }
}

const middle = (ring: readonly LonLat[]): LonLat => [
  ring.reduce((sum, p) => sum + p[0], 0) / ring.length,
  ring.reduce((sum, p) => sum + p[1], 0) / ring.length,
]

/** A ring without its closing corner, checked. */
function ringOf(given: LonLat[]): LonLat[] {
  const refuse = (code: string, zh: string, en: string, value: unknown): never => {
    throw new ProblemError(problem(code, 422, zh, en, { field: "polygon", value }))
  }
  const odd = given.find(([lon, lat]) => Math.abs(lon) > 180 || Math.abs(lat) > 85)
  if (odd)
    refuse("bad-polygon", "范围应为经纬度，请重画", "The polygon must be longitudes and latitudes; draw it again", odd)
  const [first, last] = [given[0]!, given.at(-1)!]
  const ring = first[0] === last[0] && first[1] === last[1] ? given.slice(0, -1) : given
  const area = ring.length < 3 ? 0 : areaM2(ring)
  if (!(area > 0) || crossesItself(ring))
    refuse(
      "bad-polygon",
      "范围须为不自相交的多边形，请重画",
      "The polygon must have an area and not cross itself; draw it again",
      ring.length,
    )
  if (area > area_m2_max)
    refuse(
      "excavation-too-large",
      `开挖范围 ${Math.round(area)} m² 超过 ${area_m2_max} m²，请分段查询`,
      `The excavation has ${Math.round(area)} m², more than ${area_m2_max} m²; ask about it in parts`,
      Math.round(area),
    )
  return ring
}

const tooBusy = problem(
  "excavation-too-busy",
  422,
  `范围内设施超过 ${assets_max} 个，请缩小范围分段查询`,
  `More than ${assets_max} assets lie there; ask about it in parts`,
  { field: "polygon" },
)
