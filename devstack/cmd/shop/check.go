package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// arrival is a table and what should be in it.
type arrival struct {
	table, of, columns string
	sources            []string
}

const (
	orderColumns    = "id, customer_id, ordered_at, toString(status), items, total, discount, gift, ship_to, comment"
	customerColumns = "id, name, email, born, toString(country), credit, joined_at, notes"
)

var arrivals = []arrival{
	{"orders_csv", "CSV, gzip", orderColumns, []string{"shop.orders", "shop.late_orders"}},
	{"orders_ndjson", "NDJSON", orderColumns, []string{"shop.orders", "shop.late_orders"}},
	{"orders_parquet", "Parquet", orderColumns, []string{"shop.orders", "shop.late_orders"}},
	{"customers_csv", "CSV, gzip", customerColumns, []string{"shop.customers"}},
	{"customers_ndjson", "NDJSON", customerColumns, []string{"shop.customers"}},
	{"customers_parquet", "Parquet", customerColumns, []string{"shop.customers"}},
}

// check prints a line per table. The error says that something is missing,
// twice there, or different.
func check(ctx context.Context, db *sql.DB, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "table\tfrom\tfiles\trows\tmissing\tduplicated\tquarantined\tvalues\t")
	wrong := 0
	for _, a := range arrivals {
		ok, err := a.check(ctx, db, w)
		if err != nil {
			return fmt.Errorf("check %s: %w", a.table, err)
		}
		if !ok {
			wrong++
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d tables are not what was exported", wrong, len(arrivals))
	}
	return nil
}

func (a arrival) check(ctx context.Context, db *sql.DB, out io.Writer) (ok bool, err error) {
	var files, rows, missing, duplicated, quarantined uint64
	var sum, want string
	var errs []error
	one := func(into any, query string) { errs = append(errs, db.QueryRowContext(ctx, query).Scan(into)) }
	one(&files, "SELECT count() FROM longshore_files FINAL WHERE state = 'done' AND range = 0 AND datasource = '"+a.table+"'")
	one(&rows, "SELECT count() FROM "+a.table)
	one(&missing, "SELECT count() FROM ("+a.source("id")+") WHERE id NOT IN (SELECT id FROM "+a.table+")")
	one(&duplicated, "SELECT count() - uniqExact(id) FROM "+a.table)
	one(&quarantined, "SELECT count() FROM "+a.table+"_quarantine")
	one(&want, "SELECT "+a.checksum()+" FROM ("+a.source("*")+")")
	one(&sum, "SELECT "+a.checksum()+" FROM "+a.table)
	if err := errors.Join(errs...); err != nil {
		return false, err
	}
	values := "equal"
	if sum != want {
		values = "DIFFERENT"
	}
	fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t\n", a.table, a.of, files, rows, missing, duplicated, quarantined, values)
	return missing == 0 && duplicated == 0 && quarantined == 0 && sum == want, nil
}

// checksum adds up a hash over all columns of each row: equal for equal rows in
// any order, and different for a row that is there twice. The hash is of a
// tuple, because that of arguments with a null among them is null.
func (a arrival) checksum() string {
	return "concat(count(), ' ', sum(cityHash64(tuple(" + a.columns + "))))"
}

func (a arrival) source(columns string) string {
	query := ""
	for i, table := range a.sources {
		if i > 0 {
			query += " UNION ALL "
		}
		query += "SELECT " + columns + " FROM " + table
	}
	return query
}
