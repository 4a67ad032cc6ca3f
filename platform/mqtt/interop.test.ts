/** Clients that are not ours: Mosquitto's, by plain TCP and by TLS, in all three versions. */
import { execFile, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, describe, expect, test } from "vitest"
import type { BrokerOptions } from "./index.ts"
import { type TestBroker, testBroker, until } from "./testing.ts"

const has = (name: string) => {
  try {
    execFileSync("sh", ["-c", `command -v ${name}`], { stdio: "ignore" })
    return true
  } catch {
    return false // The shell says "not there" by its exit code.
  }
}
const missing = ["mosquitto_pub", "mosquitto_sub", "openssl"].filter((name) => !has(name))
const run = promisify(execFile)

let opened: TestBroker | null = null
let folder = ""
afterEach(async () => {
  await opened?.door.close()
  opened = null
  if (folder) rmSync(folder, { recursive: true, force: true })
  folder = ""
})

async function broker(secure: boolean): Promise<{ args: string[]; b: TestBroker }> {
  let tls: BrokerOptions["tls"] = null
  if (secure) {
    folder = mkdtempSync(join(tmpdir(), "mqtt-tls-"))
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject])
    tls = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") }
  }
  const messages: TestBroker["messages"] = []
  opened = await testBroker({
    tls,
    onMessage(m) {
      messages.push(m)
      m.done()
    },
  })
  opened.messages = messages
  const { hostname, port } = new URL(opened.url)
  const args = ["-h", hostname, "-p", port, "-u", "d1", "-P", "right", "-t", "d1/readings"]
  return { args: [...args, ...(secure ? ["--cafile", join(folder, "cert.pem")] : [])], b: opened }
}

describe.skipIf(missing.length > 0)(
  `Mosquitto's clients${missing.length > 0 ? `: no ${missing.join(", ")}` : ""}`,
  () => {
    test.each([
      ["mqttv31", false],
      ["mqttv311", false],
      ["mqttv5", false],
      ["mqttv311", true],
      ["mqttv5", true],
    ])("%s, TLS %s: every QoS is taken once and acknowledged", async (version, secure) => {
      const { args, b } = await broker(secure)
      for (const qos of ["0", "1", "2"])
        await run("mosquitto_pub", [...args, "-V", version, "-q", qos, "-m", `q${qos}`])
      await until(() => b.messages.length === 3)
      expect(b.messages.map((m) => `${m.topic} ${m.payload} ${m.qos}`).sort()).toEqual([
        "d1/readings q0 0",
        "d1/readings q1 1",
        "d1/readings q2 2",
      ])
      await expect(run("mosquitto_pub", [...args, "-V", version, "-P", "wrong", "-m", "1"])).rejects.toThrow()
    })
    test("hundreds of lines of one client with QoS 2 arrive in order", async () => {
      const { args, b } = await broker(false)
      const lines = Array.from({ length: 500 }, (_, i) => `${i}`)
      const child = spawn("mosquitto_pub", [...args, "-q", "2", "-l"], { stdio: ["pipe", "ignore", "inherit"] })
      child.stdin.end(`${lines.join("\n")}\n`)
      const code = await new Promise((done) => child.once("exit", done))
      expect(code).toBe(0)
      expect(b.messages.map((m) => m.payload.toString())).toEqual(lines)
    })
    test.each(["mqttv311", "mqttv5"])("%s: an error is heard", async (version) => {
      const { args, b } = await broker(false)
      const child = spawn("mosquitto_sub", [...args, "-V", version, "-q", "1", "-C", "1"])
      let heard = ""
      child.stdout.on("data", (text) => {
        heard += text
      })
      const ended = new Promise((done) => child.once("exit", done))
      await until(() => b.door.clients() === 1)
      while (child.exitCode === null && heard === "") {
        b.door.publish("d1/readings", "bad value") // Until it has subscribed nobody listens.
        await new Promise((r) => setTimeout(r, 20))
      }
      await ended
      expect(heard).toBe("bad value\n")
    })
  },
)
