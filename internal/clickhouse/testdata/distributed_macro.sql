CREATE TABLE IF NOT EXISTS `shop`.`orders_local` ON CLUSTER `{cluster}`
(
    `id` UInt64,
    `at` DateTime,
    `note` Nullable(String)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, id)
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000

CREATE TABLE IF NOT EXISTS `shop`.`orders` ON CLUSTER `{cluster}`
(
    `id` UInt64,
    `at` DateTime,
    `note` Nullable(String)
)
ENGINE = Distributed('{cluster}', 'shop', 'orders_local', cityHash64(at, id))
