import type { Migration } from "../migrate.ts"

/** Facts about the instance itself: clock mode, seed, city. */
export const base: Migration = {
  number: 1,
  name: "base",
  up: ["create table meta (key text primary key, value jsonb not null)"],
  down: ["drop table meta"],
}
