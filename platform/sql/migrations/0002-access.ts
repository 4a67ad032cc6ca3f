/** People, their rights and the audit trail. The trail is append-only: the database itself refuses changes. */
export const accessTables = {
  number: 2,
  name: "access",
  up: [
    `create table access_organisation (
      id bigint generated always as identity primary key,
      code text not null unique, name jsonb not null, kind text not null)`,
    `create table access_user (
      id bigint generated always as identity primary key,
      login text not null unique, name text not null,
      organisation_id bigint references access_organisation,
      password_hash text, active boolean not null default true,
      failures integer not null default 0, locked_until bigint, last_login_at bigint, created_at bigint not null)`,
    `create table access_grant (
      id bigint generated always as identity primary key,
      user_id bigint not null references access_user on delete cascade, role text not null, scope jsonb not null)`,
    `create table access_session (
      token_hash text primary key, user_id bigint not null references access_user on delete cascade,
      created_at bigint not null, expires_at bigint not null, address text)`,
    `create table access_link (
      token_hash text primary key, user_id bigint references access_user on delete cascade,
      purpose text not null check (purpose in ('setup', 'password')),
      expires_at bigint not null, used_at bigint)`,
    `create table access_token (
      id bigint generated always as identity primary key, name text not null, token_hash text not null unique,
      role text not null, scope jsonb not null, created_by bigint references access_user,
      created_at bigint not null, last_used_at bigint, revoked_at bigint)`,
    `create table access_audit (
      id bigint generated always as identity primary key, wall_time bigint not null, city_time bigint not null,
      actor_id bigint, actor text not null, action text not null, object text not null, detail jsonb not null, address text)`,
    `create index access_audit_object on access_audit (object, id)`,
    `create function refuse_change() returns trigger language plpgsql as
      $$ begin raise exception 'the table % is append-only', tg_table_name; end $$`,
    `create trigger access_audit_append_only before update or delete on access_audit
      for each row execute function refuse_change()`,
  ],
  down: [
    "drop table access_audit, access_token, access_link, access_session, access_grant, access_user, access_organisation",
    "drop function refuse_change()",
  ],
}
