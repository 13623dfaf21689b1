package formattest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// Reading is what the reader conformance suite wants to know of a driver.
type Reading struct {
	Reader format.Reader
	// File makes a file of the format with these columns and rows, whose values
	// are given as text. A nil value is null.
	File func(t testing.TB, columns []format.Column, rows [][]*string) []byte
	// RowAllocs is how many allocations a row may take in the steady state. Text
	// formats take none.
	RowAllocs float64
}

// ReadColumns is the columns of the suite's files.
var ReadColumns = []format.Column{
	{Name: "id", Type: schema.MustParseType("Int64")},
	{Name: "name", Type: schema.MustParseType("Nullable(String)")},
	{Name: "at", Type: schema.MustParseType("DateTime64(3, 'UTC')")},
	{Name: "price", Type: schema.MustParseType("Decimal(18, 2)")},
	{Name: "kind", Type: schema.MustParseType("LowCardinality(String)")},
	{Name: "ok", Type: schema.MustParseType("Bool")},
	{Name: "score", Type: schema.MustParseType("Nullable(Float64)")},
}

// ReadRow returns the values of row i of the suite's files.
func ReadRow(i int) []*string {
	text := func(format string, args ...any) *string { s := fmt.Sprintf(format, args...); return &s }
	row := []*string{
		text("%d", i-3), text("name %d, \"ü\" ", i), text("2024-02-29 12:%02d:%02d.%03d", i/60%60, i%60, i%1000),
		text("%d.25", i*7), text("k%d", i%5), text("%v", i%2 == 0), text("%d.5", i),
	}
	if i%3 == 1 {
		row[1], row[6] = nil, nil
	}
	return row
}

func readRows(n int) (rows [][]*string) {
	for i := range n {
		rows = append(rows, ReadRow(i))
	}
	return rows
}

// Read runs the suite.
func Read(t *testing.T, r Reading) {
	t.Run("values", r.testValues)
	t.Run("empty", r.testEmpty)
	t.Run("block sizes", r.testBlockSizes)
	t.Run("same blocks again", r.testSameAgain)
	t.Run("block bytes", r.testBlockBytes)
	t.Run("block ends", r.testBlockEnds)
	t.Run("long rows", r.testLongRows)
	t.Run("facts", r.testFacts)
	t.Run("rejects", r.testRejects)
	t.Run("refuses all rows", r.testRefuse)
	t.Run("cut short", r.testCut)
	t.Run("errors of the input", r.testInputErrors)
	t.Run("canceled", r.testCanceled)
	t.Run("infer", r.testInfer)
	t.Run("allocations", r.testAllocations)
}

// input is file as the reader wants it.
func (r Reading) input(file []byte) format.Input {
	return format.Input{Name: "suite", Stream: bytes.NewReader(file), At: bytes.NewReader(file), Size: int64(len(file))}
}

func (r Reading) decoder(t testing.TB, in format.Input, columns []format.Column, opts format.ReadOptions) format.Decoder {
	t.Helper()
	d, err := r.Reader.Decoder(context.Background(), in, columns, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// drain reads to the end, and checks what must be true of every Next.
func drain(t testing.TB, d format.Decoder, maxRows int, each func(*block.Block)) (rows []string, rejects []format.Reject, err error) {
	t.Helper()
	var b block.Block
	for {
		n, err := d.Next(&b, maxRows)
		if err != nil {
			if n != 0 {
				t.Errorf("got %d rows with %v, want 0", n, err)
			}
			if _, again := d.Next(&b, maxRows); err == io.EOF && again != io.EOF {
				t.Errorf("behind the end: got %v, want EOF", again)
			}
			return rows, rejects, err
		}
		if n != b.Rows()+len(d.Rejected()) || n == 0 || n > maxRows {
			t.Fatalf("got %d of %d, with %d rows and %d rejects", n, maxRows, b.Rows(), len(d.Rejected()))
		}
		rejects = append(rejects, d.Rejected()...)
		for i := range b.Rows() {
			rows = append(rows, rowText(t, &b, i))
		}
		if each != nil {
			each(&b)
		}
	}
}

func rowText(t testing.TB, b *block.Block, i int) string {
	t.Helper()
	var cells []string
	for _, c := range b.Columns {
		if c.Rows() != b.Rows() {
			t.Fatalf("column %s has %d rows, the block %d", c.Name, c.Rows(), b.Rows())
		}
		cells = append(cells, string(c.AppendText(nil, i)))
	}
	return strings.Join(cells, "|")
}

// expected is the text of the suite's rows.
func expected(rows [][]*string) (want []string) {
	for _, row := range rows {
		var cells []string
		for _, v := range row {
			if v == nil {
				cells = append(cells, "NULL")
			} else {
				cells = append(cells, *v)
			}
		}
		want = append(want, strings.Join(cells, "|"))
	}
	return want
}

func (r Reading) testValues(t *testing.T) {
	rows := readRows(100)
	got, rejects, err := drain(t, r.decoder(t, r.input(r.File(t, ReadColumns, rows)), ReadColumns, format.ReadOptions{}), 1000, nil)
	if err != io.EOF || len(rejects) > 0 {
		t.Fatalf("got %v, rejects %v", err, rejects)
	}
	if want := expected(rows); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (r Reading) testEmpty(t *testing.T) {
	d := r.decoder(t, r.input(r.File(t, ReadColumns, nil)), ReadColumns, format.ReadOptions{})
	if rows, rejects, err := drain(t, d, 10, nil); err != io.EOF || len(rows)+len(rejects) > 0 {
		t.Errorf("got %d rows, %d rejects, %v, want nothing", len(rows), len(rejects), err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func (r Reading) testBlockSizes(t *testing.T) {
	file := r.File(t, ReadColumns, readRows(100))
	want := expected(readRows(100))
	for _, maxRows := range []int{1, 7, 99, 100, 101} {
		got, _, _ := drain(t, r.decoder(t, r.input(file), ReadColumns, format.ReadOptions{}), maxRows, nil)
		if !slices.Equal(got, want) {
			t.Errorf("%d rows at most: got %d rows, want %d", maxRows, len(got), len(want))
		}
	}
}

// testSameAgain wants the same bytes from the same file, also when the stream
// comes in pieces of other sizes.
func (r Reading) testSameAgain(t *testing.T) {
	file := r.File(t, ReadColumns, readRows(300))
	read := func(in format.Input) (blocks []string) {
		_, _, _ = drain(t, r.decoder(t, in, ReadColumns, format.ReadOptions{}), 70, func(b *block.Block) {
			blocks = append(blocks, string(block.AppendNative(nil, b)))
		})
		return blocks
	}
	first := read(r.input(file))
	pieces := r.input(file)
	pieces.Stream = iotest.OneByteReader(pieces.Stream)
	if again := read(pieces); !slices.Equal(first, again) || len(first) != 5 {
		t.Errorf("got %d blocks, then %d that differ", len(first), len(again))
	}
}

func (r Reading) testInfer(t *testing.T) {
	file := r.File(t, ReadColumns, readRows(100))
	inf, err := r.Reader.Infer(context.Background(), r.input(file), format.ReadOptions{})
	if err != nil || len(inf.Fields) != len(ReadColumns) || inf.Rows == 0 {
		t.Fatalf("got %d fields of %d rows, %v", len(inf.Fields), inf.Rows, err)
	}
	var columns []format.Column
	for i, f := range inf.Fields {
		if f.Name != ReadColumns[i].Name || f.Why == "" {
			t.Errorf("got field %s because %q, want %s", f.Name, f.Why, ReadColumns[i].Name)
		}
		columns = append(columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
	}
	rows, rejects, err := drain(t, r.decoder(t, r.input(file), columns, format.ReadOptions{}), 1000, nil)
	if len(rows) != 100 || len(rejects) > 0 || err != io.EOF {
		t.Errorf("with inferred columns: got %d rows, %d rejects, %v", len(rows), len(rejects), err)
	}
	if inf, err := r.Reader.Infer(context.Background(), r.input(r.File(t, ReadColumns, nil)), format.ReadOptions{}); err != nil || inf.Rows != 0 {
		t.Errorf("of an empty file: got %d rows, %v", inf.Rows, err)
	}
}

// lost is an error of the store.
var lost = fault.New(fault.Temporary, "connection lost")

// lostAt fails for everything behind half of a file.
type lostAt struct {
	*bytes.Reader
	half int64
}

func (l lostAt) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > l.half {
		return 0, lost
	}
	return l.Reader.ReadAt(p, off)
}

func (r Reading) testInputErrors(t *testing.T) {
	file := r.File(t, ReadColumns, readRows(100))
	half := len(file) / 2
	in := format.Input{
		Name: "suite", Size: int64(len(file)), At: lostAt{bytes.NewReader(file), int64(half)},
		Stream: io.MultiReader(bytes.NewReader(file[:half]), iotest.ErrReader(lost)),
	}
	d, err := r.Reader.Decoder(context.Background(), in, ReadColumns, format.ReadOptions{})
	if err == nil {
		_, _, err = drain(t, d, 10, nil)
	}
	if !errors.Is(err, lost) || !fault.Is(err, fault.Temporary) {
		t.Errorf("got %v, want %v and its kind", err, lost)
	}
}
