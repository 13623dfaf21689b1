package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/compress"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
)

var idSchema = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "note", Type: arrow.BinaryTypes.String}}, nil)

func idRows(t *testing.T, mem memory.Allocator, from, n int) arrow.Record {
	b := array.NewRecordBuilder(mem, idSchema)
	defer b.Release()
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(from + i))
		b.Field(1).(*array.StringBuilder).Append("x")
	}
	rec := b.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}

// uploading is a bucket that counts what is on its way.
type uploading struct {
	*counting
	began chan struct{} // one per piece
	hold  chan struct{} // closed when pieces may arrive
}

func (u *uploading) CreateUpload(context.Context, string, objstore.PutOptions) (string, error) {
	return "u", nil
}

func (u *uploading) UploadPiece(ctx context.Context, key, id string, number int32, body []byte) (objstore.Piece, error) {
	u.began <- struct{}{}
	<-u.hold
	return u.counting.UploadPiece(ctx, key, id, number, body)
}

// newOutputs returns the outputs of part 0 of a run in mode diff.
func newOutputs(t *testing.T, destination def.Destination, b Bucket) *outputs {
	t.Helper()
	l := ledgertest.New(t, nil)
	project := &def.Project{Models: map[string]*def.Model{"m": {ID: "m", Name: "m"}}}
	r, err := l.Create(t.Context(), ledger.Subject{Kind: ledger.Export, Name: "s"}, "", ledger.Trigger{By: "manual"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if r, err = l.UpdateRun(t.Context(), r.ID, func(r *ledger.Run) error { r.Epoch = 1; return nil }); err != nil {
		t.Fatal(err)
	}
	destination.Path, destination.Format = "x.csv", def.CSV
	j := &job{sync: &def.Sync{Name: "s", ID: "s", Model: "m", Mode: def.DiffAll, Destination: destination}, bucket: b}
	if j.format, err = formats.Writer("csv"); err != nil {
		t.Fatal(err)
	}
	j.opts.CSV.LineEnding = "\n"
	if j.names, err = newNaming(project, j.sync, r, j.format.Traits(), compress.None); err != nil {
		t.Fatal(err)
	}
	e := &Export{ledger: l, log: zap.NewNop()}
	o, err := e.outputs(t.Context(), run.Part{Run: r, Plan: ledger.Plan{Epoch: 1, Parts: 1}, Attempt: "a", Meter: new(run.Meter)}, j, idSchema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.abort)
	return o
}

func (o *outputs) tail(t *testing.T, s segment) string {
	t.Helper()
	body, err := o.ledger.Tail(t.Context(), o.part.Run.ID, 1, s.Tail)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Rows of each op go into objects of that op; an op without rows has none.
func TestOpsHaveObjectsOfTheirOwn(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	tests := []struct {
		name  string
		batch def.Batch
		want  []string // object, rows and body
	}{
		{"one each", def.Batch{}, []string{`0 5 "1,x\n2,x\n7,x\n8,x\n9,x\n"`, `2 2 "3,x\n4,x\n"`}},
		{"by rows", def.Batch{Rows: 2}, []string{`3 2 "id,note\n1,x\n2,x\n"`, `6 2 "id,note\n7,x\n8,x\n"`, `9 1 "id,note\n9,x\n"`, `5 2 "id,note\n3,x\n4,x\n"`}},
		{"by bytes", def.Batch{Bytes: 20}, []string{`3 3 "id,note\n1,x\n2,x\n7,x\n"`, `6 2 "id,note\n8,x\n9,x\n"`, `5 2 "id,note\n3,x\n4,x\n"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOutputs(t, def.Destination{Batch: tt.batch}, &counting{sizes: map[int32]int{}})
			for _, w := range []struct{ op, from, n int }{{0, 1, 2}, {2, 3, 2}, {1, 0, 0}, {0, 7, 3}} {
				if err := o.write(w.op, idRows(t, mem, w.from, w.n)); err != nil {
					t.Fatal(err)
				}
			}
			segments, err := o.finish()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range segments {
				got = append(got, fmt.Sprintf("%d %d %q", s.Object, s.Rows, o.tail(t, s)))
				if s.Whole != (tt.batch != def.Batch{}) || s.Size != int64(len(o.tail(t, s))) {
					t.Errorf("got %+v", s)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
	t.Cleanup(func() { mem.AssertSize(t, 0) })
}

// Nothing of an attempt that gave up is on its way when abort returns, and no
// row is held any more.
func TestAbortWaitsForUploads(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) }) // after the records' own release
	b := &uploading{counting: &counting{sizes: map[int32]int{}}, began: make(chan struct{}, 100), hold: make(chan struct{})}
	o := newOutputs(t, def.Destination{Batch: def.Batch{Bytes: 1 << 30}}, b)
	for i := 0; len(b.began) == 0; i++ {
		if err := o.write(1, idRows(t, mem, i*100_000, 100_000)); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan struct{})
	go func() { defer close(ended); o.abort() }()
	select {
	case <-ended:
		t.Error("abort returned while a piece was on its way")
	default:
	}
	close(b.hold)
	<-ended
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.sizes) != len(b.began) {
		t.Errorf("%d of %d pieces had arrived when abort returned", len(b.sizes), len(b.began))
	}
}

// A failure of an upload reaches whoever pushes rows.
func TestAFailedUploadStopsWriting(t *testing.T) {
	no := errors.New("no")
	b := &uploading{counting: &counting{sizes: map[int32]int{}, fail: no}, began: make(chan struct{}, 100), hold: make(chan struct{})}
	close(b.hold)
	o := newOutputs(t, def.Destination{}, b)
	rec := idRows(t, memory.DefaultAllocator, 0, 100_000)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = o.write(0, rec)
	}
	if !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
}

func TestNamesOfObjects(t *testing.T) {
	tests := []struct {
		name, path string
		mode       def.Mode
		batch      def.Batch
		want       string // keys of the first six objects that exist
	}{
		{"all", "x.csv", def.All, def.Batch{}, "x.csv"},
		{"all, named", "{op}/x.csv", def.All, def.Batch{}, "all/x.csv"},
		{"insert", "{op}/x.csv", def.Insert, def.Batch{}, "added/x.csv"},
		{"diff", "x.csv", def.DiffAll, def.Batch{}, "x-added.csv x-changed.csv x-removed.csv"},
		{"batched", "x.csv", def.All, def.Batch{Rows: 1}, "x-00001.csv x-00002.csv"},
		{"batched diff", "x.csv", def.DiffAll, def.Batch{Bytes: 1}, "x-added-00001.csv x-changed-00001.csv x-removed-00001.csv x-added-00002.csv x-changed-00002.csv x-removed-00002.csv"},
	}
	project := &def.Project{Models: map[string]*def.Model{"m": {ID: "m", Name: "m"}}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sync := &def.Sync{ID: "s", Model: "m", Mode: tt.mode, Destination: def.Destination{Path: tt.path, Batch: tt.batch}}
			n, err := newNaming(project, sync, ledger.Run{ID: "R"}, formats.Writers()[0].Traits(), compress.None)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := n.check(); err != nil {
				t.Error(err)
			}
			var got []string
			for number := range 2 {
				for op := range n.ops {
					object := n.first(op) + number*len(n.ops)
					key, err := n.key(object)
					if err != nil || n.op(object) != op {
						t.Errorf("object %d: op %d, %v", object, n.op(object), err)
					}
					if number == 0 || n.batched {
						got = append(got, key)
					}
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
