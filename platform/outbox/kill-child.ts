import { openSql } from "../sql/index.ts"
import { startPusher } from "./index.ts"

/** A city's pusher in a process of its own, for the kill test: reads the outbox of an outside database and sends it. */
const [database_url = "", url = "", key = ""] = process.argv.slice(2)
const { db } = await openSql({ folder: "", database_url, connections: 2 })
startPusher({
  db,
  url,
  key,
  city: "340100",
  simulated: true,
  wall: Date.now,
  restart: async () => {},
  changed: () => {},
  onError: (error) => {
    throw error
  },
  wait_ms_min: 20,
})
