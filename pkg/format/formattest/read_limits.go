package formattest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// testBlockBytes wants a block to end soon behind its size in bytes.
func (r Reading) testBlockBytes(t *testing.T) {
	file := r.File(t, ReadColumns, readRows(2000))
	blocks, rows := 0, 0
	_, _, err := drain(t, r.decoder(t, r.input(file), ReadColumns, format.ReadOptions{BlockBytes: 16 << 10}), 5000, func(b *block.Block) {
		blocks, rows = blocks+1, rows+b.Rows()
		if b.Bytes() > 64<<10 {
			t.Errorf("got a block of %d bytes, want about %d", b.Bytes(), 16<<10)
		}
	})
	if err != io.EOF || rows != 2000 || blocks < 4 {
		t.Errorf("got %d rows in %d blocks, %v", rows, blocks, err)
	}
}

func (r Reading) testFacts(t *testing.T) {
	file := r.File(t, ReadColumns, readRows(10))
	columns := slices.Clone(ReadColumns)
	columns = slices.DeleteFunc(columns, func(c format.Column) bool { return c.Name == "at" || c.Name == "kind" })
	columns = append(columns,
		format.Column{Name: "gone", Type: schema.MustParseType("Nullable(Int8)")},
		format.Column{Name: "made", Type: schema.MustParseType("Int8"), Default: true})
	d := r.decoder(t, r.input(file), columns, format.ReadOptions{})
	_, rejects, err := drain(t, d, 100, func(b *block.Block) {
		if c := b.Columns[len(b.Columns)-1]; !c.Omitted() {
			t.Errorf("a column with a DEFAULT that the file lacks is sent")
		}
	})
	if err != io.EOF || len(rejects) > 0 {
		t.Fatalf("got %v, rejects %v", err, rejects)
	}
	f := d.Facts()
	if got, want := fmt.Sprint(f.Unknown, f.Missing), "[at kind] [gone made]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if f.Bytes <= 0 || f.Bytes > int64(len(file)) {
		t.Errorf("got %d bytes of %d", f.Bytes, len(file))
	}
}

// testRejects reads texts as numbers: a row that doesn't fit goes out with its
// place, its values and the column's name, and the rows around it stay.
func (r Reading) testRejects(t *testing.T) {
	columns := []format.Column{{Name: "a", Type: schema.MustParseType("String")}, {Name: "b", Type: schema.MustParseType("UInt8")}}
	wide := []format.Column{columns[0], {Name: "b", Type: schema.MustParseType("Int64")}}
	var rows [][]*string
	for _, v := range []string{"1", "300", "2", "-1", "3"} {
		a, b := "row "+v, v
		rows = append(rows, []*string{&a, &b})
	}
	got, rejects, err := drain(t, r.decoder(t, r.input(r.File(t, wide, rows)), columns, format.ReadOptions{}), 2, nil)
	if want := []string{"row 1|1", "row 2|2", "row 3|3"}; !slices.Equal(got, want) || err != io.EOF {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if len(rejects) != 2 {
		t.Fatalf("got %d rejects, want 2", len(rejects))
	}
	for i, want := range []struct{ row, value string }{{"2", "300"}, {"4", "-1"}} {
		reject := rejects[i]
		if fmt.Sprint(reject.Row) != want.row || len(reject.Raw) == 0 || len(reject.Values) != 2 {
			t.Fatalf("got %+v, want row %s", reject, want.row)
		}
		if v := reject.Values; v[0] == nil || *v[0] != "row "+want.value || v[1] == nil || *v[1] != want.value {
			t.Errorf("row %s: got values %v", want.row, v)
		}
		if e := reject.Errors; len(e) != 1 || e[0].Column != "b" || e[0].Code != "out of range" || e[0].Detail == "" {
			t.Errorf("row %s: got errors %+v", want.row, e)
		}
	}
}

// testRefuse reads a file none of whose rows is wanted: all are rejected, as they
// are, for the reason that was given.
func (r Reading) testRefuse(t *testing.T) {
	columns := []format.Column{{Name: "a", Type: schema.MustParseType("String")}, {Name: "b", Type: schema.MustParseType("UInt8")}}
	wide := []format.Column{columns[0], {Name: "b", Type: schema.MustParseType("Int64")}}
	var rows [][]*string
	for _, v := range []string{"1", "300", "2"} {
		a, b := "row "+v, v
		rows = append(rows, []*string{&a, &b})
	}
	why := []format.ColumnError{{Column: "c", Code: "column dropped", Detail: "c is gone"}}
	for _, blockBytes := range []int{0, 1} {
		opts := format.ReadOptions{Refuse: why, BlockBytes: blockBytes}
		got, rejects, err := drain(t, r.decoder(t, r.input(r.File(t, wide, rows)), columns, opts), 2, nil)
		if len(got) > 0 || err != io.EOF || len(rejects) != len(rows) {
			t.Fatalf("got %d rows, %d rejects, %v, want %d rejects", len(got), len(rejects), err, len(rows))
		}
		for i, reject := range rejects {
			if reject.Row != int64(i)+1 || len(reject.Raw) == 0 || !slices.Equal(reject.Errors, why) {
				t.Errorf("got %+v, want row %d", reject, i+1)
			}
			if v := reject.Values; len(v) != 2 || v[0] == nil || *v[0] != *rows[i][0] || v[1] == nil || *v[1] != *rows[i][1] {
				t.Errorf("row %d: got values %v", i+1, v)
			}
		}
	}
}

// testCut reads every twentieth beginning of a file. It may be refused, or give
// the first rows of the whole, and never more than one row that isn't.
func (r Reading) testCut(t *testing.T) {
	rows := readRows(20)
	file, want := r.File(t, ReadColumns, rows), expected(rows)
	for n := 0; n < len(file); n += 1 + len(file)/200 {
		d, err := r.Reader.Decoder(context.Background(), r.input(file[:n]), ReadColumns, format.ReadOptions{})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("cut at %d: got %v, want invalid", n, err)
			}
			continue
		}
		got, _, err := drain(t, d, 7, nil)
		if err != io.EOF && !fault.Is(err, fault.Invalid) {
			t.Errorf("cut at %d: got %v, want the end or invalid", n, err)
		}
		for i, row := range got[:max(len(got)-1, 0)] {
			if row != want[i] {
				t.Errorf("cut at %d: got row %q, want %q", n, row, want[i])
			}
		}
		d.Close()
	}
}

func (r Reading) testCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	d, err := r.Reader.Decoder(ctx, r.input(r.File(t, ReadColumns, readRows(100))), ReadColumns, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var b block.Block
	if _, err := d.Next(&b, 10); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := d.Next(&b, 10); !fault.Is(err, fault.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// testAllocations reads a file in blocks and counts what each block but the
// first few allocates.
func (r Reading) testAllocations(t *testing.T) {
	const blocks, rows = 30, 100
	d := r.decoder(t, r.input(r.File(t, ReadColumns, readRows(blocks*rows))), ReadColumns, format.ReadOptions{})
	var b block.Block
	next := func() {
		if n, err := d.Next(&b, rows); n != rows || err != nil || len(d.Rejected()) > 0 {
			t.Fatalf("got %d rows, %v, %d rejects", n, err, len(d.Rejected()))
		}
	}
	for range 10 {
		next()
	}
	if got := testing.AllocsPerRun(15, next); got > r.RowAllocs*rows {
		t.Errorf("got %v allocations in %d rows, want %v", got, rows, r.RowAllocs*rows)
	}
}
