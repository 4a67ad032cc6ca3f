import Type from "typebox"
import type { App } from "../platform/app.ts"
import { installHealth, installMetrics } from "./member.ts"
import type { Stages } from "./stages.ts"
import type { Watch } from "./watch.ts"

/** Health, metrics (Prometheus text) and the numbers of /debug. */
export function installOperateRoutes(
  app: App,
  stages: Stages,
  extra: { version: string; viewers(): number; watch: Watch },
) {
  const { http, series, clock } = app
  const started = clock.wall()

  function numbers() {
    const s = series.stats()
    const i = stages.monitoring.intake.counts
    const lag = stages.analysis.lag()
    const memory = process.memoryUsage()
    return {
      mingmai_up_seconds: Math.round((clock.wall() - started) / 1000),
      mingmai_city_time_seconds: clock.now() / 1000,
      mingmai_readings_total: i.readings,
      mingmai_readings_derived_total: i.derived,
      mingmai_readings_unknown_total: i.unknown,
      mingmai_blocks_total: i.blocks,
      mingmai_samples_total: i.samples,
      mingmai_messages_total: i.messages,
      mingmai_readings_refused_total: i.refused,
      mingmai_readings_duplicate_total: i.duplicates,
      mingmai_readings_conflict_total: i.conflicts,
      mingmai_readings_late_total: i.late,
      mingmai_pending_rows: stages.monitoring.intake.pending(),
      mingmai_commit_ms_p50: s.commit_ms_p50,
      mingmai_commit_ms_p99: s.commit_ms_p99,
      mingmai_rows_live: s.rows_live,
      mingmai_rows_total: s.rows_total,
      mingmai_series_bytes: s.bytes,
      mingmai_readings_bytes: s.readings_bytes,
      mingmai_waves_bytes: s.waves_bytes,
      mingmai_readings_sealed: s.readings_sealed,
      mingmai_samples_sealed: s.samples_sealed,
      mingmai_disk_free_bytes: s.free_bytes,
      mingmai_disk_budget_bytes: s.budget_bytes,
      mingmai_detector_batches_outstanding: lag.outstanding,
      mingmai_finding_lag_p50_ms: stages.analysis.findingLag().p50_ms,
      mingmai_finding_lag_p99_ms: stages.analysis.findingLag().p99_ms,
      mingmai_mqtt_clients: stages.monitoring.door()?.clients() ?? 0,
      mingmai_live_viewers: extra.viewers(),
      mingmai_devices_online: stages.monitoring.devices().online,
      mingmai_devices_total: stages.monitoring.devices().total,
      mingmai_troubles: app.troubles.list().length,
      process_resident_memory_bytes: memory.rss,
    }
  }

  installHealth(http, { version: extra.version, troubles: app.troubles.list })
  installMetrics(http, numbers)
  http.route({
    method: "GET",
    url: "/api/operate",
    permission: "operate.read",
    summary: "Rates, queues and lag",
    response: Type.Any(),
    handler: () => ({
      mqtt_url: stages.monitoring.door()?.url ?? null,
      numbers: numbers(),
      queues: extra.watch.queues(),
      history: extra.watch.history(),
      shards: stages.analysis.lag().shards,
      doors: stages.monitoring.door() ? [{ name: "mqtt", ...stages.monitoring.door()!.stats() }] : [],
      store: {
        ...series.stats(),
        damage: series.damage(),
        disk_days_left: extra.watch.disk_days_left(),
      },
      rules: stages.analysis.rules(),
      troubles: app.troubles.list(),
    }),
  })
}
