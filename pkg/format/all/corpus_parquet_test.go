package all_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/schema"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pqformat "github.com/parquet-go/parquet-go/format"
)

func parquetFiles() (files []written) {
	add := func(file, by, why, as string, content func(*testing.T) []byte) {
		files = append(files, written{entry{file: "parquet/" + file + ".parquet", by: by, why: why, as: as}, content})
	}
	codecs := []struct {
		name  string
		codec compress.Compression
	}{{"none", compress.Codecs.Uncompressed}, {"snappy", compress.Codecs.Snappy}, {"gzip", compress.Codecs.Gzip}, {"brotli", compress.Codecs.Brotli}, {"zstd", compress.Codecs.Zstd}}
	for _, c := range codecs {
		for i, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
			add(fmt.Sprintf("encodings-%s-v%d", c.name, i+1), "arrow 15", fmt.Sprintf("a column of each encoding, compressed with %s, data pages of version %d", c.name, i+1), "",
				func(t *testing.T) []byte { return encodings(t, c.codec, version) })
		}
	}
	add("decimals", "arrow 15", "decimals in each physical type, up to 76 digits", "", decimals)
	add("decimals-narrow", "arrow 15", "decimals that are too wide for their columns", "d9 Decimal(9, 1); d18 Int64; d38 Decimal(18, 10); d76 Decimal(76, 20); d20bytes Int16; d5fixed Float64", decimals)
	add("logical-types", "arrow 15", "a column of each logical type", "", logicalTypes)
	add("logical-types-as-text", "arrow 15", "times, bytes and numbers as texts", "date String; time_us String; local String; uuid String; half String; u64 String; bson String", logicalTypes)
	add("old-lists", "arrow 15, low level", "lists of two levels, without annotation, and of structs: [1,2], [], null", "", oldLists)
	add("int96", "arrow 15", "timestamps of old, two of them out of range", "at DateTime64(9, 'UTC')", int96s)
	add("nested", "arrow 15", "lists of structs with maps inside", "id Int64; items Array(Tuple(sku Nullable(String), tags Map(String, Nullable(Int64)))); name Nullable(String) $.user.name; grid Array(Array(Float64))", orders)
	add("nested-inferred", "arrow 15", "lists of structs with maps inside, as columns", "", orders)
	add("nested-row", "arrow 15", "each row as JSON", "row String $", orders)
	one := []schema.Node{schema.NewInt64Node("a", required, -1)}
	add("many-groups", "arrow 15", "three hundred row groups of one row, without statistics", "", func(t *testing.T) []byte {
		return arrowFile(t, one, []leaf{{values: []int64{7}}}, 300, parquet.WithStats(false))
	})
	add("empty-group", "arrow 15", "a row group without rows", "", func(t *testing.T) []byte { return arrowFile(t, one, []leaf{{values: []int64{}}}, 1) })
	add("no-groups", "arrow 15", "a file without row groups", "", func(t *testing.T) []byte { return arrowFile(t, one, nil, 0) })
	add("no-columns", "arrow 15", "a file without columns", "a Nullable(Int64)", func(t *testing.T) []byte { return arrowFile(t, nil, nil, 1) })
	add("other-columns", "arrow 15", "a file without the table's columns", "b Nullable(Int64); c Int64; d Int64 DEFAULT", func(t *testing.T) []byte { return arrowFile(t, one, []leaf{{values: []int64{7}}}, 1) })
	add("parquet-go", "parquet-go", "deltas, split bytes, optional and repeated fields, page indexes, lz4_raw", "", parquetGo)
	return append(files, damagedParquet()...)
}

// goRow has the encodings of parquet-go, among them one that arrow doesn't write.
type goRow struct {
	Delta    int64            `parquet:"delta,delta"`
	Lengths  string           `parquet:"lengths,delta"`
	Split    float64          `parquet:"split,split"`
	Split32  float32          `parquet:"split32,split"`
	Dict     string           `parquet:"dict,dict,lz4"`
	Maybe    *int64           `parquet:"maybe,optional"`
	Repeated []int64          `parquet:"repeated"`
	Names    []string         `parquet:"names,list"`
	Map      map[string]int64 `parquet:"map"`
	UUID     [16]byte         `parquet:"uuid,uuid"`
}

func parquetGo(t *testing.T) []byte {
	var out bytes.Buffer
	w := pq.NewGenericWriter[goRow](&out, pq.DataPageVersion(2), pq.PageBufferSize(256), pq.MaxRowsPerRowGroup(20), pq.DataPageStatistics(true))
	for i := range 30 {
		v := int64(i)
		row := goRow{Delta: v * v * v, Lengths: strings.Repeat("x", i%7), Split: float64(i) / 3, Split32: -float32(i) / 4, Dict: []string{"one", "two"}[i%2], UUID: [16]byte{byte(i)}}
		if i%3 > 0 {
			row.Maybe, row.Repeated, row.Names, row.Map = &v, []int64{v, -v}, []string{"a", ""}, map[string]int64{"k": v}
		}
		if _, err := w.Write([]goRow{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// damagedParquet is what a file of one column becomes by hand.
func damagedParquet() (files []written) {
	whole := func(t *testing.T, properties ...parquet.WriterProperty) []byte {
		values := make([]int64, 200)
		for i := range values {
			values[i] = int64(i % 5)
		}
		properties = append(properties, parquet.WithCompression(compress.Codecs.Snappy))
		return arrowFile(t, []schema.Node{schema.NewInt64Node("a", required, -1)}, []leaf{{values: values}}, 1, properties...)
	}
	add := func(file, why string, content func(t *testing.T) []byte) {
		files = append(files, written{entry{file: "parquet/damaged-" + file + ".parquet", by: "hand, from a file of arrow 15", why: why, as: "a Int64"}, content})
	}
	add("empty", "no bytes: no rows", func(*testing.T) []byte { return nil })
	for _, cut := range []struct {
		name, why string
		percent   int
	}{{"head", "cut within its first page", 10}, {"half", "cut in the middle", 50}, {"end", "cut before its last bytes", 99}} {
		add(cut.name, cut.why, func(t *testing.T) []byte { b := whole(t); return b[:len(b)*cut.percent/100] })
	}
	add("magic", "another magic at its end", func(t *testing.T) []byte { return append(whole(t)[:60], "whatever else"...) })
	add("encrypted", "the magic of an encrypted footer", func(t *testing.T) []byte { b := whole(t); copy(b[len(b)-4:], "PARE"); return b })
	add("footer-length", "a footer longer than the file", func(t *testing.T) []byte {
		b := whole(t)
		binary.LittleEndian.PutUint32(b[len(b)-8:], 1<<30)
		return b
	})
	add("page", "a byte of a page changed", func(t *testing.T) []byte { b := whole(t); b[30] ^= 0xFF; return b })
	change := func(f func(*pqformat.FileMetaData)) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return withFooter(t, whole(t), f) }
	}
	chunk := func(m *pqformat.FileMetaData) *pqformat.ColumnMetaData { return &m.RowGroups[0].Columns[0].MetaData }
	add("old-writer", "a chunk whose size lacks the dictionary's header, as of parquet-mr before 1.2.9", change(func(m *pqformat.FileMetaData) {
		m.CreatedBy = "parquet-mr"
		chunk(m).TotalCompressedSize -= 14
	}))
	add("chunk-size", "the same of another writer", change(func(m *pqformat.FileMetaData) { chunk(m).TotalCompressedSize -= 14 }))
	add("rows", "more rows than values", change(func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows = 1 << 40 }))
	add("values", "more values than the pages have", change(func(m *pqformat.FileMetaData) { m.RowGroups[0].NumRows, chunk(m).NumValues = 1000, 1000 }))
	add("offset", "a chunk behind the end", change(func(m *pqformat.FileMetaData) { chunk(m).DataPageOffset, chunk(m).DictionaryPageOffset = 1<<40, 0 }))
	add("codec", "a codec that is none", change(func(m *pqformat.FileMetaData) { chunk(m).Codec = 77 }))
	add("lzo", "the codec LZO", change(func(m *pqformat.FileMetaData) { chunk(m).Codec = pqformat.LZO }))
	add("elsewhere", "a chunk in another file", change(func(m *pqformat.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "other.parquet" }))
	add("type", "another type than the schema says", change(func(m *pqformat.FileMetaData) { chunk(m).Type = pqformat.Int32 }))
	return files
}

// withFooter changes a file's footer.
func withFooter(t *testing.T, b []byte, change func(*pqformat.FileMetaData)) []byte {
	t.Helper()
	size := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	at := len(b) - 8 - size
	var m pqformat.FileMetaData
	var protocol thrift.CompactProtocol
	if err := thrift.Unmarshal(&protocol, b[at:at+size], &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	footer, err := thrift.Marshal(&protocol, m)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Clone(b[:at]), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}
