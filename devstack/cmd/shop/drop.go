package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
)

// drop writes the late orders for each format, in three files each, with
// ClickHouse's own writers: files as they come from elsewhere.
func drop(ctx context.Context, db *sql.DB) error {
	for _, of := range []struct{ key, format string }{
		{"csv/late-%d.csv.gz", "CSVWithNames"}, {"ndjson/late-%d.ndjson", "JSONEachRow"}, {"parquet/late-%d.parquet", "Parquet"},
	} {
		for part := range 3 {
			key := "landing/orders/" + fmt.Sprintf(of.key, part)
			statement := fmt.Sprintf(`INSERT INTO FUNCTION s3('%s/%s/%s', '%s', '%s', '%s')
				SELECT * FROM shop.late_orders WHERE id %% 3 = %d SETTINGS s3_truncate_on_insert = 1`,
				os.Getenv("LONGSHORE_S3_ENDPOINT"), bucket, key, os.Getenv("LONGSHORE_S3_ACCESS_KEY"), os.Getenv("LONGSHORE_S3_SECRET"), of.format, part)
			if _, err := db.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("drop %s: %w", key, err)
			}
		}
	}
	return nil
}
