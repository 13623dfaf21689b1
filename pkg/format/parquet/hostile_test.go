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
	return onePageOf(meta.Element{Type: meta.Int64, Repetition: meta.Repeated, Converted: meta.NoConverted}, rows, values, h, body, codec)
}

// onePageOf is a file of one column, c, with one page.
func onePageOf(e meta.Element, rows, values int64, h meta.PageHeader, body []byte, codec meta.Codec) []byte {
	e.Name = "c"
	out := []byte(meta.Magic)
	out = meta.AppendPageHeader(out, &h)
	out = append(out, body...)
	end := len(out)
	out = meta.AppendFooter(out, &meta.Footer{
		Version: 2, Rows: rows,
		Schema: []meta.Element{
			{Name: "schema", Type: meta.Group, Children: 1, Repetition: -1, Converted: meta.NoConverted},
			e,
		},
		RowGroups: []meta.RowGroup{{Rows: rows, Chunks: []meta.Chunk{{
			Type: e.Type, Encodings: []meta.Encoding{meta.Plain, meta.RLE}, Path: []string{"c"}, Codec: codec, Values: values,
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

// TestAnnotationsThatDoNotFit: a logical type on values of another physical type
// than the format allows counts as none.
func TestAnnotationsThatDoNotFit(t *testing.T) {
	of := func(physical meta.Type, kind meta.Kind, converted meta.Converted) meta.Element {
		return meta.Element{Type: physical, Repetition: meta.Required, Logical: meta.Logical{Kind: kind, Unit: meta.Micros}, Converted: converted}
	}
	sized := func(e meta.Element, length int32) meta.Element { e.TypeLength = length; return e }
	short := []byte{2, 0, 0, 0, 'h', 'i'} // a byte string
	one, long := []byte{1, 0, 0, 0}, []byte{1, 0, 0, 0, 1, 0, 0, 0}
	for _, tt := range []struct {
		name, to, want string
		element        meta.Element
		value          []byte
	}{
		{"timestamp of 32 bits", "DateTime64(6)", "1970-01-01 00:00:01.000000", of(meta.Int32, meta.TimestampKind, meta.NoConverted), one},
		{"old timestamp of 32 bits", "String", "1", of(meta.Int32, meta.NoLogical, meta.TimestampMillis), one},
		{"date of 64 bits", "Int64", "4294967297", of(meta.Int64, meta.DateKind, meta.NoConverted), long},
		{"old date of 64 bits", "String", "4294967297", of(meta.Int64, meta.NoLogical, meta.DateConverted), long},
		{"int8 of 64 bits", "Int32", "out of range", of(meta.Int64, meta.NoLogical, meta.Int8), long},
		{"uuid of any length", "String", "hi", sized(of(meta.ByteArray, meta.UUIDKind, meta.NoConverted), 16), short},
		{"half float of any length", "String", "hi", sized(of(meta.ByteArray, meta.Float16Kind, meta.NoConverted), 2), short},
	} {
		t.Run(tt.name, func(t *testing.T) {
			size := int32(len(tt.value))
			file := onePageOf(tt.element, 1, 1, meta.PageHeader{Type: meta.DataPage, Uncompressed: size, Compressed: size, Values: 1}, tt.value, meta.Uncompressed)
			if _, err := (Format{}).Infer(t.Context(), inputOf(file), format.ReadOptions{}); err != nil {
				t.Error(err)
			}
			for _, to := range []string{tt.to, "Nullable(String)"} {
				d, err := Format{}.Decoder(t.Context(), inputOf(file), columnsOf(t, "c", to), format.ReadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				var b block.Block
				if _, err := d.Next(&b, 10); err != nil {
					t.Fatal(err)
				}
				var got string
				if b.Rows() == 1 {
					got = string(b.Columns[0].AppendText(nil, 0))
				} else {
					got = d.Rejected()[0].Errors[0].Code
				}
				if to == tt.to && got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
}

// TestValuesInAColumnOfNulls has columns that are marked as holding nothing, and
// hold something: their rows are rejected, and shown as they are.
func TestValuesInAColumnOfNulls(t *testing.T) {
	for _, tt := range []struct {
		physical meta.Type
		value    []byte
		want     string
	}{
		{meta.Boolean, []byte{1}, `{"c":"true"}`},
		{meta.Int32, []byte{7, 0, 0, 0}, `{"c":"7"}`},
		{meta.Int64, []byte{7, 0, 0, 0, 0, 0, 0, 0}, `{"c":"7"}`},
		{meta.Int96, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0x8c, 0x3d, 0x25, 0}, `{"c":"1970-01-01T00:00:00Z"}`},
		{meta.Float, []byte{0, 0, 0x80, 0x3f}, `{"c":"1"}`},
		{meta.Double, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, `{"c":"1"}`},
		{meta.ByteArray, []byte{2, 0, 0, 0, 0xff, 'i'}, `{"c":"\\xff69"}`},
		{meta.FixedLenByteArray, []byte{0xff, 'i'}, `{"c":"\\xff69"}`},
	} {
		element := meta.Element{Type: tt.physical, TypeLength: 2, Repetition: meta.Required, Logical: meta.Logical{Kind: meta.UnknownKind}, Converted: meta.NoConverted}
		size := int32(len(tt.value))
		file := onePageOf(element, 1, 1, meta.PageHeader{Type: meta.DataPage, Uncompressed: size, Compressed: size, Values: 1}, tt.value, meta.Uncompressed)
		if _, err := (Format{}).Infer(t.Context(), inputOf(file), format.ReadOptions{}); err != nil {
			t.Error(err)
		}
		_, rejects, _ := readAll(t, file, columnsOf(t, "c", "Nullable(String)"), format.ReadOptions{}, 10)
		if len(rejects) != 1 || rejects[0].Errors[0].Code != "type mismatch" || string(rejects[0].Raw) != tt.want {
			t.Errorf("type %d: got %+v, want one with %s", tt.physical, rejects, tt.want)
		}
	}
}

// TestOldWritersForgetHeaders: a chunk of parquet-mr before 1.2.9 is longer than
// its metadata says. Of other writers, that is damage.
func TestOldWritersForgetHeaders(t *testing.T) {
	for createdBy, want := range map[string]bool{
		"parquet-mr": true, "parquet-mr version 1.2.8 (build x)": true, "parquet-mr version 1.2.9": false,
		"parquet-mr version 1.14.0": false, "parquet-cpp-arrow version 1.0.0": false, "": false,
	} {
		if got := forgetsHeaders(createdBy); got != want {
			t.Errorf("%q: got %v, want %v", createdBy, got, want)
		}
	}
}

// TestGroupsWithAPhysicalType has what some writers say of their root.
func TestGroupsWithAPhysicalType(t *testing.T) {
	leaf := meta.Element{Name: "c", Type: meta.Int64}
	for _, tt := range []struct {
		name     string
		elements []meta.Element
		leaves   int // -1 for an error
	}{
		{"the root", []meta.Element{{Name: "chunk", Type: meta.Int64, Children: 2}, leaf, leaf}, 2},
		{"a struct", []meta.Element{{Name: "root", Type: meta.Group, Children: 1}, {Name: "s", Type: meta.ByteArray, Children: 1}, leaf}, 1},
		{"a root that is a value", []meta.Element{leaf}, -1},
		{"children that are missing", []meta.Element{{Name: "chunk", Type: meta.Int64, Children: 2}, leaf}, -1},
	} {
		_, leaves, err := treeOf(tt.elements)
		if got := len(leaves); (err != nil) != (tt.leaves < 0) || err == nil && got != tt.leaves {
			t.Errorf("%s: got %d leaves, %v, want %d", tt.name, got, err, tt.leaves)
		}
	}
}

// TestTimesBeforeChrist: the fraction of an INT96 stands before a year's era.
func TestTimesBeforeChrist(t *testing.T) {
	for _, tt := range []struct {
		days, nanos int64
		want        string
	}{
		{julian1970, 5, "1970-01-01T00:00:00.000000005Z"},
		{0, 0, "4714-11-24T00:00:00Z BC"},
		{0, 1_500_000_000, "4714-11-24T00:00:01.500000000Z BC"},
	} {
		b := binary.LittleEndian.AppendUint64(nil, uint64(tt.nanos))
		b = binary.LittleEndian.AppendUint32(b, uint32(tt.days))
		if got := string(append96([]byte("Z "), b)); got != "Z "+tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
