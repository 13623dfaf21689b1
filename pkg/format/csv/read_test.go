package csv

import (
	"context"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
)

func TestReader(t *testing.T) {
	formattest.Read(t, formattest.Reading{Reader: Format{}, File: csvFile})
}

func csvFile(_ testing.TB, columns []format.Column, rows [][]*string) []byte {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.Name)
	}
	b.WriteByte('\n')
	for _, row := range rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if v != nil {
				b.WriteString(`"` + strings.ReplaceAll(*v, `"`, `""`) + `"`)
			}
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// TestCarriageReturns: a file whose lines end in carriage returns alone would be
// nothing but a header. One that has them in its fields is read.
func TestCarriageReturns(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		fails      bool
	}{
		{"alone", "a,b\r1,x\r2,y\r", true},
		{"alone, quoted", "\"a\",\"b\"\r\"1\",\"x\"\r", true},
		{"before line feeds", "a,b\r\n1,x\r\n", false},
		{"a header without its line feed", "a,b\r", false},
		{"in a field", "a,b\n1,x\ry\n", false},
		{"in quotes", "a,b,\"c\rd\"\n", false},
		{"in a field of a later line", "a,b\n\"1\",x\r", false},
	} {
		in := format.Input{Name: "mac.csv", Stream: strings.NewReader(tt.text)}
		d, err := Format{}.Decoder(context.Background(), in, columnsOf("a Int32;b String"), format.ReadOptions{})
		if fault.Is(err, fault.Invalid) != tt.fails || err != nil && !strings.Contains(err.Error(), "mac.csv") {
			t.Errorf("%s: got %v, want an error: %v", tt.name, err, tt.fails)
		}
		if err == nil {
			d.Close()
		}
	}
}
