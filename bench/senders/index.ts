import { fork } from "node:child_process"
import { join } from "node:path"

/** Runs a sender in a process of its own: `connected` resolves when it begins to send, `result` when it has ended. */
export function sender<Plan extends object, Result>(
  name: string,
  plan: Plan,
): { connected: Promise<void>; result: Promise<Result>; pid: number } {
  const child = fork(join(import.meta.dirname, `${name}.ts`), { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  let begun = () => {}
  const connected = new Promise<void>((go) => {
    begun = go
  })
  const result = new Promise<Result>((done, fail) => {
    child.on("message", (message) => (message === "connected" ? begun() : done(message as Result)))
    child.once("exit", (code) => fail(new Error(`The sender ended with code ${code}.`)))
  })
  child.send(plan)
  return { connected, result, pid: child.pid! }
}
