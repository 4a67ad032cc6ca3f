/** Cities of a given size for measurements: registered past the census, as a bench needs devices and no pipes. */
import type { ImportedCity } from "../lifelines/contract.ts"
import { transaction } from "../platform/sql/index.ts"
import { readSettings } from "../settings.ts"
import { hashSecret, setGatewaySecret } from "../stages/monitoring/index.ts"
import { type Running, start } from "../wiring/start.ts"

export const password = "bench-only-secret"

export type GatewayPlan = { code: string; lifeline: string; devices: ImportedCity["devices"] }

/** Runs `work` on a quiet instance of the folder, which is a city on real time. */
export async function quietly<T>(folder: string, work: (running: Running) => Promise<T>): Promise<T> {
  const read = readSettings({ argv: ["--data-dir", folder, "--mode", "real", "--http-port", "0", "--mqtt-port", "0"] })
  if (!read.ok) throw new Error(read.problem.title.en)
  const running = await start(read.value.settings, { quiet: true })
  try {
    return await work(running)
  } finally {
    await running.close()
  }
}

/** Registers gateways, each with its devices; all have the same password. */
export const registerGateways = (running: Running, gateways: GatewayPlan[]): Promise<void> =>
  transaction(running.app.sql.db, async (tx) => {
    for (const { code, lifeline, devices } of gateways) {
      const empty = { assets: [], areas: [], schematic: true, problems: [] }
      await running.stages.monitoring.register(
        tx,
        { ...empty, devices },
        {
          lifeline,
          batch_id: null,
          simulated: true,
          gateway: { code, name: code, credential_hash: hashSecret(password) },
          asset_ids: new Map(),
          area_ids: new Map(),
          owner_of: () => null,
        },
      )
    }
  })

/** Gives devices a credential of their own. */
export const giveCredentials = (running: Running, codes: string[]): Promise<void> =>
  transaction(running.app.sql.db, async (tx) => {
    const hash = hashSecret(password)
    for (const code of codes) {
      const device = running.stages.monitoring.registry().devices.get(code)
      if (!device) throw new Error(`${code} is not registered.`)
      await setGatewaySecret(tx, device.id, hash)
    }
  })
