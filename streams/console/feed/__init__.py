"""From the topics into the console's database: rows and offsets in one transaction.

console.feeder  waits for its turn, then follows the topics
 ├── turn       only one console feeds a database at a time
 ├── keeper     writes what one step brought, together with how far the topics are read
 │    ├── batch       what one step brought: of each the newest
 │    │    └── *_rows      records to rows, pure
 │    └── upserts     the same statements on SQLite and PostgreSQL
 ├── statistics for the databases' choice of indexes
 └── retention  what is too old goes, a little at a time
"""
