package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// change has customers come, pay and go. Those of before stay in
// shop.former_customers, for checkChanges.
func change(ctx context.Context, db *sql.DB) error {
	for _, statement := range []string{
		"CREATE OR REPLACE TABLE shop.former_customers ENGINE = MergeTree ORDER BY id AS SELECT * FROM shop.customers",
		"ALTER TABLE shop.customers UPDATE credit = credit + 1, notes = NULL WHERE id % 100 = 1 SETTINGS mutations_sync = 2",
		"ALTER TABLE shop.customers DELETE WHERE id % 500 = 2 SETTINGS mutations_sync = 2",
		"INSERT INTO shop.customers SELECT * REPLACE (id + (SELECT max(id) FROM shop.customers) AS id) FROM shop.former_customers WHERE id % 250 = 3",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("change: %w", err)
		}
	}
	return nil
}

// customerRow tells rows apart as the checksum of an arrival does.
const customerRow = "(id, cityHash64(tuple(" + customerColumns + ")))"

// changes is what the newest run of customers_changes should have sent.
var changes = []struct{ op, want string }{
	{"added", "SELECT * FROM shop.customers WHERE id NOT IN (SELECT id FROM shop.former_customers)"},
	{"changed", "SELECT * FROM shop.customers WHERE id IN (SELECT id FROM shop.former_customers) AND " +
		customerRow + " NOT IN (SELECT " + customerRow + " FROM shop.former_customers)"},
	{"removed", "SELECT * FROM shop.former_customers WHERE id NOT IN (SELECT id FROM shop.customers)"},
}

// checkChanges prints a line per object. The error says that one of them has
// other rows than it should.
func checkChanges(ctx context.Context, db *sql.DB, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "customers\tsent\tshould be\tvalues\t")
	wrong := 0
	for _, c := range changes {
		var rows, should uint64
		var sum, want string
		sent := "SELECT * FROM " + newest(c.op)
		err := errors.Join(
			db.QueryRowContext(ctx, summed(sent)).Scan(&rows, &sum),
			db.QueryRowContext(ctx, summed(c.want)).Scan(&should, &want),
		)
		if err != nil {
			return fmt.Errorf("check %s customers: %w", c.op, err)
		}
		values := "equal"
		if sum != want {
			values, wrong = "DIFFERENT", wrong+1
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t\n", c.op, rows, should, values)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d objects are not what changed", wrong, len(changes))
	}
	return nil
}

func summed(rows string) string {
	return "SELECT count(), " + arrival{columns: customerColumns}.checksum() + " FROM (" + rows + ")"
}

// newest is the object of an op that the newest run wrote.
func newest(op string) string {
	objects := fmt.Sprintf("s3('%s/%s/changes/customers/*/%s.parquet', '%s', '%s', 'Parquet', '%s')", os.Getenv("LONGSHORE_S3_ENDPOINT"), bucket, op,
		os.Getenv("LONGSHORE_S3_ACCESS_KEY"), os.Getenv("LONGSHORE_S3_SECRET"), strings.ReplaceAll(customerTypes, "'", "''"))
	return objects + " WHERE _path = (SELECT max(_path) FROM " + objects + ")"
}
