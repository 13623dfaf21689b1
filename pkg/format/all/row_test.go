package all_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// A row that was rejected is read again by where it is: as it was rejected, and
// where that was cut, to its end.
func TestARejectedRowIsReadAgain(t *testing.T) {
	long := strings.Repeat("ü\t", textvalue.MaxRaw)
	for _, tt := range []struct {
		name, format, file string
		rows               []string
	}{
		{"csv", "csv", "v;s\r\n1;a\r\nx;\"b\n\"\"\"\r\ny;\"" + long + "\n;\"\n\n2;a\nz;end", []string{"x;\"b\n\"\"\"", "y;\"" + long + "\n;\"", "z;end"}},
		{"csv of open quotes", "csv", "v;s\n1;a\nx;\"b\n1;" + long + "\"\nlast;\"" + long, []string{"x;\"b\n1;" + long + "\"", "last;\"" + long}},
		{"ndjson", "ndjson", `{"v":1,"s":"a"}` + "\n\n" + `{"v":"x","s":"` + long + `"}` + "\r\n[" + long + "\n", []string{`{"v":"x","s":"` + long + `"}`, "[" + long}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reader, err := all.Reader(tt.format)
			if err != nil {
				t.Fatal(err)
			}
			columns := []format.Column{{Name: "v", Type: schema.MustParseType("Int32")}, {Name: "s", Type: schema.MustParseType("String")}}
			opts := format.ReadOptions{CSV: format.CSVReadOptions{Delimiter: ';'}}
			d, err := reader.Decoder(t.Context(), format.Input{Name: "f", Stream: strings.NewReader(tt.file)}, columns, opts)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			var b block.Block
			if _, err := d.Next(&b, 100); err != nil {
				t.Fatal(err)
			}
			row := func(from int64, opts format.ReadOptions) ([]byte, error) {
				return reader.(format.RowReader).Row(t.Context(), format.Input{Name: "f", Stream: strings.NewReader(tt.file[from:])}, 0, opts)
			}
			var got []string
			for _, r := range d.Rejected() {
				text, err := row(r.Offset, opts)
				if err != nil || !bytes.HasPrefix(text, r.Raw) || len(r.Raw) < textvalue.MaxRaw && len(text) != len(r.Raw) {
					t.Errorf("row %d: got %d bytes %.30q, %v; want %d %.30q", r.Row, len(text), text, err, len(r.Raw), r.Raw)
				}
				got = append(got, string(text))
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.rows) {
				t.Errorf("got %.60q, want %.60q", got, tt.rows)
			}
			last := d.Rejected()[len(got)-1]
			opts.MaxRowBytes = len(got[len(got)-1]) / 2
			if _, err := row(last.Offset, opts); len(last.Raw) == textvalue.MaxRaw && !errors.Is(err, format.ErrRowTooLong) {
				t.Errorf("a row that is too long: got %v", err)
			}
			if _, err := row(int64(len(tt.file)), opts); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("behind the end: got %v, want an error that says so", err)
			}
		})
	}
}
