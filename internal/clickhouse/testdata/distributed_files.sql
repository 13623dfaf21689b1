CREATE TABLE IF NOT EXISTS `shop`.`longshore_files_local` ON CLUSTER `main`
(
    `datasource` LowCardinality(String),
    `key` String,
    `etag` String,
    `range` UInt32,
    `range_bytes` UInt64,
    `size` UInt64,
    `modified` DateTime64(6, 'UTC'),
    `state` LowCardinality(String),
    `rows` UInt64,
    `quarantined` UInt64,
    `bytes` UInt64,
    `lines` UInt64,
    `chunks` UInt64,
    `chunk_rows` UInt64,
    `chunk_bytes` UInt64,
    `chunk_blocks` UInt32,
    `columns` UInt32,
    `marked` UInt8,
    `replaces` UInt8,
    `instead` Array(String),
    `pack` String,
    `run_id` String,
    `error` String,
    `updated_at` DateTime64(6, 'UTC'),
    `version` UInt64
)
ENGINE = ReplicatedReplacingMergeTree(`version`)
PRIMARY KEY (datasource, key, etag)
ORDER BY (datasource, key, etag, range)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000
COMMENT 'Which files were ingested: the record with the highest version of a datasource, key, etag and range counts'

CREATE TABLE IF NOT EXISTS `shop`.`longshore_files` ON CLUSTER `main`
(
    `datasource` LowCardinality(String),
    `key` String,
    `etag` String,
    `range` UInt32,
    `range_bytes` UInt64,
    `size` UInt64,
    `modified` DateTime64(6, 'UTC'),
    `state` LowCardinality(String),
    `rows` UInt64,
    `quarantined` UInt64,
    `bytes` UInt64,
    `lines` UInt64,
    `chunks` UInt64,
    `chunk_rows` UInt64,
    `chunk_bytes` UInt64,
    `chunk_blocks` UInt32,
    `columns` UInt32,
    `marked` UInt8,
    `replaces` UInt8,
    `instead` Array(String),
    `pack` String,
    `run_id` String,
    `error` String,
    `updated_at` DateTime64(6, 'UTC'),
    `version` UInt64
)
ENGINE = Distributed('main', 'shop', 'longshore_files_local', cityHash64(datasource, key))
COMMENT 'Which files were ingested: the record with the highest version of a datasource, key, etag and range counts'
