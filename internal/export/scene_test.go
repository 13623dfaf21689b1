package export_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/connection"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/format"
	formats "github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// scene is one run of a sync on a real ledger, database and store. Each process
// that takes part in the run is an Export of its own, which can be told to die.
type scene struct {
	t     *testing.T
	pg    string
	state *s3.Bucket
	data  *s3.Bucket
	// formats returns the writer of a format.
	formats func(name string) (format.Writer, error)
	cfg     export.Config
	opened  *opened // keeps the uploads that processes open; nil keeps none

	ledger *ledger.Ledger // of a process that doesn't die
	run    ledger.Run
	plan   ledger.Plan
}

// newScene plans a run of the model, whose SQL is given, with a destination of
// these lines. Its only part is planned as often as parts says.
func newScene(t *testing.T, sql, destination string, parts int) *scene {
	t.Helper()
	store := servertest.MinIO(t)
	state, data := store.NewBucket(t), store.NewBucket(t)
	s := &scene{t: t, pg: servertest.Postgres(t), state: ledgertest.Bucket(t, store, state), data: ledgertest.Bucket(t, store, data), formats: formats.Writer}
	s.ledger = ledger.New(s.state, "", nil)
	s.exec("create sequence knob")
	project, err := s.ledger.SaveProject(t.Context(), map[string][]byte{
		"connections/minio.connection": fmt.Appendf(nil, "TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_BUCKET %s\nS3_PATH_STYLE true\n",
			store.Endpoint, store.Region, store.AccessKey, store.Secret, data),
		"connections/postgres.connection": fmt.Appendf(nil, "TYPE postgres\nPOSTGRES_URL %s\n", s.pg),
		"models/orders.yaml":              fmt.Appendf(nil, "connection: postgres\nsql: %s\nprimary_key: id\n", sql),
		"syncs/orders.yaml":               fmt.Appendf(nil, "model: orders\nmode: all\ndestination:\n  connection: minio\n%s", destination),
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	if s.run, err = s.ledger.Create(t.Context(), ledger.Subject{Kind: ledger.Export, Name: "orders"}, project.ID, ledger.Trigger{By: "manual"}, ""); err != nil {
		t.Fatal(err)
	}
	s.planned(parts)
	return s
}

func (s *scene) planned(parts int) {
	s.t.Helper()
	work, err := s.process(nil).Plan(s.t.Context(), s.run)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { work.Hold.Close() })
	for len(work.Parts) < parts {
		work.Parts = append(work.Parts, work.Parts[0])
	}
	work.Plan.Epoch, work.Plan.Parts = 1, len(work.Parts)
	if err := s.ledger.SavePlan(s.t.Context(), s.run.ID, work.Plan, work.Parts); err != nil {
		s.t.Fatal(err)
	}
	s.plan = work.Plan
	s.run, err = s.ledger.UpdateRun(s.t.Context(), s.run.ID, func(r *ledger.Run) error {
		r.State, r.Epoch, r.Parts = ledger.Running, 1, len(work.Parts)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) exec(statement string) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.pg)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(s.t.Context())
	if _, err := conn.Exec(s.t.Context(), statement); err != nil {
		s.t.Fatal(err)
	}
}

// process is a process with nothing in memory. Every write to a bucket asks
// deny first; nil never says no.
func (s *scene) process(deny func(op string) (before, after error)) *export.Export {
	l := ledger.New(&store{s.state, deny, s.opened}, "", nil)
	doors := connection.New(l, connection.Secrets{}, "")
	s.t.Cleanup(func() { doors.Close() })
	return export.New(l, export.Doors{
		Project: doors.Project, Source: doors.Source, Format: s.formats,
		Bucket: func(ctx context.Context, c *def.Connection, name string) (export.Bucket, error) {
			b, err := doors.Bucket(ctx, c, name)
			return &store{b, deny, s.opened}, err
		},
	}, s.cfg, zap.NewNop())
}

// part does a part in a process.
func (s *scene) part(e *export.Export, index int, attempt string) (ledger.PartManifest, error) {
	return s.partIn(s.t.Context(), e, index, attempt)
}

func (s *scene) partIn(ctx context.Context, e *export.Export, index int, attempt string) (ledger.PartManifest, error) {
	totals, output, err := e.Part(ctx, run.Part{Run: s.run, Plan: s.plan, Index: index, Attempt: attempt, Meter: new(run.Meter)})
	return ledger.PartManifest{Part: index, Attempt: attempt, Totals: totals, Output: output}, err
}

// parts does all parts.
func (s *scene) parts() []ledger.PartManifest {
	s.t.Helper()
	e := s.process(nil)
	var done []ledger.PartManifest
	for i := range s.plan.Parts {
		m, err := s.part(e, i, "whole")
		if err != nil {
			s.t.Fatal(err)
		}
		done = append(done, m)
	}
	return done
}

// body reads the object; it is nil where there is none.
func (s *scene) body(key string) []byte {
	s.t.Helper()
	for range s.data.List(s.t.Context(), key, "") {
		body, _, err := s.data.Get(s.t.Context(), key)
		if err != nil {
			s.t.Fatal(err)
		}
		return body
	}
	return nil
}

// bodies reads all objects.
func (s *scene) bodies() map[string][]byte {
	s.t.Helper()
	all := map[string][]byte{}
	for obj, err := range s.data.List(s.t.Context(), "", "") {
		if err != nil {
			s.t.Fatal(err)
		}
		if all[obj.Key], _, err = s.data.Get(s.t.Context(), obj.Key); err != nil {
			s.t.Fatal(err)
		}
	}
	return all
}

// spoil is a late twin that writes over the first piece of an object of a
// batched run.
func (s *scene) spoil(object int) {
	s.t.Helper()
	upload, err := s.ledger.Upload(s.t.Context(), s.run.ID, 1, object)
	if err != nil {
		s.t.Fatal(err)
	}
	key := fmt.Sprintf("orders-%05d.csv", object)
	if _, err := s.data.UploadPiece(s.t.Context(), key, upload, 1, bytes.Repeat([]byte("late\n"), 2<<20)); err != nil {
		s.t.Fatal(err)
	}
}

// uploads counts the open uploads of a key.
func (s *scene) uploads(key string) int {
	s.t.Helper()
	n := 0
	for _, err := range s.data.ListUploads(s.t.Context(), key) {
		if err != nil {
			s.t.Fatal(err)
		}
		n++
	}
	return n
}

// pieces counts the pieces in open uploads of a key: what somebody pays for.
func (s *scene) pieces(key string) int {
	s.t.Helper()
	n := 0
	for u, err := range s.data.ListUploads(s.t.Context(), key) {
		if err != nil {
			s.t.Fatal(err)
		}
		pieces, err := s.data.ListPieces(s.t.Context(), key, u.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		n += len(pieces)
	}
	return n
}

// store is a real bucket that says no when deny does: before a call, which then
// isn't made, or after it, so that its answer is lost.
type store struct {
	*s3.Bucket
	deny   func(op string) (before, after error)
	opened *opened
}

// opened is the uploads that were opened, whoever knows of them.
type opened struct {
	mu  sync.Mutex
	all []openedUpload
}

type openedUpload struct {
	bucket  *s3.Bucket
	key, id string
}

func (o *opened) add(u openedUpload) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, u)
}

func guard[T any](b *store, op string, do func() (T, error)) (T, error) {
	if b.deny == nil {
		return do()
	}
	before, after := b.deny(op)
	if before != nil {
		var none T
		return none, before
	}
	v, err := do()
	if after != nil {
		return v, after
	}
	return v, err
}

func (b *store) Get(ctx context.Context, key string) ([]byte, objstore.Object, error) {
	var obj objstore.Object
	body, err := guard(b, "get "+key, func() (body []byte, err error) {
		body, obj, err = b.Bucket.Get(ctx, key)
		return body, err
	})
	return body, obj, err
}

func (b *store) Put(ctx context.Context, key string, body []byte, o objstore.PutOptions) (objstore.Object, error) {
	return guard(b, "put "+key, func() (objstore.Object, error) { return b.Bucket.Put(ctx, key, body, o) })
}

func (b *store) CreateUpload(ctx context.Context, key string, o objstore.PutOptions) (string, error) {
	return guard(b, "create upload "+key, func() (string, error) {
		id, err := b.Bucket.CreateUpload(ctx, key, o)
		if err == nil {
			b.opened.add(openedUpload{b.Bucket, key, id})
		}
		return id, err
	})
}

func (b *store) UploadPiece(ctx context.Context, key, id string, number int32, body []byte) (objstore.Piece, error) {
	return guard(b, "upload piece "+key, func() (objstore.Piece, error) { return b.Bucket.UploadPiece(ctx, key, id, number, body) })
}

func (b *store) CompleteUpload(ctx context.Context, key, id string, pieces []objstore.Piece, o objstore.PutOptions) (objstore.Object, error) {
	return guard(b, "complete "+key, func() (objstore.Object, error) { return b.Bucket.CompleteUpload(ctx, key, id, pieces, o) })
}

func (b *store) AbortUpload(ctx context.Context, key, id string) error {
	_, err := guard(b, "abort upload "+key, func() (none struct{}, err error) { return none, b.Bucket.AbortUpload(ctx, key, id) })
	return err
}

func (b *store) Delete(ctx context.Context, key string) error {
	_, err := guard(b, "delete "+key, func() (none struct{}, err error) { return none, b.Bucket.Delete(ctx, key) })
	return err
}

// calls records what a process does and lets it die at one of its calls.
type calls struct {
	mu    sync.Mutex
	seen  []string
	dieAt int  // counts from 1; zero is never
	made  bool // the deadly call is made, and its answer lost
}

func (c *calls) deny(op string) (before, after error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, op)
	switch {
	case c.dieAt == 0 || len(c.seen) < c.dieAt:
		return nil, nil
	case len(c.seen) == c.dieAt && c.made:
		return nil, errKilled
	}
	return errKilled, nil
}
