import Type from "typebox"
import { problem, require } from "../model/index.ts"
import type { Access } from "../platform/access/index.ts"
import type { App } from "../platform/app.ts"
import { forbidden } from "../platform/http/index.ts"
import { newToken } from "../platform/random/index.ts"
import { getMeta, transaction } from "../platform/sql/index.ts"
import { CityView } from "../stages/census/views.ts"
import { hashSecret, setGatewaySecret } from "../stages/monitoring/index.ts"
import type { Stages } from "./stages.ts"

export type DemoAccount = { login: string; password: string; name: string; role: string }

export type CityFacts = { version: string; clock_secret: string; demo_accounts: DemoAccount[]; step(ms: number): void }

/** What belongs to the whole city and to no stage: who it is, its clock, and what a feed needs to come in. */
export function installCityRoutes(app: App, access: Access, stages: Stages, facts: CityFacts) {
  const { http, clock, settings, sql } = app
  http.route({
    method: "GET",
    url: "/api/city",
    permission: "public",
    summary: "The city, as far as anybody may know before signing in",
    response: CityView,
    async handler() {
      const named = await getMeta<{ zh: string; en: string }>(sql.db, "city_name")
      return {
        name: named ?? { zh: settings.city_name, en: settings.city_name },
        code: settings.city_code,
        level: settings.level,
        clock_mode: clock.mode,
        time_zone: settings.time_zone,
        version: facts.version,
        bounds: stages.census.bounds(),
        center: stages.census.center(),
        base_map: stages.census.hasBaseMap(),
        wmts_url: settings.wmts_url || null,
        demo_accounts: facts.demo_accounts,
        setup_needed: await access.isEmpty(),
      }
    },
  })
  http.route({
    method: "POST",
    url: "/api/clock",
    permission: "clock.drive",
    summary: "Pause, resume, step or speed up a demo city",
    body: Type.Object({
      action: Type.Union([Type.Literal("pause"), Type.Literal("resume"), Type.Literal("step"), Type.Literal("speed")]),
      step_ms: Type.Optional(Type.Integer({ minimum: 1000, maximum: 86_400_000 })),
      speed: Type.Optional(Type.Number({ minimum: 0.1, maximum: 3600 })),
    }),
    response: Type.Object({
      city_time: Type.Integer(),
      speed: Type.Number(),
      paused: Type.Boolean(),
      mode: Type.String(),
    }),
    async handler({ body, caller }) {
      require(clock.mode === "demo", problem(
        "clock-not-yours",
        409,
        "只有演示城市的时钟可以调整",
        "Only a demo city's clock can be changed",
        { field: "mode", value: clock.mode },
      ))
      if (body.action === "pause" || body.action === "resume") clock.setPaused(body.action === "pause")
      if (body.action === "speed") {
        require(body.speed !== undefined, problem("bad-field", 400, "缺少 speed", "speed is missing", {
          field: "speed",
        }))
        clock.setSpeed(body.speed)
      }
      if (body.action === "step") facts.step(body.step_ms ?? 60_000)
      await app.audit(sql.db, caller, "clock", "clock", body)
      return { city_time: clock.now(), speed: clock.speed(), paused: clock.paused(), mode: clock.mode }
    },
  })
  http.route({
    method: "POST",
    url: "/api/operate/feed",
    permission: "settings.write",
    summary: "Credentials for a feed of recorded readings (this machine's command line only)",
    body: Type.Object({ lifeline: Type.String() }),
    response: Type.Object({
      mqtt_url: Type.String(),
      clock_password: Type.String(),
      gateway: Type.String(),
      gateway_password: Type.String(),
      clock_mode: Type.String(),
    }),
    async handler({ body, caller }) {
      require(caller.kind === "command", forbidden("command"))
      const gateway = `gw-${body.lifeline}`
      const device = stages.monitoring.registry().devices.get(gateway)
      require(device, problem(
        "no-gateway",
        404,
        `还没有 ${body.lifeline} 的网关，请先导入管网`,
        `There is no gateway for ${body.lifeline}; import a network first`,
        { field: "lifeline", value: body.lifeline },
      ))
      const gateway_password = newToken()
      const credential_hash = hashSecret(gateway_password)
      await transaction(sql.db, (tx) => setGatewaySecret(tx, device.id, credential_hash))
      device.credential_hash = credential_hash
      await stages.monitoring.tellDoors()
      await app.events.stale("credentials")
      return {
        mqtt_url: stages.monitoring.door()?.url ?? "",
        clock_password: facts.clock_secret,
        gateway,
        gateway_password,
        clock_mode: clock.mode,
      }
    },
  })
}
