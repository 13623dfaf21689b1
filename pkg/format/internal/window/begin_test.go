package window

import (
	"fmt"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

func TestWhatIsNoTextIsNamed(t *testing.T) {
	for _, tt := range []struct{ name, begins, want string }{
		{"text", "a,b\n1,2\n", ""},
		{"byte order mark", "\ufeffa,b\n", ""},
		{"a header of that name", "PAR1,ORC\n1,2\n", ""},
		{"utf-16 little", "\xff\xfea\x00,\x00b\x00", "UTF-16"},
		{"utf-16 big", "\xfe\xff\x00a\x00,", "UTF-16"},
		{"utf-16 without a mark", "a\x00,\x00b\x00\n\x00", "UTF-16LE"},
		{"utf-16 big without a mark", "\x00a\x00,\x00b\x00\n", "UTF-16BE"},
		{"utf-32", "\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"},
		{"a zero in a text", "a,b\nx\x00y,1\n", ""},
		{"parquet", "PAR1\x15\x04\x15\x10", "Parquet"},
		{"avro", "Obj\x01\x04\x14avro.codec", "Avro"},
		{"orc", "ORC\x11\x00\x00\x0a", "ORC"},
		{"arrow", "ARROW1\x00\x00\xff\xff", "Arrow"},
	} {
		w := New(strings.NewReader(tt.begins), 1<<20)
		if err := w.Fill(); err != nil {
			t.Fatal(err)
		}
		err := w.SkipBOM()
		if tt.want == "" && err != nil || tt.want != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), tt.want)) {
			t.Errorf("%s: got %v, want an error of kind invalid that names %q", tt.name, err, tt.want)
		}
	}
}
