/**
 * Deliveries before they are census: their files, what people decided about them, what the last check found, and the
 * changes that a second person approves.
 */
export const stagingTables = {
  number: 11,
  name: "staging",
  up: [
    `create table census_delivery (
      id bigint generated always as identity primary key, name text not null, source text not null,
      status text not null check (status in
        ('receiving', 'checking', 'checked', 'failed', 'cancelled', 'submitted', 'published', 'undone')),
      job text check (job in ('check', 'submit')), queued_at bigint, attempts integer not null default 0,
      submitted_by bigint, submitted_name text,
      upload integer not null default 0, complete boolean not null, valid_from bigint, accuracy jsonb,
      organisation_id bigint references access_organisation, owner_id bigint references access_organisation,
      system jsonb, proposals jsonb not null default '[]', mapping jsonb not null default '[]',
      report jsonb, problem jsonb, stale boolean not null default false,
      created_at bigint not null, created_by bigint, created_name text not null, checked_at bigint)`,
    `create index census_delivery_queue on census_delivery (queued_at) where status = 'checking'`,
    `create table census_delivery_file (
      delivery_id bigint not null references census_delivery on delete cascade, upload integer not null,
      file_name text not null, hash text not null, bytes bigint not null, uploaded_at bigint not null,
      uploaded_name text not null, primary key (delivery_id, upload, file_name))`,
    `create table census_correction (
      id bigint generated always as identity primary key,
      delivery_id bigint not null references census_delivery on delete cascade,
      file text not null, table_name text not null, row integer not null, field text not null, value text not null,
      made_at bigint not null, made_name text not null, unique (delivery_id, file, table_name, row, field))`,
    `create table census_exception (
      id bigint generated always as identity primary key,
      delivery_id bigint not null references census_delivery on delete cascade,
      rule text not null, file text not null, table_name text not null, key text not null, reason text not null,
      made_at bigint not null, made_name text not null, unique (delivery_id, rule, file, table_name, key))`,
    `create table census_column_choice (
      kind text not null check (kind in ('point', 'line')), column_name text not null, field text,
      made_at bigint not null, made_name text not null, primary key (kind, column_name))`,
    `create table census_issue (
      id bigint generated always as identity primary key,
      delivery_id bigint not null references census_delivery on delete cascade,
      rule text not null, file text not null, table_name text not null, row integer not null, key text not null,
      field text not null, value text not null, words jsonb not null, lon double precision, lat double precision,
      fix jsonb, state text not null default 'open' check (state in ('open', 'fixed', 'accepted')))`,
    `create index census_issue_delivery on census_issue (delivery_id, rule, id)`,
    `create index census_issue_place on census_issue (delivery_id, lon) where lon is not null`,
    `create table census_change_set (
      id bigint generated always as identity primary key, delivery_id bigint not null references census_delivery,
      status text not null check (status in
        ('empty', 'proposed', 'published', 'rejected', 'withdrawn', 'replaced', 'undone')),
      source text not null, content_hash text not null, counts jsonb not null,
      submitted_at bigint not null, submitted_by bigint, submitted_name text not null,
      decided_at bigint, decided_by bigint, decided_name text, reason text,
      published_at bigint, valid_from bigint, batch_ids bigint[] not null default '{}',
      undone_at bigint, undone_name text, undo_reason text, undo_batch_ids bigint[] not null default '{}')`,
    `create index census_change_set_delivery on census_change_set (delivery_id)`,
    `create table census_change (
      id bigint generated always as identity primary key,
      change_set_id bigint not null references census_change_set on delete cascade,
      action text not null check (action in ('add', 'change', 'end')),
      lifeline text not null, kind text not null, code text, source_id text not null, name text, owner_id bigint,
      geometry jsonb, attributes jsonb, original jsonb, extent box not null, lon double precision not null,
      lat double precision not null, length_m double precision,
      asset_id bigint, base_version integer, base_ended boolean, base jsonb)`,
    `create index census_change_set_rows on census_change (change_set_id, id)`,
    `create index census_change_place on census_change (change_set_id, lon)`,
  ],
  down: [
    "drop table census_change, census_change_set, census_issue, census_column_choice, census_exception",
    "drop table census_correction, census_delivery_file, census_delivery",
  ],
}
