package parquet

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	pq "github.com/parquet-go/parquet-go"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

// ordersJSON is rows with structs, lists of structs, and nulls at every level.
const ordersJSON = `[
	{"id": 1, "customer": {"name": "Ann", "address": {"city": "Oslo"}}, "items": [{"sku": "a", "tags": ["x", "y"]}, {"sku": "b", "tags": []}], "extra": {"k": 1}},
	{"id": 2, "customer": {"name": null, "address": null}, "items": [], "extra": {}},
	{"id": 3, "customer": null, "items": null, "extra": null},
	{"id": 4, "customer": {"name": "Bob", "address": {"city": null}}, "items": [{"sku": null, "tags": null}], "extra": {"k": null}}
]`

func orders(t testing.TB) arrow.Record {
	t.Helper()
	text := arrow.BinaryTypes.String
	address := arrow.StructOf(arrow.Field{Name: "city", Type: text, Nullable: true})
	item := arrow.StructOf(arrow.Field{Name: "sku", Type: text, Nullable: true}, arrow.Field{Name: "tags", Type: arrow.ListOf(text), Nullable: true})
	s := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "customer", Nullable: true, Type: arrow.StructOf(
			arrow.Field{Name: "name", Type: text, Nullable: true}, arrow.Field{Name: "address", Type: address, Nullable: true})},
		{Name: "items", Nullable: true, Type: arrow.ListOf(item)},
		{Name: "extra", Nullable: true, Type: arrow.MapOf(text, arrow.PrimitiveTypes.Int64)},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	// A record's JSON has maps as objects in places where the builder wants pairs.
	fixed := strings.NewReplacer(`"extra": {}`, `"extra": []`, `{"k": 1}`, `[{"key": "k", "value": 1}]`, `{"k": null}`, `[{"key": "k", "value": null}]`).Replace(ordersJSON)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader(fixed))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// column makes a column whose values are at a path.
func column(t testing.TB, name, typ, path string) format.Column {
	t.Helper()
	c := columnsOf(t, name, typ)[0]
	var err error
	if c.Path, err = schema.ParsePath(path); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPaths(t *testing.T) {
	rec := orders(t)
	object := objectOf(t, rec.Schema(), format.WriteOptions{RowGroupRows: 3}, []arrow.Record{rec})
	for _, c := range []struct {
		typ, path string
		want      []string // "!": rejected
	}{
		{"Nullable(String)", "$.customer.name", []string{"Ann", "null", "null", "Bob"}},
		{"Nullable(String)", "$.customer.address.city", []string{"Oslo", "null", "null", "null"}},
		{"String", "$.customer.name", []string{"Ann", "!", "!", "Bob"}},
		{"Array(Nullable(String))", "$.items[:].sku", []string{`["a","b"]`, "[]", "[]", "[null]"}},
		{"Array(String)", "$.items[:].sku", []string{`["a","b"]`, "[]", "[]", "!"}},
		{"Array(Array(String))", "$.items[:].tags[:]", []string{`[["x","y"],[]]`, "[]", "[]", "[[]]"}},
		{"Array(Array(String))", "$.items[:].tags", []string{`[["x","y"],[]]`, "[]", "[]", "[[]]"}},
		{"Array(Tuple(sku Nullable(String), tags Array(String)))", "$.items", []string{`[["a",["x","y"]],["b",[]]]`, "[]", "[]", "[[null,[]]]"}},
		{"Array(Tuple(tags Array(String), more Nullable(Int8)))", "$.items", []string{`[[["x","y"],null],[[],null]]`, "[]", "[]", "[[[],null]]"}},
		{"Map(String, Nullable(Int64))", "$.extra", []string{`{"k":1}`, "{}", "{}", `{"k":null}`}},
		{"Tuple(name Nullable(String))", "$.customer", []string{`["Ann"]`, "[null]", "!", `["Bob"]`}},
		{"Nullable(Int64)", "$.customer.age", []string{"null", "null", "null", "null"}},
		{"Int64", "$.customer.age", []string{"!", "!", "!", "!"}},
		{"String", "$.customer", []string{"!", "!", "!", "!"}},
	} {
		t.Run(c.path+" "+c.typ, func(t *testing.T) {
			columns := []format.Column{column(t, "c", c.typ, c.path)}
			blocks, rejects, _ := readAll(t, object, columns, format.ReadOptions{}, 100)
			if want := wantColumn(t, columns[0], c.want); !bytes.Equal(blocks[0], want) {
				t.Errorf("got %q, want %q", blocks[0], want)
			}
			var want []int64
			for i, w := range c.want {
				if w == "!" {
					want = append(want, int64(i+1))
				}
			}
			var got []int64
			for _, r := range rejects {
				got = append(got, r.Row)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got rejects of rows %v, want %v", got, want)
			}
		})
	}
}

func TestDottedNames(t *testing.T) {
	rec := orders(t)
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	columns := columnsOf(t, "customer.address.city", "Nullable(String)")
	blocks, _, facts := readAll(t, object, columns, format.ReadOptions{}, 100)
	if want := wantColumn(t, columns[0], []string{"Oslo", "null", "null", "null"}); !bytes.Equal(blocks[0], want) || len(facts.Missing) > 0 {
		t.Errorf("got %q, want %q", blocks[0], want)
	}
}

func TestWholeRow(t *testing.T) {
	rec := orders(t)
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	columns := append(columnsOf(t, "id", "Int64"), column(t, "row", "String", "$"))
	d, _, facts := readAll(t, object, columns, format.ReadOptions{}, 100)
	compact := strings.NewReplacer("\n", "", "\t", "", ": ", ":", ", ", ",").Replace(ordersJSON)
	for _, row := range strings.Split(strings.Trim(compact, "[]"), "},{\"id\"") {
		row = strings.TrimPrefix(strings.TrimSuffix(row, "}"), `{"id"`)
		if !bytes.Contains(d[0], []byte(row)) {
			t.Errorf("got %s, want %s in it", d[0], row)
		}
	}
	if len(facts.Unknown) > 0 {
		t.Errorf("got unknown %v, want none: the row has them all", facts.Unknown)
	}
}

func TestReject(t *testing.T) {
	rec := orders(t)
	object := objectOf(t, rec.Schema(), format.WriteOptions{RowGroupRows: 3}, []arrow.Record{rec})
	columns := append(columnsOf(t, "id", "Int64", "name", "String", "missing", "Nullable(String)"), column(t, "city", "Nullable(UUID)", "$.customer.address.city"))
	columns[1].Path, _ = schema.ParsePath("$.customer.name")
	blocks, rejects, facts := readAll(t, object, columns, format.ReadOptions{}, 100)
	if !bytes.Contains(blocks[0], []byte("Bob")) || bytes.Contains(blocks[0], []byte("Ann")) {
		t.Errorf("got %q, want Bob's row alone", blocks[0])
	}
	if len(rejects) != 3 {
		t.Fatalf("got %d rejects, want 3", len(rejects))
	}
	r := rejects[0]
	if r.Row != 1 || r.RowGroup != 0 || r.Line != 0 || r.Offset != 0 {
		t.Errorf("got %+v, want row 1 of group 0", r)
	}
	if want := `{"id":1,"customer":{"name":"Ann","address":{"city":"Oslo"}},"items":[{"sku":"a","tags":["x","y"]},{"sku":"b","tags":[]}],"extra":{"k":1}}`; string(r.Raw) != want {
		t.Errorf("got %s, want %s", r.Raw, want)
	}
	if *r.Values[0] != "1" || *r.Values[1] != "Ann" || r.Values[2] != nil || *r.Values[3] != "Oslo" {
		t.Errorf("got values %v", r.Values)
	}
	if e := r.Errors[0]; len(r.Errors) != 1 || e.Column != "city" || e.Code != "not a UUID" || !strings.Contains(e.Detail, "Oslo") {
		t.Errorf("got %+v", r.Errors)
	}
	if rejects[2].Row != 3 || rejects[2].RowGroup != 0 || string(rejects[2].Raw) != `{"id":3,"customer":null,"items":null,"extra":null}` {
		t.Errorf("got %+v %s", rejects[2], rejects[2].Raw)
	}
	if !slices.Equal(facts.Missing, []string{"missing"}) || !slices.Equal(facts.Unknown, []string{"extra", "items"}) {
		t.Errorf("got facts %+v", facts)
	}
}

// TestDefaults: what is missing or null is the table's DEFAULT to fill in.
func TestDefaults(t *testing.T) {
	rec := orders(t)
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	columns := columnsOf(t, "id", "Int64", "age", "Int8")
	columns = append(columns, column(t, "name", "String", "$.customer.name"))
	columns[1].Default, columns[2].Default = true, true
	blocks, rejects, _ := readAll(t, object, columns, format.ReadOptions{}, 100)
	if len(rejects) > 0 {
		t.Fatalf("got reject %+v", rejects[0].Errors)
	}
	if bytes.Contains(blocks[0], []byte("Int8")) || !bytes.Contains(blocks[0], []byte("Nullable(String)")) {
		t.Errorf("got %q, want age left out and name with nulls", blocks[0])
	}
}

func TestRowTooLong(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.BinaryTypes.String}}, nil))
	for i := range 200 {
		b.Field(0).(*array.StringBuilder).Append(strings.Repeat("x", i%100*20))
	}
	rec := b.NewRecord()
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	_, rejects, _ := readAll(t, object, columnsOf(t, "c", "String"), format.ReadOptions{MaxRowBytes: 1900}, 100)
	if len(rejects) != 8 || rejects[0].Errors[0].Code != "row too long" || rejects[0].Errors[0].Column != "" || rejects[0].Row != 97 {
		t.Fatalf("got %d rejects, want 8", len(rejects))
	}
}

// encoded has an encoding of parquet-go's per column.
type encoded struct {
	Delta    int64    `parquet:"delta,delta"`
	Delta32  int32    `parquet:"delta32,delta"`
	Lengths  string   `parquet:"lengths,delta"`
	Split    float64  `parquet:"split,split"`
	Split32  float32  `parquet:"split32,split"`
	Dict     string   `parquet:"dict,dict,lz4"`
	Zip      string   `parquet:"zip,gzip"`
	Maybe    *int64   `parquet:"maybe,optional"`
	Repeated []int64  `parquet:"repeated"`
	Flag     bool     `parquet:"flag"`
	Names    []string `parquet:"names,list"`
}

func TestReadWhatParquetGoWrote(t *testing.T) {
	var rows []encoded
	want := make([][]string, 11)
	for i := range 3000 {
		r := encoded{Delta: int64(i * i * i), Delta32: int32(-i), Lengths: strings.Repeat("x", i%7), Split: float64(i) / 3, Split32: float32(i) / 4,
			Dict: []string{"one", "two", "three"}[i%3], Zip: fmt.Sprint("z", i), Flag: i%5 == 0}
		maybe := "null"
		if v := int64(i); i%3 > 0 {
			r.Maybe, maybe = &v, fmt.Sprint(i)
		}
		for j := range i % 4 {
			r.Repeated = append(r.Repeated, int64(j))
			r.Names = append(r.Names, fmt.Sprint("n", j))
		}
		for c, v := range []string{fmt.Sprint(r.Delta), fmt.Sprint(r.Delta32), r.Lengths, fmt.Sprint(r.Split), fmt.Sprint(r.Split32), r.Dict, r.Zip, maybe,
			"[" + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(r.Repeated)), ","), "[]") + "]", fmt.Sprint(r.Flag), quoted(r.Names)} {
			want[c] = append(want[c], v)
		}
		rows = append(rows, r)
	}
	columns := columnsOf(t, "delta", "Int64", "delta32", "Int32", "lengths", "String", "split", "Float64", "split32", "Float32", "dict", "String",
		"zip", "String", "maybe", "Nullable(Int64)", "repeated", "Array(Int64)", "flag", "Bool", "names", "Array(String)")
	for _, version := range []int{1, 2} {
		var buf bytes.Buffer
		w := pq.NewGenericWriter[encoded](&buf, pq.DataPageVersion(version), pq.PageBufferSize(2000))
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for i, c := range columns {
			blocks, rejects, _ := readAll(t, buf.Bytes(), []format.Column{c}, format.ReadOptions{}, 5000)
			if len(rejects) > 0 {
				t.Fatalf("version %d, column %s: got reject %+v", version, c.Name, rejects[0].Errors)
			}
			if !bytes.Equal(blocks[0], wantColumn(t, c, want[i])) {
				t.Errorf("version %d, column %s: got other values than were written", version, c.Name)
			}
		}
	}
}

func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func TestInfer(t *testing.T) {
	rec := orders(t)
	object := objectOf(t, rec.Schema(), format.WriteOptions{}, []arrow.Record{rec})
	inf, err := Format{}.Infer(context.Background(), inputOf(object), format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"id $.id Int64 4 0", "customer_name $.customer.name Nullable(String) 2 2", "customer_address_city $.customer.address.city Nullable(String) 1 3",
		"items_sku $.items[:].sku Array(Nullable(String)) 3 1", "items_tags $.items[:].tags Array(Array(Nullable(String))) 3 1",
		"extra $.extra Map(String, Nullable(Int64)) 3 1",
	}
	var got []string
	for _, f := range inf.Fields {
		got = append(got, fmt.Sprint(f.Name, " ", f.Path, " ", f.Type, " ", f.Values, " ", f.Nulls))
		if f.Why == "" {
			t.Errorf("%s: got no reason", f.Name)
		}
	}
	if !slices.Equal(got, want) || inf.Rows != 4 {
		t.Errorf("got %d rows and\n%s\nwant 4 and\n%s", inf.Rows, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err := (Format{}).Infer(context.Background(), inputOf([]byte("id,name\n1,Ann and more\n")), format.ReadOptions{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a CSV file: got %v, want an Invalid error", err)
	}
}

// TestInferredColumnsTakeTheFile reads every type with the columns inferred.
func TestInferredColumnsTakeTheFile(t *testing.T) {
	s := everySchema()
	var kept []arrow.Field
	for _, f := range s.Fields() {
		if !strings.HasPrefix(f.Name, "ts_") && !strings.HasPrefix(f.Name, "date") { // their values exceed any table's
			kept = append(kept, f)
		}
	}
	s = arrow.NewSchema(kept, nil)
	object := objectOf(t, s, format.WriteOptions{}, []arrow.Record{everyBatch(s, 3, 300, true)})
	inf, err := Format{}.Infer(context.Background(), inputOf(object), format.ReadOptions{SampleRows: 50})
	if err != nil {
		t.Fatal(err)
	}
	var columns []format.Column
	for _, f := range inf.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
	}
	_, rejects, facts := readAll(t, object, columns, format.ReadOptions{}, 1000)
	if len(rejects) > 0 {
		t.Fatalf("got reject %+v", rejects[0].Errors)
	}
	if len(facts.Missing)+len(facts.Unknown) > 0 || inf.Rows != 50 {
		t.Errorf("got facts %+v after %d rows", facts, inf.Rows)
	}
}
