package servertest

import "testing"

func TestMariaDBDatabaseIsFresh(t *testing.T) {
	for range 2 {
		execMariaDB(t, MariaDB(t), "CREATE TABLE fresh (id int)") // fails where it exists already
	}
}

func TestMariaDBComesBackWhenKilled(t *testing.T) {
	address, server := StartMariaDB(t)
	execMariaDB(t, address, "CREATE DATABASE kept")
	address = withDatabase(address, "kept")
	execMariaDB(t, address, "CREATE TABLE rows_kept AS SELECT seq FROM seq_1_to_1000")
	server.Kill(t)
	server.Restart(t)

	db, err := openMariaDB(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	var got int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM rows_kept").Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != 1000 {
		t.Fatalf("after the restart got %d rows, want 1000", got)
	}
}
