CREATE TABLE IF NOT EXISTS `shop`.`events`
(
    `id` UInt64
)
ENGINE = MergeTree
ORDER BY tuple()
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000
ALTER TABLE `shop`.`events` ADD COLUMN IF NOT EXISTS `id` UInt64
