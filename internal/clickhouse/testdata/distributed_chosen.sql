CREATE TABLE IF NOT EXISTS `shop`.`visits_local` ON CLUSTER `main`
(
    `id` UInt64,
    `at` DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1)),
    `page` LowCardinality(String),
    `version` UInt32,
    `_longshore_file` UInt64 MATERIALIZED 0 CODEC(ZSTD(1)),
    INDEX `by_page` page TYPE set(100) GRANULARITY 2
)
ENGINE = ReplicatedReplacingMergeTree(`version`)
PARTITION BY toYYYYMM(at)
PRIMARY KEY id
ORDER BY (id, at)
TTL toDateTime(at) + INTERVAL 1 YEAR
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000
COMMENT 'Who came'

CREATE TABLE IF NOT EXISTS `shop`.`visits` ON CLUSTER `main`
(
    `id` UInt64,
    `at` DateTime64(3, 'UTC') DEFAULT now64(3),
    `page` LowCardinality(String),
    `version` UInt32,
    `_longshore_file` UInt64 MATERIALIZED 0
)
ENGINE = Distributed('main', 'shop', 'visits_local', cityHash64(page))
COMMENT 'Who came'
