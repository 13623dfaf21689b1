package formattest

import (
	"fmt"
	"io"
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
