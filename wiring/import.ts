import { extname } from "node:path"
import Type from "typebox"
import type { ImportedCity, Lifeline } from "../lifelines/contract.ts"
import { type LonLat, ProblemError, problem } from "../model/index.ts"
import { listOrganisations } from "../platform/access/store.ts"
import type { App } from "../platform/app.ts"
import { newToken } from "../platform/random/index.ts"
import { transaction } from "../platform/sql/index.ts"
import { hashSecret } from "../stages/monitoring/index.ts"
import type { Stages } from "./stages.ts"

export type ImportRequest = {
  file_name: string
  text: string
  companion?: unknown
  origin?: LonLat | null
  by: string
  simulated?: boolean
}

export type ImportAnswer = {
  lifeline: string
  batch_id: number
  assets: number
  devices: number
  areas: { code: string; name: string; pipe_length_m: number }[]
  problems: unknown[]
  /** User name and password with which a gateway sends these devices' readings. */
  gateway: { code: string; password: string }
}

/** Takes one file of a city into the census, registers its devices, and lets every stage know. */
export async function importFile(app: App, stages: Stages, request: ImportRequest): Promise<ImportAnswer> {
  const answer = await takeFile(app, stages, request)
  await refresh(app, stages)
  return answer
}

/** What was published or undone in batches is taken in by every stage that keeps some of the census in memory. */
export async function takeIn(app: App, stages: Stages, batch_ids: readonly number[]): Promise<void> {
  const asset_ids = await stages.census.assetsOfBatches(batch_ids)
  await stages.census.applied(asset_ids)
  await stages.risk.assessSome(asset_ids)
  await stages.monitoring.reload()
  await stages.analysis.reload()
  await app.events.stale("city")
}

/** Reads the census anew in every stage that keeps some of it in memory. */
export async function refresh(app: App, stages: Stages): Promise<void> {
  await stages.census.reload()
  await stages.risk.assess()
  await stages.monitoring.reload()
  await stages.analysis.reload()
  await app.events.stale("city")
}

/** The import without the refresh, for several files at once. */
export async function takeFile(app: App, stages: Stages, request: ImportRequest): Promise<ImportAnswer> {
  const extension = extname(request.file_name).slice(1).toLowerCase()
  const able = app.lifelines.flatMap((lifeline) =>
    (lifeline.imports ?? []).filter((one) => one.extension === extension).map((reader) => ({ lifeline, reader })),
  )
  const { lifeline, reader } =
    able.find((one) => one.reader.accepts?.(request.text)) ?? able.find((one) => !one.reader.accepts) ?? {}
  if (!lifeline || !reader) {
    const known = app.lifelines.flatMap((l) => l.imports?.map((i) => i.extension) ?? []).join(", ")
    throw new ProblemError(
      problem(
        "unknown-format",
        400,
        `不认识 ${extension} 文件，可导入：${known}`,
        `Files of type ${extension} are not known; import one of ${known}`,
        { field: "file", value: request.file_name },
      ),
    )
  }
  const origin = request.origin ?? null
  const imported = reader.read(request.text, { companion: request.companion ?? null, origin })
  return await takeImported(app, stages, { ...request, origin, lifeline, imported })
}

/** Takes what was read of a file into the census and registers its devices, without the refresh. */
export async function takeImported(
  app: App,
  stages: Stages,
  given: Pick<ImportRequest, "file_name" | "text" | "by" | "simulated" | "origin"> & {
    lifeline: Lifeline
    imported: ImportedCity
  },
): Promise<ImportAnswer> {
  const { lifeline, imported } = given
  const organisations = await listOrganisations(app.sql.db)
  const default_owner =
    organisations.find((o) => o.kind === "owner" && o.code === lifeline.id)?.code ??
    organisations.find((o) => o.kind === "owner")?.code
  const owner_id = organisations.find((o) => o.code === default_owner)?.id ?? null
  const password = newToken()
  const gateway = `gw-${lifeline.id}`
  // The network file itself stays with the city: solvers and backups want the original.
  const stored = await app.files.put(Buffer.from(given.text), file_bytes_max)
  if (!stored.ok) throw new ProblemError(stored.problem)
  const batch = await transaction(app.sql.db, async (tx) => {
    const done = await stages.census.importAssets(tx, {
      lifeline,
      imported,
      file_name: given.file_name,
      file_hash: stored.value.hash,
      source: given.file_name,
      origin: given.origin ?? null,
      by: given.by,
      ...(default_owner !== undefined && { default_owner }),
    })
    await stages.monitoring.register(tx, imported, {
      lifeline: lifeline.id,
      batch_id: done.batch_id,
      simulated: given.simulated ?? false,
      gateway:
        imported.devices.length > 0
          ? { code: gateway, name: lifeline.name.zh, credential_hash: hashSecret(password) }
          : null,
      asset_ids: done.asset_ids,
      area_ids: done.area_ids,
      owner_of: () => owner_id,
    })
    return done
  })
  return {
    lifeline: lifeline.id,
    batch_id: batch.batch_id,
    assets: imported.assets.length,
    devices: imported.devices.length,
    areas: imported.areas.map((a) => ({ code: a.code, name: a.name, pipe_length_m: a.pipe_length_m })),
    problems: batch.problems,
    gateway: { code: gateway, password },
  }
}

const file_bytes_max = 200 * 1024 * 1024

/** The import as a route, for the command line and, later, the census screen. */
export function installImportRoute(app: App, stages: Stages) {
  app.http.route({
    method: "POST",
    url: "/api/census/import",
    permission: "census.write",
    summary: "Import a network file; the answer counts what came in and what was wrong",
    body_bytes_max: file_bytes_max,
    body: Type.Object({
      file_name: Type.String({ minLength: 1, maxLength: 200 }),
      text: Type.String(),
      companion: Type.Optional(Type.Any()),
      origin: Type.Optional(
        Type.Union([
          Type.Tuple([Type.Number({ minimum: -180, maximum: 180 }), Type.Number({ minimum: -85, maximum: 85 })]),
          Type.Null(),
        ]),
      ),
    }),
    response: Type.Any(),
    async handler({ body, caller }) {
      const answer = await importFile(app, stages, { ...body, by: caller.name })
      await app.audit(app.sql.db, caller, "import", `batch:${answer.batch_id}`, {
        file_name: body.file_name,
        assets: answer.assets,
      })
      return answer
    },
  })
}
