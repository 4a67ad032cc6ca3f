/** States of detectors as compressed bytes; snapshots written as JSON by earlier versions are still read. */
export const snapshotTables = {
  number: 7,
  name: "snapshots",
  up: [
    "alter table analysis_state add column state bytea",
    "alter table analysis_state alter column snapshot drop not null",
  ],
  down: [
    "delete from analysis_state where snapshot is null",
    "alter table analysis_state alter column snapshot set not null",
    "alter table analysis_state drop column state",
  ],
}
