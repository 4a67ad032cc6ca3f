import { readFileSync } from "node:fs"
import { join } from "node:path"
import { ProblemError, problem } from "../model/index.ts"
import type { Settings } from "../settings.ts"
import { closeAll, type Ground, type Opened, openGround } from "./ground.ts"
import { openCity, type Running } from "./serve.ts"

export type { Running } from "./serve.ts"

export const version = (
  JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string }
).version

/** What start says on the way, one sentence each; null keeps it quiet. */
export type Say = Ground["say"]

/**
 * Opens a data folder and brings the whole city up: databases, stages, doors, pages, and the demo city where it is one.
 * Throws ProblemError with a sentence where it cannot. `quiet` is for commands: doors on free ports, no living demo;
 * among several processes a command is a door.
 */
export async function start(settings: Settings, options: { quiet?: boolean; say?: Say } = {}): Promise<Running> {
  return await opening(settings, options, async (ground, opened) => {
    if (settings.role === "all") return await openCity(ground, version, null, opened)
    const { joinCluster } = await import("./cluster.ts")
    const joined = await joinCluster(ground, opened)
    return await openCity(ground, version, { joined, leads: false }, opened)
  })
}

/** A process without pages of its own: where it answers to those who watch over it. */
export type Member = { url: string; close(): Promise<void> }

/** Brings up a store process, or a detector process that leads or stands by. */
export async function startMember(settings: Settings, options: { say?: Say } = {}): Promise<Member> {
  return await opening(settings, options, async (ground, opened) => {
    const close = () => closeAll(opened)
    if (settings.role === "store") {
      const { openStoreRole } = await import("./store-role.ts")
      return { url: await openStoreRole(ground, version, opened), close }
    }
    const { openDetectorRole } = await import("./detector-role.ts")
    const lead = async (joined: Parameters<Parameters<typeof openDetectorRole>[2]>[0], city: Opened) => {
      await openCity(ground, version, { joined, leads: true }, city)
    }
    return { url: await openDetectorRole(ground, version, lead, opened), close }
  })
}

async function opening<T>(
  settings: Settings,
  options: { quiet?: boolean; say?: Say },
  open: (ground: Ground, opened: Opened) => Promise<T>,
): Promise<T> {
  if (settings.expose && settings.mode === "demo") throw new ProblemError(demoExposed)
  const opened: Opened = []
  try {
    const ground = await openGround(settings, { quiet: options.quiet ?? false, say: options.say ?? null }, opened)
    return await open(ground, opened)
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

const demoExposed = problem(
  "demo-exposed",
  500,
  "演示模式使用公开口令，只能在本机（127.0.0.1）运行；请去掉 --expose 或用 --mode real 新建数据目录",
  "Demo mode has public passwords and runs on 127.0.0.1 only; drop --expose, or make a data folder with --mode real",
)
