package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/parquet/internal/meta"
)

// onePage is a file of one repeated column of integers, with one page.
func onePage(rows, values int64, h meta.PageHeader, body []byte, codec meta.Codec) []byte {
	out := []byte(meta.Magic)
	out = meta.AppendPageHeader(out, &h)
	out = append(out, body...)
	end := len(out)
	out = meta.AppendFooter(out, &meta.Footer{
		Version: 2, Rows: rows,
		Schema: []meta.Element{
			{Name: "schema", Type: meta.Group, Children: 1, Repetition: -1, Converted: meta.NoConverted},
			{Name: "c", Type: meta.Int64, Repetition: meta.Repeated, Converted: meta.NoConverted},
		},
		RowGroups: []meta.RowGroup{{Rows: rows, Chunks: []meta.Chunk{{
			Type: meta.Int64, Encodings: []meta.Encoding{meta.Plain, meta.RLE}, Path: []string{"c"}, Codec: codec, Values: values,
			Uncompressed: int64(end - 4), Compressed: int64(end - 4), DataPageOffset: 4,
		}}}},
	})
	out = binary.LittleEndian.AppendUint32(out, uint32(len(out)-end))
	return append(out, meta.Magic...)
}

// run is a run of levels of one bit.
func run(level byte, n uint64) []byte { return append(binary.AppendUvarint(nil, n<<1), level) }

func levels(runs ...[]byte) []byte {
	b := bytes.Join(runs, nil)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// TestBombs: a few bytes that claim to be much are an error, and don't take much
// memory on the way to it.
func TestBombs(t *testing.T) {
	const many = 1 << 30
	list := append(levels(run(0, 1), run(1, many-1)), levels(run(0, many))...)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a row of a billion nulls": {onePage(1, many, meta.PageHeader{
			Type: meta.DataPage, Uncompressed: int32(len(list)), Compressed: int32(len(list)), Values: many,
		}, list, meta.Uncompressed), "lists of more than"},
		"a page of gigabytes": {onePage(1, 1, meta.PageHeader{
			Type: meta.DataPage, Uncompressed: 1<<31 - 1, Compressed: 4, Values: 1,
		}, []byte("zstd"), meta.Zstd), "is longer than"},
		"a page that snappy can't have made": {onePage(1, 1, meta.PageHeader{
			Type: meta.DataPage, Uncompressed: 200 << 20, Compressed: 4, Values: 1,
		}, []byte("snap"), meta.Snappy), "can't have"},
		"a page longer than its chunk": {onePage(1, 1, meta.PageHeader{
			Type: meta.DataPage, Uncompressed: 1 << 20, Compressed: 1 << 20, Values: 1,
		}, []byte("none"), meta.Uncompressed), "ends early"},
		"a checksum that is wrong": {onePage(1, 1, meta.PageHeader{
			Type: meta.DataPage, Uncompressed: int32(len(list)), Compressed: int32(len(list)), Values: 1, HasCRC: true, CRC: 1,
		}, list, meta.Uncompressed), "checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d, err := Format{}.Decoder(context.Background(), inputOf(c.file), columnsOf(t, "c", "Array(Int64)"), format.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = d.Next(new(block.Block), 100)
			runtime.ReadMemStats(&after)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "test.parquet") {
				t.Errorf("got %v, want an Invalid error that says %q", err, c.want)
			}
			if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 300 {
				t.Errorf("got %d MiB allocated", got)
			}
		})
	}
}
