package ndjson

import (
	"bytes"
	"encoding/json"
	"testing"

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
