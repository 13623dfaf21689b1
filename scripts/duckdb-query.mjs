#!/usr/bin/env node
// Prints the result of a DuckDB query as one JSON array of rows: an independent reader of Parquet, CSV and JSON files
// for tests. `make setup` installs DuckDB into .cache/duckdb.
//
//   node scripts/duckdb-query.mjs "SELECT count(*) AS rows FROM 'out/*.parquet'"
//
// Values follow @duckdb/node-api's JSON form: BIGINT, DECIMAL and all else that a JSON number may not hold exactly
// are strings; NULL is null; timestamps, UUIDs and intervals are written as DuckDB prints them.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('../.cache/duckdb/', import.meta.url));
const { DuckDBInstance } = createRequire(home)('@duckdb/node-api');

const query = process.argv[2];
if (!query) {
  console.error('usage: node scripts/duckdb-query.mjs QUERY');
  process.exit(2);
}

try {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const rows = await (await connection.runAndReadAll(query)).getRowObjectsJson();
  console.log(JSON.stringify(rows));
} catch (err) {
  console.error(err.message);
  process.exit(1);
}
