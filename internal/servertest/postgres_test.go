package servertest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestPostgresDatabaseIsFresh(t *testing.T) {
	for range 2 {
		queryPostgres(t, Postgres(t), "CREATE TABLE fresh (id int)") // fails where it exists already
	}
}

func TestPostgresComesBackWhenKilled(t *testing.T) {
	address, server := StartPostgres(t)
	queryPostgres(t, address, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
	server.Kill(t)
	server.Restart(t)
	if got := queryPostgres(t, address, "SELECT count(*) FROM kept"); got != 1000 {
		t.Fatalf("after the restart got %d rows, want 1000", got)
	}
}

// queryPostgres runs a statement and returns the number it selects, if it selects one.
func queryPostgres(t *testing.T, address, statement string) (number int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if err := rows.Scan(&number); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return number
}
