/** Stages files as a delivery of a running city and waits until they are read and checked. */
import { readdirSync, statSync } from "node:fs"
import { basename, join, relative } from "node:path"
import type { DeliveryView } from "../stages/census/staging/views.ts"
import type { Api } from "./instance.ts"

export type DeliverOptions = {
  name: string
  source?: string | undefined
  /** EPSG number of the coordinates; without it they are recognised where they leave no doubt. */
  system?: number | undefined
  /** Also makes the change set that a second person approves. */
  submit?: boolean
  said?(line: string): void
}

const deliveries = "/api/census/deliveries"
const wait_ms = 200
/** What lies beside deliveries and is none of their tables. */
const left_out = /^(\.|~\$)|^(planted|control)\b/

/** Every file below the paths given, by its name within the delivery. */
export function filesOf(paths: readonly string[]): { path: string; name: string }[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [{ path, name: basename(path) }]
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !left_out.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => ({ path: file, name: relative(path, file) }))
  })
}

/** Uploads, checks and returns the delivery as it then is; throws a sentence where the check failed. */
export async function deliver(api: Api, paths: readonly string[], options: DeliverOptions): Promise<DeliveryView> {
  const { name, source, system, said = () => {} } = options
  const files = filesOf(paths)
  if (files.length === 0) throw new Error(`${paths.join(", ")}: no file to import`)
  const { id } = await api.post<DeliveryView>(deliveries, {
    name,
    ...(source !== undefined && { source }),
    ...(system !== undefined && { system: { definition: system, swapped: false } }),
  })
  for (const file of files) {
    await api.upload(`${deliveries}/${id}/files?file_name=${encodeURIComponent(file.name)}`, file.path)
    said(`${file.name} uploaded`)
  }
  await api.post(`${deliveries}/${id}/check`, {})
  const checked = await settledDelivery(api, id, said)
  if (!options.submit) return checked
  await api.post(`${deliveries}/${id}/submit`, {})
  return await settledDelivery(api, id, said)
}

async function settledDelivery(api: Api, id: number, said: (line: string) => void): Promise<DeliveryView> {
  for (let before = ""; ; ) {
    const delivery = await api.get<DeliveryView>(`${deliveries}/${id}`)
    const { progress, problem, status } = delivery
    if (problem && status === "failed") throw new Error(`${problem.words.zh}\n${problem.words.en}`)
    if (status !== "checking") return delivery
    const now = progress
      ? `${progress.phase} ${progress.rows}${progress.rows_total ? ` / ${progress.rows_total}` : ""}`
      : ""
    if (now !== before) said(`  ${now}`)
    before = now
    await new Promise((go) => setTimeout(go, wait_ms))
  }
}
