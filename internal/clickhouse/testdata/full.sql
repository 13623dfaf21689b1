CREATE TABLE IF NOT EXISTS `shop`.`events`
(
    `id` UInt64,
    `odd \` name` LowCardinality(Nullable(String)),
    `at` DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1)),
    `tags` Array(String) DEFAULT ['a, b', 'c)'],
    `amount` Decimal(18, 4),
    `version` UInt32,
    INDEX `by_amount` amount * 2 TYPE minmax GRANULARITY 4
)
ENGINE = ReplacingMergeTree(`version`)
PARTITION BY toYYYYMM(at)
PRIMARY KEY (id, cityHash64(id, at))
ORDER BY (id, cityHash64(id, at), at)
TTL toDateTime(at) + INTERVAL 1 YEAR
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 7, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000
COMMENT 'It\'s\nthe \\ sales'
ALTER TABLE `shop`.`events` ADD COLUMN IF NOT EXISTS `version` UInt32
