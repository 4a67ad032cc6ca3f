import type { App } from "../platform/app.ts"
import { type Analysis, installAnalysis } from "../stages/analysis/index.ts"
import { type Census, installCensus } from "../stages/census/index.ts"
import { type Federation, installFederation } from "../stages/federation/index.ts"
import { hashSecret, installMonitoring, type Monitoring } from "../stages/monitoring/index.ts"
import { installResponse, type Response } from "../stages/response/index.ts"
import { installRisk, type Risk } from "../stages/risk/index.ts"
import { installPointMap, installSupervision } from "../stages/supervision/index.ts"
import { installWarning, type Warnings } from "../stages/warning/index.ts"

export type Stages = {
  census: Census
  risk: Risk
  monitoring: Monitoring
  analysis: Analysis
  warnings: Warnings
  response: Response
  federation: Federation
  points: ReturnType<typeof installPointMap>
}

/** The pipeline: each stage is handed the world and the stages before it. */
export async function installStages(app: App, clock_secret: string): Promise<Stages> {
  const census = installCensus(app)
  await census.reload()
  const risk = installRisk(app, census)
  await risk.reload()
  const monitoring = await installMonitoring(app, census, { clock_credential_hash: hashSecret(clock_secret) })
  const analysis = installAnalysis(app, monitoring)
  monitoring.onAdopted(analysis.reload)
  const warnings = installWarning(app, { census, monitoring, analysis })
  const response = installResponse(app, { monitoring, warnings })
  const federation = installFederation(app)
  installSupervision(app, {
    arriving: monitoring.arriving,
    devices: monitoring.devices,
    late: monitoring.late,
    province: federation.province,
  })
  const points = installPointMap(app, monitoring)
  return { census, risk, monitoring, analysis, warnings, response, federation, points }
}
