ALTER TABLE `shop`.`visits_quarantine_local` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `extra` Nullable(String)

ALTER TABLE `shop`.`visits_quarantine` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `extra` Nullable(String)

ALTER TABLE `shop`.`visits_local` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `extra` Nullable(Float64) CODEC(Gorilla, ZSTD(1))

ALTER TABLE `shop`.`visits` ON CLUSTER `main` ADD COLUMN IF NOT EXISTS `extra` Nullable(Float64)
