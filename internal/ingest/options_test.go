package ingest

import (
	"testing"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/format"
)

func TestTheDialectReachesTheDecoder(t *testing.T) {
	yes := true
	in := &def.Import{CSV: def.CSVInput{Delimiter: "|", Quote: "'", Escape: `\`, Null: "nil", Header: &yes, Pad: true}}
	want := format.CSVReadOptions{Delimiter: '|', Quote: '\'', Escape: '\\', Null: "nil", Header: format.HeaderYes, Pad: true}
	if got := readOptions(in).CSV; !sameDialect(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := readOptions(&def.Import{}).CSV; !sameDialect(got, format.CSVReadOptions{}) {
		t.Errorf("got %+v, want the defaults", got)
	}
}

func sameDialect(a, b format.CSVReadOptions) bool {
	a.Fields, b.Fields = nil, nil
	return a.Delimiter == b.Delimiter && a.Quote == b.Quote && a.Escape == b.Escape && a.Null == b.Null && a.Header == b.Header && a.Pad == b.Pad
}

func TestFormatsAreFoundInTheFirstBytes(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "csv",
		"a,b\n1,2\n":           "csv",
		"[id],[name]\n1,x\n":   "csv",
		"{\"a\":1}\n":          "ndjson",
		"\ufeff\n {\"a\":1}\n": "ndjson",
		"[\n {\"a\":1}\n]":     "ndjson",
		"PAR1\x15\x04":         "parquet",
	} {
		if got := guess([]byte(text)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
