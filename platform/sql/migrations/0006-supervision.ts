/** Reports, the outbox to the province and what a province keeps of its cities. */
export const supervisionTables = {
  number: 6,
  name: "supervision",
  up: [
    `create table supervision_report (
      id bigint generated always as identity primary key, date text not null, made_at bigint not null, made_by text not null,
      numbers jsonb not null, pdf_hash text, pdf_bytes integer, xlsx_hash text, xlsx_bytes integer)`,
    `create table federation_outbox (
      sequence bigint generated always as identity primary key, id text not null unique, kind text not null,
      city_time bigint not null, body jsonb not null, sent_at bigint, refused text)`,
    `create index federation_outbox_waiting on federation_outbox (sequence) where sent_at is null`,
    `create table federation_city (
      id bigint generated always as identity primary key, code text not null unique, name jsonb not null,
      key_hash text not null, simulated boolean not null default false, sequence bigint not null default 0,
      last_received_at bigint, city_time bigint, summary jsonb not null default '{}')`,
    `create table federation_record (
      city_id bigint not null references federation_city on delete cascade, kind text not null, object_id text not null,
      city_time bigint not null, body jsonb not null, primary key (city_id, kind, object_id))`,
  ],
  down: ["drop table federation_record, federation_city, federation_outbox, supervision_report"],
}
