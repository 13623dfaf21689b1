package parquet

import (
	"math/rand/v2"
	"testing"

	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// What the columns of a row group read ahead stays within windowBytes, however many
// there are and however large, and is all of it that is there.
func TestColumnsShareTheWindow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		d := &decoder{}
		var g meta.RowGroup
		var all int64
		for i := range 1 + rnd.IntN(40) {
			size := rnd.Int64N(1 << (1 + rnd.IntN(28)))
			all += size
			g.Chunks = append(g.Chunks, meta.Chunk{Compressed: size})
			d.readers = append(d.readers, &leafReader{leaf: &node{leaf: i}})
		}
		window, sum := d.window(&g), int64(0)
		for i := range g.Chunks {
			sum += min(window, g.Chunks[i].Compressed)
		}
		if most := min(all, windowBytes); sum > windowBytes || sum < most-int64(len(d.readers)) {
			t.Fatalf("%d columns of %d bytes in windows of %d: got %d bytes, want %d", len(d.readers), all, window, sum, most)
		}
	}
}
