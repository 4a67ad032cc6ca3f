/** Answers of the HTTP door by idempotency key, and exports of readings with their progress. */
export const httpDoorTables = {
  number: 8,
  name: "http-door",
  up: [
    `create table monitoring_idempotency (
      sender text not null, key text not null, body_hash text not null, status integer not null, answer jsonb not null,
      created_at bigint not null, primary key (sender, key))`,
    `create index monitoring_idempotency_created on monitoring_idempotency (created_at)`,
    `create table monitoring_export (
      id bigint generated always as identity primary key, asked_by bigint, asked_by_name text not null,
      request jsonb not null, state text not null, progress double precision not null default 0,
      rows bigint not null default 0, bytes bigint not null default 0, file_name text, problem jsonb,
      created_at bigint not null, started_at bigint, ended_at bigint)`,
  ],
  down: ["drop table monitoring_export, monitoring_idempotency"],
}
