CREATE TABLE IF NOT EXISTS `shop`.`events_quarantine` ON CLUSTER `main`
(
    `id` Nullable(String),
    `c__error_column` Array(String),
    `c__error` Array(String),
    `c__reason` Array(String),
    `c__import_id` String,
    `insertion_date` DateTime64(3, 'UTC') DEFAULT now64(3),
    `c__file` String,
    `c__etag` String,
    `c__row` UInt64,
    `c__line` Nullable(UInt64),
    `c__offset` Nullable(UInt64),
    `c__row_group` Nullable(UInt32),
    `c__raw` String CODEC(ZSTD(1)),
    `c__fingerprint` String,
    `c__format` LowCardinality(String),
    `c__fields` LowCardinality(String),
    `c__delimiter` LowCardinality(String)
)
ENGINE = ReplicatedMergeTree
ORDER BY (c__fingerprint, c__file, c__row)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000
COMMENT 'Rows that do not fit into events'
ALTER TABLE `shop`.`events_quarantine` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `c__delimiter` LowCardinality(String)
