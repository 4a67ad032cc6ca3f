/**
 * npm run case:l-town [--json]: the real benchmark network and its year through the real door, from an empty folder.
 * Prints each alarm with time, place and evidence; the last line with --json is for machines.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Burst, type Episode, scoreEpisodes } from "../lifelines/water/score.ts"
import { readInstance } from "../platform/lock/index.ts"
import type { AlarmRow, AlarmView } from "../stages/warning/views.ts"
import { feed } from "./feed.ts"
import { importFile } from "./import.ts"
import { type Api, apiOf, command, settled } from "./instance.ts"

const json = process.argv.includes("--json")
const said = (line: string) => console.log(line)

await command(async () => {
  const data = process.env.LIFELINE_TEST_DATA
  if (!data) throw new Error("LIFELINE_TEST_DATA should name the folder that holds battledim and battledim-r.")
  const started = Date.now()
  const folder = mkdtempSync(join(tmpdir(), "mingmai-l-town-"))
  const server = spawn(
    process.execPath,
    [
      join(import.meta.dirname, "../main.ts"),
      "--data-dir",
      folder,
      "--mode",
      "replay",
      "--http-port",
      "0",
      "--mqtt-port",
      "0",
      "--city-name",
      "L-Town",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  )
  const exited = new Promise<void>((done) => server.on("exit", () => done()))
  try {
    const api = await instanceOf(folder, server)
    const network = await importFile(api, join(data, "battledim/L-TOWN.inp"), {
      sensors: join(data, "battledim/sensors.json"),
      origin: "117.28,31.86",
    })
    said(`${network.assets} assets, ${network.devices} devices, areas ${network.areas.map((a) => a.code).join(", ")}`)
    const readings = await feed(api, join(data, "battledim-r"), {
      speed: Number.POSITIVE_INFINITY,
      lifeline: "water",
      onStep: progress(),
    })
    await settled(api)
    const alarms = await allAlarms(api)
    const episodes: Episode[] = []
    for (const alarm of alarms) episodes.push(await tell(api, alarm))
    const score = scoreEpisodes(
      episodes,
      repairs(data),
      await areaOfPipes(
        api,
        network.areas.map((a) => a.code),
      ),
    )
    const wall_s = Math.round((Date.now() - started) / 100) / 10
    const found = score.bursts.filter((b) => b.found_at !== null).length
    for (const b of score.bursts)
      said(
        `${b.pipe.padEnd(6)} repaired ${iso(b.repaired_at)}  ${b.found_at === null ? "not found" : `found ${iso(b.found_at)}, ${((b.repaired_at - b.found_at) / 86_400_000).toFixed(1)} days before`}`,
      )
    said(
      `${found} of ${score.bursts.length} bursts found, ${score.alarms} alarms, ${score.unexplained} unexplained, ${readings} readings, ${wall_s} s`,
    )
    if (json) {
      const bursts = score.bursts.map((b) => ({
        pipe: b.pipe,
        repaired_at: iso(b.repaired_at),
        found_at: b.found_at === null ? null : iso(b.found_at),
      }))
      said(JSON.stringify({ bursts, alarms: score.alarms, unexplained: score.unexplained, readings, wall_s }))
    }
  } finally {
    server.kill("SIGTERM")
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
})

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

async function instanceOf(folder: string, server: { exitCode: number | null }): Promise<Api> {
  for (let i = 0; i < 600; i++) {
    const instance = readInstance(folder)
    if (instance?.http_url) {
      // The address is announced before the MQTT door opens; health answers when the stages do.
      const health = await fetch(`${instance.http_url}/healthz`).catch(() => null)
      if (health?.ok) return apiOf(instance.http_url, instance.token)
    }
    if (server.exitCode !== null) break
    await new Promise((go) => setTimeout(go, 50))
  }
  throw new Error("The instance did not start.")
}

function progress() {
  let shown = Date.now()
  return (time_ms: number, readings: number) => {
    if (Date.now() - shown < 10_000) return
    shown = Date.now()
    said(`  ${iso(time_ms).slice(0, 10)}  ${readings} readings`)
  }
}

async function allAlarms(api: Api): Promise<AlarmRow[]> {
  const rows: AlarmRow[] = []
  for (let cursor: string | null = "0"; cursor !== null; ) {
    const page: { items: AlarmRow[]; next: string | null } = await api.get(
      `/api/warning/alarms?state=all&sort=raised_at&limit=200&cursor=${cursor}`,
    )
    rows.push(...page.items)
    cursor = page.next
  }
  return rows
}

/** Prints an alarm with its evidence and returns it as an episode of its metered area. */
async function tell(api: Api, row: AlarmRow): Promise<Episode> {
  const alarm = await api.get<AlarmView>(`/api/warning/alarms/${row.id}`)
  const { because } = alarm.finding as {
    because: { inputs: Record<string, unknown>; reasons: { sign: string; words: { en: string } }[] }
  }
  said(
    `${iso(row.raised_at)}  ${row.cleared_at === null ? "stands since" : `until ${iso(row.cleared_at)}`}  ${row.place.en}  ${alarm.rule} v${alarm.rule_version}: ${row.title.en}`,
  )
  said(
    `    ${Object.entries(because.inputs)
      .map(([k, v]) => `${k} ${v}`)
      .join(", ")}`,
  )
  for (const r of because.reasons) said(`    ${r.sign} ${r.words.en}`)
  return { rule: row.rule, area_code: alarm.area, raised_at: row.raised_at, cleared_at: row.cleared_at }
}

/** The repaired bursts of the report: pipe and repair time (read as UTC). */
function repairs(data: string): Burst[] {
  const lines = readFileSync(join(data, "battledim/2018_fixed_leaks_report.csv"), "utf8").trim().split(/\r?\n/).slice(1)
  return lines.map((line) => {
    const [pipe = "", time = ""] = line.split(",")
    return { pipe, repaired_at: Date.parse(`${time.trim().replace(" ", "T")}:00Z`) }
  })
}

async function areaOfPipes(api: Api, codes: string[]): Promise<(pipe: string) => string | null> {
  const areas = new Map<string, string>()
  for (const code of codes) {
    for (let cursor: string | null = "0"; cursor !== null; ) {
      const page: { items: { code: string | null }[]; next: string | null } = await api.get(
        `/api/census/assets?kind=pipe&area=${code}&limit=500&cursor=${cursor}`,
      )
      for (const a of page.items) if (a.code) areas.set(a.code, code)
      cursor = page.next
    }
  }
  return (pipe) => areas.get(pipe) ?? null
}
