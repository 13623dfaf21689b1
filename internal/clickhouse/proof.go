package clickhouse

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Proof is how the rows in a table compare with the file ledger, file by file.
type Proof struct {
	// Files is how many files were compared: those that know their rows.
	Files int64
	// Differ is how many of them have fewer rows in the table than are recorded, or
	// more than a replay of quarantined rows explains. First is the key of one.
	Differ int64
	First  string
}

// fileIDOf is FileID in SQL.
const fileIDOf = "greatest(reinterpretAsUInt64(substring(SHA256(concat(key, '\\0', etag)), 1, 8)), 1)"

// ProveFiles compares the rows of the files that a run is done with. The server
// does all of it, and keeps a number for each file.
func (c *Client) ProveFiles(ctx context.Context, datasource, runID string) (p Proof, err error) {
	knows, err := c.KnowsFiles(ctx, datasource)
	if err != nil || !knows {
		return p, err
	}
	files := fmt.Sprintf(`SELECT key, toInt64(rows) AS least, toInt64(rows + quarantined) AS most, %s AS file FROM %s FINAL
		WHERE datasource = {datasource:String} AND range = 0 AND run_id = {run:String} AND state = 'done' AND marked`, fileIDOf, Path(c.target.database, FileTable))
	statement := fmt.Sprintf(`SELECT toInt64(count()), toInt64(countIf(found < least OR found > most)), anyIf(key, found < least OR found > most) FROM (%[1]s) AS recorded
		LEFT JOIN (SELECT %[2]s AS file, toInt64(count()) AS found FROM %[3]s WHERE %[2]s IN (SELECT file FROM (%[1]s)) GROUP BY file) AS counted USING (file)
		SETTINGS join_use_nulls = 0`, files, FileColumn, Path(c.target.database, datasource))
	err = c.Query(ctx, "prove the files of "+datasource, statement, func(scan func(...any) error) error {
		return scan(&p.Files, &p.Differ, &p.First)
	}, clickhouse.Named("datasource", datasource), clickhouse.Named("run", runID))
	return p, err
}
