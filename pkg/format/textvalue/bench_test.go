package textvalue

import (
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/schema"
)

func BenchmarkParse(b *testing.B) {
	for _, v := range []struct{ typ, text string }{
		{"Int64", "1234567890"}, {"Float64", "0.4821"}, {"Decimal(12, 2)", "12345.67"}, {"Bool", "true"}, {"String", "customer001234@example.com"},
		{"Date", "2024-02-29"}, {"DateTime", "2024-02-29 12:34:56"}, {"DateTime64(6)", "2024-02-29T12:34:56.123456Z"}, {"UUID", "0a0b0c0d-0000-4000-8000-0123456789ab"},
	} {
		b.Run("type="+v.typ, func(b *testing.B) {
			t := schema.MustParseType(v.typ)
			c, parse, text := block.NewColumn("v", t), For(t), []byte(v.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i&0xFFFF == 0 {
					c.Reset()
				}
				if p := parse(c, text); p != OK {
					b.Fatal(p)
				}
			}
		})
	}
}
