import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { until } from "../processes.ts"
import type { Check } from "./bad-input.ts"
import type { City } from "./city.ts"
import { channelOf, deviceOf } from "./town.ts"
import { streetNames, wrongMessages } from "./wrong-messages.ts"

const gateway_code = "gw-water"
const loris_count = 20

/** The same at the HTTP door; says in a few words what was done. */
export async function badHttp(city: City, check: Check, gateway_password: string, patient: boolean): Promise<string> {
  const { url } = instanceOf(city)
  const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`
  const gateway = basic(gateway_code, gateway_password)
  const channel = basic(channelOf(0), await credentialOf(city, channelOf(0)))
  const send = async (path: string, body: string | Buffer, headers: Record<string, string> = {}) => {
    const asked = fetch(`${url}/api/ingest/${path}`, {
      method: "POST",
      headers: {
        authorization: path === "blocks" ? channel : gateway,
        "content-type": "application/octet-stream",
        ...headers,
      },
      body: typeof body === "string" ? body : new Uint8Array(body),
      signal: AbortSignal.timeout(20_000),
    })
    // A connection that is ended while it still sends may not hear why.
    const answer = await asked.catch((error: Error) => (error.cause ?? error) as Error & { code?: string })
    if (answer instanceof Error) return { status: 0, code: answer.code ?? answer.message }
    const text = await answer.text()
    const said = answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {}
    return { status: answer.status, code: (said.code ?? said.refused?.[0]?.code ?? "") as string }
  }
  const ended = slowLoris(url)
  const messages = wrongMessages(Date.now(), streetNames)
  for (const { name, what, payload, code } of messages) {
    const got = await send(what, payload)
    check(
      got.code === code && got.status >= 400 && got.status < 500,
      `HTTP, ${name}: ${got.status} ${got.code} for ${code}`,
    )
  }
  const expect = async (name: string, status: number, asked: Promise<{ status: number; code: string }>) => {
    const got = await asked
    check(got.status === status, `HTTP, ${name}: ${got.status} ${got.code} for ${status}`)
  }
  const ok = `{"time":${Date.now()},"readings":{"${deviceOf(0)}":{"pressure_m":31.5}}}`
  const gzip = { "content-encoding": "gzip" }
  await expect("a sound message", 200, send("readings", ok))
  await expect("the same message again", 200, send("readings", ok))
  await expect("an empty body", 400, send("readings", ""))
  await expect("a gzip bomb", 413, send("readings", gzipSync(Buffer.alloc(100_000_000)), gzip))
  await expect("no gzip", 400, send("readings", "no gzip", gzip))
  const large = await send("readings", Buffer.alloc(9 * 1024 * 1024, 32))
  check([413, 0].includes(large.status), `HTTP, a body of 9 MiB: ${large.status} ${large.code}`)
  await expect("a wrong password", 401, send("readings", ok, { authorization: basic(gateway_code, "no") }))
  await expect("no credential", 401, send("readings", ok, { authorization: "" }))
  const flood = await Promise.all(Array.from({ length: 600 }, () => send("readings", ok)))
  check(
    flood.every((f) => f.status === 200 || f.status === 429) && flood.some((f) => f.status === 429),
    `HTTP, a flood: ${[...new Set(flood.map((f) => f.status))]}`,
  )
  if (patient)
    await until(() => ended() === loris_count, 90_000, `only ${ended()} of ${loris_count} slow requests were ended`)
  return `${messages.length} kinds of wrong bodies and ${loris_count} slow requests over HTTP, ${flood.filter((f) => f.status === 429).length} of 600 requests at once limited`
}

/** A new password of a device. */
async function credentialOf(city: City, code: string): Promise<string> {
  const { items } = await city.api().get<{ items: { id: number; code: string }[] }>(`/api/monitoring/devices?q=${code}`)
  const device = items.find((d) => d.code === code)
  const { password } = await city
    .api()
    .post<{ password: string }>(`/api/monitoring/devices/${device?.id}/credential`, {})
  return password
}

function instanceOf(city: City): { url: string } {
  const url = city.http_url()
  if (url === null) throw new Error("the city does not answer")
  return { url }
}

/** Requests whose headers never end. */
function slowLoris(url: string): () => number {
  let ended = 0
  const { hostname, port } = new URL(url)
  for (let k = 0; k < loris_count; k++) {
    const socket = connect(Number(port), hostname)
    socket.on("error", () => {}) // The other side ends it; that is what is waited for.
    socket.on("close", () => void ended++).resume()
    socket.write("POST /api/ingest/readings HTTP/1.1\r\nhost: x\r\n")
  }
  return () => ended
}
