package devstack_test

import (
	"testing"
)

func TestFirst(t *testing.T) {
	c := open(t, "native")
	exec(t, c, "CREATE TABLE first (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
	b, err := c.PrepareBatch(t.Context(), "INSERT INTO first (a, s)")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if err := b.Append(uint64(i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); err != nil {
		t.Fatal(err)
	}
	if got := scalar(t, c, "SELECT count() FROM first"); got != "1000" {
		t.Errorf("got %s", got)
	}
}
