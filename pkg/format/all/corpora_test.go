//go:build prove

package all_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/compress"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
)

// TestForeignCorpora reads every file below the folder LONGSHORE_CORPORA, with
// the columns that are inferred from it, and prints what became of it. A file may
// be read or refused; it must not crash, hang, take memory without bound, or fail
// with an error that blames somebody else than the file. LONGSHORE_SPOIL is how
// many spoilt copies of each are read as well.
func TestForeignCorpora(t *testing.T) {
	root := os.Getenv("LONGSHORE_CORPORA")
	if root == "" {
		t.Fatal("LONGSHORE_CORPORA names no folder")
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		if reader := readerFor(path); reader != nil {
			name, _ := filepath.Rel(root, path)
			t.Run(name, func(t *testing.T) {
				readForeign(t, reader, path)
				readSpoilt(t, reader, path, number("LONGSHORE_SPOIL", 0))
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readerFor chooses by the file's name, or returns nil.
func readerFor(path string) format.Reader {
	name := strings.TrimRight(filepath.Base(path), ".gzbx2stdn")
	for _, r := range all.Readers() {
		kind := r.Traits().Name
		if strings.Contains(name+".", "."+kind+".") || kind == "ndjson" && strings.Contains(filepath.Ext(path), "json") || kind == "parquet" && strings.Contains(path, ".parq") {
			return r
		}
	}
	return nil
}

func readForeign(t *testing.T, reader format.Reader, path string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	rows, rejects, err := inferAndRead(reader, content)
	runtime.ReadMemStats(&after)
	outcome := fmt.Sprintf("%d rows", rows)
	if len(rejects) > 0 {
		outcome += fmt.Sprintf(", %d rejected, the first: %s", len(rejects), rejects[0].Errors[0].Detail)
	}
	if err != nil {
		outcome += ", " + err.Error()
	}
	t.Log(outcome)
	if err != nil && !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want an Invalid error", err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > uint64(64*len(content))+1<<29 {
		t.Errorf("allocated %d MiB for %d bytes", got>>20, len(content))
	}
}

// readSpoilt reads copies of a file that have a few other bytes, as often in the
// last quarter, where Parquet has its footer, as elsewhere. It says by which
// number a copy is made again.
func readSpoilt(t *testing.T, reader format.Reader, path string, copies int) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) == 0 || len(content) > 64<<10 {
		return
	}
	for n := range copies {
		rnd := rand.New(rand.NewPCG(uint64(n), uint64(len(content))))
		spoilt := bytes.Clone(content)
		for range 1 + rnd.IntN(3) {
			from := rnd.IntN(2) * len(content) * 3 / 4
			at := from + rnd.IntN(len(content)-from)
			if rnd.IntN(2) == 0 {
				spoilt[at] ^= 1 << rnd.IntN(8)
			} else {
				spoilt[at] = []byte{0, 1, 0x7f, 0x80, 0xff, byte(rnd.Uint32())}[rnd.IntN(6)]
			}
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("copy %d: %v\n%s", n, p, debug.Stack())
				}
			}()
			if _, _, err := inferAndRead(reader, spoilt); err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("copy %d: got %v, want an Invalid error", n, err)
			}
		}()
	}
}

// inferAndRead reads a file's content to its end with the columns it seems to have.
func inferAndRead(reader format.Reader, content []byte) (rows int, rejects []format.Reject, err error) {
	open := func() (format.Input, error) {
		plain, _, err := compress.NewReader(bytes.NewReader(content))
		return format.Input{Name: "file", Stream: plain, At: bytes.NewReader(content), Size: int64(len(content))}, err
	}
	in, err := open()
	if err != nil {
		return 0, nil, err
	}
	inference, err := reader.Infer(context.Background(), in, format.ReadOptions{})
	if err != nil {
		return 0, nil, fmt.Errorf("infer: %w", err)
	}
	var columns []format.Column
	for _, f := range inference.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
	}
	if in, err = open(); err != nil {
		return 0, nil, err
	}
	d, err := reader.Decoder(context.Background(), in, columns, format.ReadOptions{})
	if err != nil {
		return 0, nil, err
	}
	defer d.Close()
	for b := new(block.Block); ; {
		_, err := d.Next(b, 10_000)
		if errors.Is(err, io.EOF) {
			return rows, rejects, nil
		}
		if err != nil {
			return rows, rejects, err
		}
		rows += b.Rows()
		rejects = append(rejects, d.Rejected()...)
	}
}
