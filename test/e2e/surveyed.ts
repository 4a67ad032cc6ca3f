/** A surveyed district for browser tests: invented, delivered, checked, approved and published as people do it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { LonLat } from "../../model/index.ts"
import { inventSurvey, type Planted } from "../../sim/survey/index.ts"

export type Signed = (method: string, path: string, body?: unknown) => Promise<unknown>

/** Signs in and gives back a function that asks as this person. */
export async function signedIn(url: string, login: string): Promise<Signed & { cookie: string }> {
  const signed = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-mingmai": "1" },
    body: JSON.stringify({ login, password: "mingmai-demo" }),
  })
  if (!signed.ok) throw new Error(`${login}: ${signed.status} ${await signed.text()}`)
  const cookie = signed.headers
    .getSetCookie()
    .map((c) => c.split(";")[0]!)
    .join("; ")
  const ask: Signed = async (method, path, body) => {
    const raw = body instanceof Uint8Array
    const answer = await fetch(url + path, {
      method,
      headers: {
        cookie,
        "x-mingmai": "1",
        ...(body === undefined ? {} : { "content-type": raw ? "application/octet-stream" : "application/json" }),
      },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    } as RequestInit)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  return Object.assign(ask, { cookie })
}

type Delivery = { status: string; problem: unknown; change_sets: { id: number }[]; publishable: number; rows: number }

/** Puts an invented survey with heights and planted faults into the census of a running city; what is good of it. */
export async function deliverSurvey(url: string, rows: number): Promise<{ added: number; planted: Planted[] }> {
  const out = mkdtempSync(join(tmpdir(), "mingmai-survey-"))
  try {
    const { files, planted } = await inventSurvey({ rows, seed: 7, out, sound: false, formats: ["csv"], style: 0 })
    const analyst = await signedIn(url, "analyst")
    const leader = await signedIn(url, "leader")
    const made = (await analyst("POST", "/api/census/deliveries", {
      name: "城区管线普查",
      system: { definition: 4527, swapped: false },
    })) as { id: number }
    const base = `/api/census/deliveries/${made.id}`
    for (const file of files.filter((f) => f.endsWith(".csv"))) {
      const name = encodeURIComponent(basename(file))
      await analyst(
        "POST",
        `${base}/files?file_name=${name}`,
        readFileSync(file.startsWith("/") ? file : join(out, file)),
      )
    }
    const until = async (what: string, wanted: string): Promise<Delivery> => {
      await analyst("POST", `${base}/${what}`, {})
      for (;;) {
        const now = (await analyst("GET", base)) as Delivery
        if (now.status === wanted) return now
        if (now.problem) throw new Error(JSON.stringify(now.problem))
        await sleep(300)
      }
    }
    await until("check", "checked")
    const set = (await until("submit", "submitted")).change_sets[0]!
    const done = (await leader("POST", `/api/census/changes/${set.id}/approve`, {})) as { counts: { added: number } }
    return { added: done.counts.added, planted }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

type Asset = { id: number; code: string | null; geometry: { type: string; coordinates: LonLat[] } }
/** One asset of a kind in the surveyed district, by the code it carries. */
export const assetOf = async (ask: Signed, lifeline: string, kind: string, q: string): Promise<Asset> => {
  const found = (await ask("GET", `/api/census/assets?lifeline=${lifeline}&kind=${kind}&q=${q}&limit=1`)) as {
    items: { id: number }[]
  }
  if (!found.items[0]) throw new Error(`no ${kind} ${q}`)
  return (await ask("GET", `/api/census/assets/${found.items[0].id}`)) as Asset
}
