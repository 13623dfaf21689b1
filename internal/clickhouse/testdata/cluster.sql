CREATE TABLE IF NOT EXISTS `shop`.`events` ON CLUSTER `main`
(
    `id` UInt64
)
ENGINE = ReplicatedMergeTree('/t/{shard}', '{replica}')
ORDER BY id
SETTINGS non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000
ALTER TABLE `shop`.`events` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `id` UInt64
