package formattest

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
)

// testBlockEnds wants the blocks of a text file to end at the same rows however
// the file arrives and whichever columns are read: tokens name them for ever.
func (r Reading) testBlockEnds(t *testing.T) {
	if r.Reader.Traits().RandomAccess {
		return
	}
	file := r.File(t, ReadColumns, readRows(3000))
	ends := func(in format.Input, columns []format.Column) string {
		var all []int
		_, _, err := drain(t, r.decoder(t, in, columns, format.ReadOptions{BlockBytes: 20_000}), 1000, func(b *block.Block) {
			all = append(all, b.Rows())
		})
		if err != io.EOF {
			t.Fatal(err)
		}
		return fmt.Sprint(all)
	}
	want := ends(r.input(file), ReadColumns)
	slow := r.input(file)
	slow.Stream = iotest.OneByteReader(slow.Stream)
	if got := ends(slow, ReadColumns); got != want {
		t.Errorf("byte by byte the blocks have %s rows, want %s", got, want)
	}
	halves := r.input(file)
	halves.Stream = iotest.HalfReader(halves.Stream)
	if got := ends(halves, ReadColumns); got != want {
		t.Errorf("in halves the blocks have %s rows, want %s", got, want)
	}
	if got := ends(r.input(file), ReadColumns[:1]); got != want {
		t.Errorf("with one column the blocks have %s rows, want %s", got, want)
	}
}

// testLongRows wants the same rows and rejects however a file with rows about as
// long as they may be arrives.
func (r Reading) testLongRows(t *testing.T) {
	if r.Reader.Traits().RandomAccess {
		return
	}
	const longest = 200_000 // more than a window reads at once
	rows := readRows(12)
	for i, row := range rows {
		name := strings.Repeat("x", longest-240+20*i)
		if i%4 == 0 {
			name = "quoted\n" + name + "\n\"\"\n,"
		}
		row[1] = &name
	}
	file := r.File(t, ReadColumns, rows)
	read := func(wrap func(io.Reader) io.Reader) string {
		in := r.input(file)
		in.Stream = wrap(in.Stream)
		rows, rejects, err := drain(t, r.decoder(t, in, ReadColumns, format.ReadOptions{MaxRowBytes: longest}), 7, nil)
		return fmt.Sprintf("%q %+v %v", rows, rejects, err)
	}
	want := read(func(r io.Reader) io.Reader { return r })
	for name, wrap := range map[string]func(io.Reader) io.Reader{"byte by byte": iotest.OneByteReader, "in halves": iotest.HalfReader, "with its end": iotest.DataErrReader} {
		if got := read(wrap); withoutPointers(got) != withoutPointers(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
	if !strings.Contains(want, "row too long") {
		t.Error("no row was too long")
	}
}

var pointers = regexp.MustCompile(`0x[0-9a-f]+`)

func withoutPointers(s string) string { return pointers.ReplaceAllString(s, "0x") }
