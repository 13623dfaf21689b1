package csv

import (
	"strings"
	"testing"

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
