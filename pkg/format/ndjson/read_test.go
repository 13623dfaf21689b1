package ndjson

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/schema"
)

func TestReader(t *testing.T) {
	formattest.Read(t, formattest.Reading{Reader: Format{}, File: ndjsonFile})
}

func ndjsonFile(t testing.TB, columns []format.Column, rows [][]*string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, row := range rows {
		b.WriteByte('{')
		for i, v := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			name, _ := json.Marshal(columns[i].Name)
			b.Write(append(name, ':'))
			k := columns[i].Type.Base().Kind
			switch {
			case v == nil:
				b.WriteString("null")
			case k == schema.Bool || k.IsInteger() || k.IsFloat() || k == schema.Decimal:
				b.WriteString(*v)
			default:
				text, err := json.Marshal(*v)
				if err != nil {
					t.Fatal(err)
				}
				b.Write(text)
			}
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

// TestOtherLayoutsAreNamed: what is JSON but no object per line is an error of
// the file that says so, rather than rejects of every line.
func TestOtherLayoutsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"[{\"a\":1},{\"a\":2}]":        "a JSON array",
		"\ufeff \n[\n{\"a\":1}\n]":     "a JSON array",
		"{\"a\":1}\r{\"a\":2}\r":       "carriage return alone",
		"{\"a\":1}\r\n{\"a\":2}\r\n":   "",
		"{\"a\":\"}\\r{\"}\n":          "",
		"\xff\xfe{\x00\"\x00a\x00\"":   "UTF-16",
		"PAR1\x15\x04\x15\x00\x15\x00": "Parquet",
	} {
		in := format.Input{Name: "f.json", Stream: strings.NewReader(text)}
		d, err := Format{}.Decoder(context.Background(), in, columnsOf("a Int32"), format.ReadOptions{})
		if want == "" {
			if err != nil {
				t.Errorf("%q: got %v", text, err)
			} else {
				d.Close()
			}
			continue
		}
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "f.json") {
			t.Errorf("%q: got %v, want an error of kind invalid that says %q", text, err, want)
		}
	}
}
