package meta

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

func footer() *Footer {
	f := &Footer{Version: 2, Rows: 7, CreatedBy: "somebody", Schema: []Element{
		{Name: "schema", Type: Group, Children: 3, Converted: NoConverted},
		{Name: "id", Type: Int64, Converted: Uint64, Logical: Logical{Kind: IntKind, BitWidth: 64}},
		{Name: "at", Type: Int64, Repetition: Optional, Converted: TimestampMicros, Logical: Logical{Kind: TimestampKind, Unit: Micros, UTC: true}},
		{Name: "total", Type: FixedLenByteArray, TypeLength: 9, Converted: Decimal, Scale: 2, Precision: 20, Logical: Logical{Kind: DecimalKind, Scale: 2, Precision: 20}},
	}}
	for i := range 20 { // more than a short list's length fits
		g := RowGroup{TotalBytes: 300, Rows: 7, Offset: int64(4 + 1000*i), Compressed: 200}
		for _, path := range []string{"id", "at", "total"} {
			g.Chunks = append(g.Chunks, Chunk{
				Type: Int64, Encodings: []Encoding{Plain, RLE, RLEDictionary}, Path: []string{path}, Codec: Zstd, Values: 7,
				Uncompressed: 100, Compressed: 70, DataPageOffset: g.Offset + 20, DictionaryOffset: g.Offset,
				Statistics:    Statistics{Nulls: 3, Min: []byte{1, 2}, Max: []byte{}},
				EncodingStats: []EncodingStat{{Page: DictionaryPage, Count: 1}, {Encoding: RLEDictionary, Count: 2}},
			})
		}
		f.RowGroups = append(f.RowGroups, g)
	}
	return f
}

func TestFooterRoundTrip(t *testing.T) {
	want := footer()
	got, err := ReadFooter(AppendFooter(nil, want))
	if err != nil {
		t.Fatal(err)
	}
	want.Schema[0].Repetition = got.Schema[0].Repetition // the root has none
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

// TestFooterIsReadByParquetGo has another reader of Thrift look at it.
func TestFooterIsReadByParquetGo(t *testing.T) {
	var got format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), AppendFooter(nil, footer()), &got); err != nil {
		t.Fatal(err)
	}
	c := got.RowGroups[19].Columns[2].MetaData
	if got.NumRows != 7 || got.CreatedBy != "somebody" || len(got.ColumnOrders) != 3 || c.TotalCompressedSize != 70 ||
		c.DictionaryPageOffset != 19004 || c.Statistics.NullCount != 3 || !bytes.Equal(c.Statistics.MinValue, []byte{1, 2}) {
		t.Fatalf("got %+v", got)
	}
	if got.Schema[2].LogicalType.String() != "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)" || got.Schema[3].LogicalType.String() != "DECIMAL(20,2)" {
		t.Fatalf("got types %v and %v", &got.Schema[2].LogicalType, &got.Schema[3].LogicalType)
	}
}

func TestFooterTruncated(t *testing.T) {
	b := AppendFooter(nil, footer())
	for n := range b {
		if _, err := ReadFooter(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes: got no error", n, len(b))
		}
	}
}

// TestFooterClaims: a count that the bytes can't hold takes no memory.
func TestFooterClaims(t *testing.T) {
	for _, field := range []byte{0x29, 0x49} { // schema, row groups
		b := binary.AppendUvarint([]byte{0x15, 2, field, 0xFC}, 1<<30)
		var err error
		if n := testing.AllocsPerRun(1, func() { _, err = ReadFooter(b) }); err == nil || n > 20 {
			t.Errorf("got %v after %v allocations, want an error after few", err, n)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	for _, want := range []PageHeader{
		{Type: DataPage, Uncompressed: 100, Compressed: 50, CRC: 0xDEADBEEF, HasCRC: true, Values: 10, Encoding: RLEDictionary, DefEncoding: RLE, RepEncoding: RLE},
		{Type: DictionaryPage, Uncompressed: 1 << 20, Compressed: 1, Values: 3},
	} {
		b := AppendPageHeader(nil, &want)
		var got PageHeader
		n, err := ReadPageHeader(append(b, "page"...), &got)
		if err != nil || n != len(b) || got != want {
			t.Errorf("got %+v, %d, %v, want %+v, %d", got, n, err, want, len(b))
		}
		for n := range b {
			if size, err := ReadPageHeader(b[:n], &got); size != 0 || err != nil {
				t.Errorf("%d of %d bytes: got %d, %v, want 0 and no error", n, len(b), size, err)
			}
		}
	}
}

func isEncrypted(g RowGroup) bool {
	return slices.ContainsFunc(g.Chunks, func(c Chunk) bool { return c.Encrypted })
}

func FuzzReadFooter(f *testing.F) {
	f.Add(AppendFooter(nil, footer()))
	f.Add(AppendPageHeader(nil, &PageHeader{Type: DataPage, Values: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h PageHeader
		if n, err := ReadPageHeader(b, &h); err == nil && n > len(b) {
			t.Fatalf("got a header of %d of %d bytes", n, len(b))
		}
		got, err := ReadFooter(b)
		if err != nil || slices.ContainsFunc(got.RowGroups, isEncrypted) {
			return // encryption is read of, and never written
		}
		if _, err := ReadFooter(AppendFooter(nil, got)); err != nil && len(got.Schema) > 0 {
			t.Fatalf("what was read and written again: %v", err)
		}
	})
}
