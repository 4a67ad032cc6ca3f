import { holdLeases } from "../platform/stream/index.ts"
import { type Joined, joinCluster } from "./cluster.ts"
import { closeAll, type Ground, type Opened } from "./ground.ts"
import { serveMember } from "./member.ts"

/**
 * A detector process: one of them holds the lease and brings up the city with its detectors (`lead`); the others stand
 * by. Who loses the lease closes the city and stands by again. Returns where it answers at first.
 */
export async function openDetectorRole(
  ground: Ground,
  version: string,
  lead: (joined: Joined, opened: Opened) => Promise<void>,
  opened: Opened,
): Promise<string> {
  const joined = await joinCluster(ground, opened)
  const waiting: Opened = []
  const standBy = () =>
    serveMember(
      ground,
      {
        version,
        troubles: () => [],
        numbers: () => ({
          mingmai_standing_by: 1,
          process_resident_memory_bytes: process.memoryUsage.rss(),
        }),
      },
      waiting,
    )
  opened.push(() => closeAll(waiting))
  const url = await standBy()
  const leases = holdLeases({
    db: ground.sql.db,
    kind: "detector",
    names: ["detector"],
    owner: `${joined.owner}-detector`,
    failed: ground.failed,
    async work(_lease, signal) {
      const city: Opened = []
      await closeAll(waiting)
      try {
        await lead(joined, city)
        ground.say?.("This process now runs the detectors.")
        if (!signal.aborted)
          await new Promise<void>((go) => signal.addEventListener("abort", () => go(), { once: true }))
      } finally {
        await closeAll(city)
        await standBy()
      }
    },
  })
  opened.push(() => leases.stop())
  return url
}
