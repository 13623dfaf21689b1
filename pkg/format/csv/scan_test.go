package csv_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/csv"
	"github.com/longshore/longshore/pkg/format/formattest"
	"github.com/longshore/longshore/pkg/schema"
)

func typed(names ...string) (columns []format.Column) {
	for _, name := range names {
		name, typ, _ := strings.Cut(name, " ")
		columns = append(columns, format.Column{Name: name, Type: schema.MustParseType(typ)})
	}
	return columns
}

// splitFiles are files whose quotes stand where a reader from the middle is misled.
var splitFiles = []string{
	"", "\n", "a,b\n", "a,b\n1,x", "a,b\n1,x\n2,y\n", "\xEF\xBB\xBFa,b\n1,x\n", "\n\na,b\n\n1,x\n\n\r\n2,y\n",
	"a,b\n1,\"x\ny\"\n2,\"\n\"\n3,\"\n,\"\n4,\"a\"\"\nb\"\n",
	"a,b\r\n1,\"x\r\ny\"\r\n2,\"z\"\r\n\r\n3,\"\"\"\r\n\"\"\"\r\n",
	"a,b\n1,\"never closed\n2,x\n3,y\n4,\"z\"\n5,v\n",
	"a,b\n1,\"text\" after\n2,\"more\n\" after\n3,x\n4,\"\nlines\n\n\" after\n5,y\n",
	"a,b\n1,\"\"\",\"\"\n\"\",\"\"\"\n2,\"\"\"\n\"\"\"\n3,x\n",
	"a,b\n1,in\"side\n2,\"x\",\n\"3\",\"\n4,\n\"\n5,\"\"\n",
	"a,b\n\"1\",\"1,x\n2,y\n\"\"3\"\",\"\"z\"\"\n4,\"\"\n\"\"\n5,v\"\n6,w\n",
	"a,b\n1,x\ry\n2,\"x\"\ry\n3,\"x\"\r\r\n4,\r\n5,\"\r\"\r\n",
	"a,b\n" + strings.Repeat("1,"+strings.Repeat("y", 30)+"\n2,\"z\n\"\n", 3) + "3,\"" + strings.Repeat("long\n", 12) + "\"\n4,v\n5,\"" + strings.Repeat("x", 70) + "\n6,u\n",
}

// TestRangesAreTheFile cuts files at every byte.
func TestRangesAreTheFile(t *testing.T) {
	for _, file := range splitFiles {
		for _, columns := range [][]format.Column{typed("a Int8", "b String"), typed("b String", "c Int8")} {
			for _, opts := range []format.ReadOptions{
				{}, {CSV: format.CSVReadOptions{Header: format.HeaderNo}}, {MaxRowBytes: 64}, {CSV: format.CSVReadOptions{Escape: '\\', Delimiter: ','}},
			} {
				for size := 1; size <= len(file)+1; size++ {
					formattest.RangesAreTheFile(t, csv.Format{}, []byte(file), columns, opts, size, 1+size%3)
					if t.Failed() {
						t.FailNow()
					}
				}
			}
		}
	}
}

// TestRangesOfRandomFilesAreTheFile is over files of few characters, most of
// which mean something.
func TestRangesOfRandomFilesAreTheFile(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	rescans := 0
	for i := range 1500 {
		alphabet := []string{"\"", "\"", ",", "\n", "\n", "a", "1", "\r\n", "\\", "\"\"", "\",\"", "\xff"}
		var b bytes.Buffer
		for range 1 + rnd.IntN(120) {
			b.WriteString(alphabet[rnd.IntN(len(alphabet))])
		}
		opts := format.ReadOptions{MaxRowBytes: 8 + rnd.IntN(120), CSV: format.CSVReadOptions{Delimiter: ','}}
		if i%3 == 0 {
			opts.CSV.Escape = '\\'
		}
		if i%2 == 0 {
			opts.CSV.Header = format.HeaderNo
		}
		columns := [][]format.Column{typed("a Int8", "b String"), typed("a String"), typed("a Nullable(Int8)", "b String", "c String")}[i%3]
		rescans += formattest.RangesAreTheFile(t, csv.Format{}, b.Bytes(), columns, opts, 1+rnd.IntN(40), 1+rnd.IntN(3))
		if t.Failed() {
			t.FailNow()
		}
	}
	if rescans == 0 {
		t.Error("no guess was ever wrong: the files are too tame")
	}
}

// TestRangesOfALargeFileAreTheFile is over a file that doesn't fit into a window.
func TestRangesOfALargeFileAreTheFile(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("a,b\n")
	for i := range 40_000 {
		switch i % 50 {
		case 7:
			fmt.Fprintf(&b, "%d,\"two\nlines, \"\"quoted\"\"\n%s\"\n", i%100, strings.Repeat("row,\"\"x\"\"\n", i%90))
		case 11:
			fmt.Fprintf(&b, "%d,\"text\" after\n", i)
		case 13:
			b.WriteString("\n")
		default:
			fmt.Fprintf(&b, "%d,plain %d\n", i%100, i)
		}
	}
	for _, size := range []int{100_000, 333_333, 1 << 20} {
		formattest.RangesAreTheFile(t, csv.Format{}, b.Bytes(), typed("a Int8", "b String"), format.ReadOptions{MaxRowBytes: 1 << 20}, size, 2)
	}
}

func FuzzRanges(f *testing.F) {
	for _, file := range splitFiles {
		f.Add([]byte(file), uint16(17), byte(2), byte(0))
	}
	f.Fuzz(func(t *testing.T, file []byte, size uint16, scanned, dialect byte) {
		opts := format.ReadOptions{MaxRowBytes: 64, CSV: format.CSVReadOptions{Delimiter: ','}}
		if dialect&1 != 0 {
			opts.CSV.Escape = '\\'
		}
		if dialect&2 != 0 {
			opts.CSV.Header = format.HeaderNo
		}
		formattest.RangesAreTheFile(t, csv.Format{}, file, typed("a Int8", "b String"), opts, 1+int(size), 1+int(scanned%4))
	})
}
