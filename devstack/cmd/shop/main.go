// Command shop makes the data of the demo, and checks what became of it.
//
//	shop generate        fill the tables shop.customers and shop.orders
//	shop drop            put further orders into the bucket, written by ClickHouse itself
//	shop check           compare what was ingested with what there was, row by row
//	shop change          add, change and remove some customers
//	shop check-changes   compare what the sync customers_changes sent last with what changed, row by row
//
// The servers are those of the environment that devstack wrote.
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"os/signal"

	_ "github.com/ClickHouse/clickhouse-go/v2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rows := flag.Int("rows", 1_000_000, "how many `rows` the shop has in all")
	flag.Parse()
	if err := run(ctx, flag.Arg(0), *rows); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, what string, rows int) error {
	db, err := sql.Open("clickhouse", os.Getenv("LONGSHORE_CLICKHOUSE_URL"))
	if err != nil {
		return fmt.Errorf("LONGSHORE_CLICKHOUSE_URL: %w", err)
	}
	defer db.Close()
	switch what {
	case "generate":
		return generate(ctx, db, rows)
	case "drop":
		return drop(ctx, db)
	case "check":
		return check(ctx, db, os.Stdout)
	case "change":
		return change(ctx, db)
	case "check-changes":
		return checkChanges(ctx, db, os.Stdout)
	}
	return fmt.Errorf("%q is none of generate, drop, check, change, check-changes", what)
}
