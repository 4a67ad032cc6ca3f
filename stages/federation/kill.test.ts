import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { sql } from "kysely"
import { expect, it } from "vitest"
import { queueEnvelope } from "../../platform/outbox/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { temporarySql } from "../../platform/sql/testing.ts"
import { sleep } from "../../platform/timers/index.ts"
import { temporaryApp } from "../supervision/testing.ts"
import { installFederation } from "./index.ts"

const child_file = fileURLToPath(new URL("../../platform/outbox/kill-child.ts", import.meta.url))
const total = 700
const kills = 5

it("applies every envelope exactly once though the city's process is killed while it sends", async () => {
  const province = await temporaryApp(["--level", "province"])
  installFederation(province.app)
  const city = await temporarySql()
  const up = province.app.sql.db
  try {
    const port = await province.listen()
    const made = await province.app.http.server.inject({
      method: "POST",
      url: "/api/federation/cities",
      headers: { "x-caller": "administrator", "x-mingmai": "1" },
      payload: { code: "340100", name: { zh: "望澜市", en: "Wanglan" } },
    })
    await transaction(city.sql.db, async (tx) => {
      for (let n = 1; n <= total; n++) {
        const body = {
          code: `YJ-${n}`,
          state: "issued",
          severity: 4,
          lifeline: "water",
          title: "t",
          text: "x",
          place: null,
          issued_at: n,
          lifted_at: null,
          version: 1,
        }
        await queueEnvelope(tx, { kind: "warning", id: body.code, city_time: n, body })
      }
    })
    // Counts every write of a record, so that an envelope applied twice shows.
    await sql
      .raw(`create table applied (object_id text not null);
      create function count_applied() returns trigger language plpgsql as
        $$ begin insert into applied values (new.object_id); return new; end $$;
      create trigger count_applied before insert or update on federation_record for each row execute function count_applied()`)
      .execute(up)

    const sequence = async () =>
      (await sql<{ n: number }>`select sequence as n from federation_city`.execute(up)).rows[0]!.n
    const unsent = async () =>
      (await sql<{ n: number }>`select count(*) as n from federation_outbox where sent_at is null`.execute(city.sql.db))
        .rows[0]!.n
    const push = async (done: () => Promise<boolean>) => {
      const child = spawn(
        process.execPath,
        [child_file, JSON.stringify(city.sql.connection), `http://127.0.0.1:${port}`, made.json().key],
        { stdio: ["ignore", "ignore", "inherit"] },
      )
      const ended = new Promise((resolve) => child.once("exit", resolve))
      for (const end = Date.now() + 15_000; Date.now() < end && !(await done()); ) await sleep(1)
      child.kill("SIGKILL")
      await ended
    }
    let doubted = 0
    for (let i = 0; i < kills; i++) {
      const before = await sequence()
      await push(async () => (await sequence()) > before)
      // What the province has and the city does not know of: it will be delivered twice.
      if ((await sequence()) + (await unsent()) > total) doubted++
    }
    await push(async () => (await unsent()) === 0)
    expect(await unsent()).toBe(0)
    expect(await sequence()).toBe(total)
    const { rows } = await sql<{
      writes: number
      objects: number
    }>`select count(*) as writes, count(distinct object_id) as objects from applied`.execute(up)
    expect(rows[0]).toEqual({ writes: total, objects: total })
    expect(doubted).toBeGreaterThan(0) // Otherwise the test has killed at harmless moments only.
  } finally {
    await city.close()
    await province.close()
  }
}, 60_000)
