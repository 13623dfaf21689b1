package ndjson_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/format/ndjson"
	"github.com/longshore/longshore/pkg/schema"
)

var splitColumns = []format.Column{
	{Name: "a", Type: schema.MustParseType("Int8")}, {Name: "b", Type: schema.MustParseType("Nullable(String)")},
}

var splitFiles = []string{
	"", "\n", "{\"a\":1}", "{\"a\":1}\n{\"a\":2}\n", "\xEF\xBB\xBF{\"a\":1}\r\n\r\n  \n{\"a\":1000}\n \t\r\n{\"a\":\n3}",
	"{\"a\":1,\"b\":\"x\\n\\\"y\"}\n\n\n{\"a\":2}\n\xff\n{\"a\":3,\"b\":\"" + "long long long long long long long long long long long long long long" + "\"}\n{}\n{\"a\":4}\n\n",
}

// TestRangesAreTheFile cuts files at every byte.
func TestRangesAreTheFile(t *testing.T) {
	for _, file := range splitFiles {
		for size := 1; size <= len(file)+1; size++ {
			for _, longest := range []int{0, 64} {
				formattest.RangesAreTheFile(t, ndjson.Format{}, []byte(file), splitColumns, format.ReadOptions{MaxRowBytes: longest}, size, 1+size%3)
			}
		}
	}
}

func TestRangesOfRandomFilesAreTheFile(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"\n", "\n", " ", "\r\n", "{\"a\":1}", "{\"a\":2,\"b\":\"x\"}", "{\"a\":", "\"", "\xff", "12345678901234567890"}
	for range 150 {
		var b bytes.Buffer
		for range 1 + rnd.IntN(60) {
			b.WriteString(alphabet[rnd.IntN(len(alphabet))])
		}
		formattest.RangesAreTheFile(t, ndjson.Format{}, b.Bytes(), splitColumns, format.ReadOptions{MaxRowBytes: 30}, 1+rnd.IntN(40), 1+rnd.IntN(3))
	}
}

func FuzzRanges(f *testing.F) {
	for _, file := range splitFiles {
		f.Add([]byte(file), uint16(17), byte(2))
	}
	f.Fuzz(func(t *testing.T, file []byte, size uint16, scanned byte) {
		formattest.RangesAreTheFile(t, ndjson.Format{}, file, splitColumns, format.ReadOptions{MaxRowBytes: 64}, 1+int(size), 1+int(scanned%4))
	})
}
