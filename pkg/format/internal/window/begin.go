package window

import (
	"bytes"

	"github.com/longshore/longshore/pkg/fault"
)

// SkipBOM moves Pos behind the byte order mark of UTF-8 if the file begins with
// one. The error is Invalid if the file is UTF-16 or UTF-32, or no text at all.
func (w *Window) SkipBOM() error {
	head := w.Buf[w.Pos:w.End]
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		w.Pos += 3
		return nil
	}
	if name := wideText(head); name != "" {
		return fault.WithRemedy(fault.New(fault.Invalid, "the text is %s, want UTF-8", name), "convert it: iconv -f %s -t UTF-8", name)
	}
	head = head[:min(len(head), 64)]
	for _, b := range binaries {
		if bytes.HasPrefix(head, []byte(b.magic)) && bytes.ContainsFunc(head, isControl) {
			return fault.New(fault.Invalid, "the file is %s, not text", b.name)
		}
	}
	return nil
}

// binaries is the first bytes of files that end up under a text's name. They may
// begin a text too: a control character among the first bytes decides.
var binaries = []struct{ magic, name string }{
	{"PAR1", "Parquet"}, {"PARE", "encrypted Parquet"}, {"ORC", "ORC"}, {"Obj\x01", "Avro"},
	{"ARROW1", "Arrow"}, {"SQLite format 3", "a SQLite database"}, {"%PDF-", "PDF"},
}

func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// wideText returns the name of the encoding of a text whose characters have more
// bytes than one, by its byte order mark or the zeros of its first ASCII letters.
func wideText(head []byte) string {
	zero := func(i int) bool { return head[i] == 0 }
	switch {
	case len(head) >= 4 && (string(head[:4]) == "\xFF\xFE\x00\x00" || string(head[:4]) == "\x00\x00\xFE\xFF"):
		return "UTF-32"
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return "UTF-16"
	case len(head) < 8:
		return ""
	case zero(0) && !zero(1) && zero(2) && !zero(3) && zero(4) && !zero(5):
		return "UTF-16BE"
	case !zero(0) && zero(1) && !zero(2) && zero(3) && !zero(4) && zero(5):
		return "UTF-16LE"
	}
	return ""
}
