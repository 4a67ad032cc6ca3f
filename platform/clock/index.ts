import { assert, type Words } from "../../model/index.ts"

export type ClockMode = "real" | "demo" | "replay"

/** City time, in UTC milliseconds: what silence, holds, deadlines and reports count in. */
export type CityClock = {
  readonly mode: ClockMode
  now(): number
  /** The machine's own time, for sessions, retries and time-outs. */
  wall(): number
  /** Moves city time to a committed tick; a tick that is not later changes nothing and gives false. Not in real mode. */
  advance(tick: number): boolean
  /** A pause stops the simulated devices, which look here; doors and committed ticks go on. */
  paused(): boolean
  setPaused(paused: boolean): void
  /** City seconds a wall second, wished of the simulated devices. */
  speed(): number
  setSpeed(speed: number): void
  /** Called after each change of time by a tick, of the pause or of the speed; returns the end of it. */
  subscribe(listener: () => void): () => void
}

/** Milliseconds that only grow, for measuring how long something took. */
export const stopwatch_ms = (): number => performance.now()

/** A small step back of the machine's clock (NTP) is waited out; a larger one is a correction and is followed. */
const STEP_BACK_MS_MAX = 300_000
const SPEED_MAX = 3600
const LISTENERS_MAX = 1000

/**
 * The city's clock. In demo and replay it starts at `start` and moves only by `advance`; in real mode it is the
 * machine's clock, never stepping back by less than five minutes. `wall` can be given for tests.
 */
export function cityClock(options: { mode: ClockMode; start: number; speed?: number; wall?: () => number }): CityClock {
  const { mode, start, wall = Date.now } = options
  const listeners = new Set<() => void>()
  let [now, paused, speed] = [start, false, options.speed ?? 1]
  const tell = () => {
    for (const listener of Array.from(listeners)) listener()
  }
  const simulated = (what: string) => assert(mode !== "real", `only a simulated clock can be ${what}`)
  return {
    mode,
    wall,
    now: () => {
      if (mode !== "real") return now
      const machine = wall()
      if (machine >= now || now - machine > STEP_BACK_MS_MAX) now = machine
      return now
    },
    advance: (tick) => {
      simulated("moved by a tick")
      assert(Number.isSafeInteger(tick), `a tick is whole milliseconds, and ${tick} is not`)
      if (tick <= now) return false
      now = tick
      tell()
      return true
    },
    paused: () => paused,
    setPaused: (next) => {
      simulated("paused")
      if (next === paused) return
      paused = next
      tell()
    },
    speed: () => speed,
    setSpeed: (next) => {
      simulated("sped up")
      assert(next > 0 && next <= SPEED_MAX, `a speed is above 0 and at most ${SPEED_MAX}, and ${next} is not`)
      speed = next
      tell()
    },
    subscribe: (listener) => {
      assert(listeners.size < LISTENERS_MAX, `at most ${LISTENERS_MAX} listen to the clock`)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const EARLIEST = Date.UTC(2026, 0, 1) // The product did not exist before.
const JUMP_MS_MAX = 400 * 86_400_000

/**
 * Says why the machine's clock looks wrong, or null. `last_known` is the latest wall time that was stored, null when
 * there is none: a clock behind it, or more than 400 days ahead of it, is doubted.
 */
export function clockLooksWrong(now: number, last_known: number | null): Words | null {
  const shown = new Date(now).toISOString()
  const check = { zh: "请检查本机时间和 NTP", en: "check the time of this machine and NTP" }
  if (now < EARLIEST)
    return {
      zh: `本机时间是 ${shown}，显然不对：${check.zh}`,
      en: `This machine says it is ${shown}, which cannot be: ${check.en}.`,
    }
  if (last_known === null) return null
  const last = new Date(last_known).toISOString()
  if (now < last_known - STEP_BACK_MS_MAX)
    return {
      zh: `本机时间 ${shown} 早于上次运行时的 ${last}：${check.zh}`,
      en: `This machine's time ${shown} is before ${last}, when it last ran: ${check.en}.`,
    }
  if (now > last_known + JUMP_MS_MAX)
    return {
      zh: `本机时间 ${shown} 比上次运行时的 ${last} 晚一年多：${check.zh}`,
      en: `This machine's time ${shown} is over a year after ${last}, when it last ran: ${check.en}.`,
    }
  return null
}
