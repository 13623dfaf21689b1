package window

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestLinesComeOutWhole reads lines through windows whose stream gives a byte,
// half of what is asked for, or an error with its last bytes.
func TestLinesComeOutWhole(t *testing.T) {
	long := strings.Repeat("x", 2*initial)
	for _, text := range []string{"", "a", "a\n", "\n\n", "a\nb", long + "\nb\n" + long, "é\n\xff\n"} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "half": iotest.HalfReader, "data and error": iotest.DataErrReader,
		} {
			w := New(wrap(strings.NewReader(text)), 64<<20)
			var got strings.Builder
			for {
				if err := w.Fill(); err != nil {
					if err != io.EOF {
						t.Fatal(err)
					}
					break
				}
				if w.Offset(w.Pos) != int64(got.Len()) {
					t.Fatalf("%s: offset %d after %d bytes", name, w.Offset(w.Pos), got.Len())
				}
				if got, want := w.Valid, !strings.Contains(string(w.Buf[w.Pos:w.Limit]), "\xff"); got != want {
					t.Errorf("%s: got valid %v, want %v", name, got, want)
				}
				got.Write(w.Buf[w.Pos:w.Limit])
				w.Pos = w.Limit
				if w.Buf[w.End] != '\n' || w.Buf[w.End+Pad-1] != '\n' {
					t.Fatalf("%s: no padding", name)
				}
			}
			want := text
			if want != "" && !strings.HasSuffix(want, "\n") {
				want += "\n"
			}
			if got.String() != want {
				t.Errorf("%s: got %d bytes, want %d", name, got.Len(), len(want))
			}
			if w.Read() != int64(len(text)) {
				t.Errorf("%s: got %d bytes read, want %d", name, w.Read(), len(text))
			}
		}
	}
}

func TestLongLinesAreSkippedWithoutHoldingThem(t *testing.T) {
	w := New(strings.NewReader(strings.Repeat("x", 10*initial)+"\nnext\n"), initial)
	if err := w.Fill(); !errors.Is(err, ErrLong) {
		t.Fatalf("got %v, want ErrLong", err)
	}
	skipped, err := w.SkipLine()
	if err != nil || skipped != 10*initial+1 {
		t.Fatalf("got %d, %v", skipped, err)
	}
	if err := w.Fill(); err != nil || string(w.Buf[w.Pos:w.Limit]) != "next\n" {
		t.Errorf("got %q, %v", w.Buf[w.Pos:w.Limit], err)
	}
	if len(w.Buf) > 4*initial {
		t.Errorf("buffer grew to %d", len(w.Buf))
	}
}

func TestStreamErrorsComeThrough(t *testing.T) {
	broken := errors.New("broken")
	w := New(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), 1<<20)
	if err := w.Fill(); !errors.Is(err, broken) && err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.Pos = w.Limit
		if err := w.Fill(); err != nil {
			if !errors.Is(err, broken) {
				t.Errorf("got %v, want broken", err)
			}
			return
		}
	}
	t.Error("no error")
}
