ALTER TABLE `shop`.`visits_local` ON CLUSTER `main` DELETE WHERE _longshore_file IN (7, 8)

ALTER TABLE `shop`.`visits_quarantine_local` ON CLUSTER `main` DELETE WHERE (c__file, c__etag) IN (('a', 'e'))
