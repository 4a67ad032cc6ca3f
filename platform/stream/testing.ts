import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../series/clickhouse/testing.ts"

export type TestNode = { process: ChildProcess; kill(): Promise<void>; start(): void }
export type TestCluster = { url: string; nodes: TestNode[]; close(): Promise<void> }

/** The nats-server program, or null where none is installed. */
export const findNats = (): string | null =>
  ["nats-server", "/usr/sbin/nats-server"].find((p) => spawnSync("which", [p]).status === 0) ?? null

/** Starts a cluster of nats-servers with JetStream on this machine, in a folder of its own. */
export async function startNats(program: string, count: number): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), "nats-"))
  const ports: number[] = []
  while (ports.length < count * 2) {
    const port = await freePort()
    if (!ports.includes(port)) ports.push(port)
  }
  const routes = ports.slice(count).map((p) => `nats://127.0.0.1:${p}`)
  const nodes = Array.from({ length: count }, (_, k): TestNode => {
    const file = join(folder, `node-${k}.conf`)
    const cluster =
      count > 1
        ? `cluster { name: test, listen: "127.0.0.1:${ports[count + k]}", routes: [${routes.map((r) => `"${r}"`).join(", ")}] }`
        : ""
    writeFileSync(
      file,
      `server_name: n${k}\nlisten: "127.0.0.1:${ports[k]}"\nmax_payload: 2MB
jetstream { store_dir: "${join(folder, `data-${k}`)}", max_file_store: 40GB, max_memory_store: 64MB }\n${cluster}\n`,
    )
    const start = () => spawn(program, ["-c", file], { stdio: "ignore" })
    const node: TestNode = {
      process: start(),
      start: () => {
        node.process = start()
      },
      kill: () => end(node.process),
    }
    return node
  })
  return {
    url: ports
      .slice(0, count)
      .map((p) => `nats://127.0.0.1:${p}`)
      .join(","),
    nodes,
    close: async () => {
      await Promise.all(nodes.map((n) => n.kill()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGKILL")
  await ended
}
