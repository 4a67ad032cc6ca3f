/** A census with papers for tests: real database, doors, files and PDFs in a temporary folder. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pino from "pino"
import type { ImportedCity } from "../../../lifelines/contract.ts"
import type { LonLat, Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { openFiles } from "../../../platform/files/index.ts"
import { transaction } from "../../../platform/sql/index.ts"
import { installCensus } from "../index.ts"
import { testCity } from "../testing.ts"

export async function paperCity() {
  const folder = mkdtempSync(join(tmpdir(), "mingmai-census-"))
  const city = await testCity()
  const audited: { action: string; object: string; detail: unknown }[] = []
  const more: Partial<App> = {
    files: openFiles(join(folder, "files")),
    log: pino({ level: "silent" }),
    audit: async (_db, _caller, action, object, detail) => void audited.push({ action, object, detail }),
    settings: {
      data_dir: folder,
      city_code: "340100",
      city_name: "示例市",
      time_zone: "Asia/Shanghai",
    } as App["settings"],
  }
  Object.assign(city.app, more)
  const census = installCensus(city.app)
  return {
    ...city,
    census,
    audited,
    folder,
    /** Takes assets as one source of a lifeline. */
    async take(
      lifeline_id: string,
      assets: ImportedCity["assets"],
      origin: LonLat | null = null,
    ): Promise<Map<string, number>> {
      const lifeline = city.app.lifelines.find((l) => l.id === lifeline_id)!
      const imported: ImportedCity = { assets, devices: [], areas: [], schematic: false, problems: [] }
      const taken = await transaction(city.app.sql.db, (tx) =>
        census.importAssets(tx, {
          lifeline,
          imported,
          file_name: "test",
          file_hash: "h",
          source: "test",
          origin,
          by: "test",
        }),
      )
      await census.reload()
      return taken.asset_ids as Map<string, number>
    },
    async ask(method: "GET" | "POST", url: string, scopes: Scope[], payload?: object) {
      const headers = { "x-test-scopes": JSON.stringify(scopes), "x-mingmai": "1" }
      const answer = await city.app.http.server.inject({ method, url, headers, ...(payload && { payload }) })
      const text = answer.headers["content-type"]?.toString().includes("json") ? answer.json() : null
      return { status: answer.statusCode, json: text, body: answer.rawPayload, headers: answer.headers }
    },
    async close() {
      await city.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
