package run_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// overheard tells of each time that a run's record is read.
type overheard struct {
	*s3.Bucket
	reads chan struct{}
}

func (b overheard) Get(ctx context.Context, key string) ([]byte, objstore.Object, error) {
	body, obj, err := b.Bucket.Get(ctx, key)
	if strings.HasSuffix(key, "/run.json") {
		b.reads <- struct{}{}
	}
	return body, obj, err
}

// A leader that stood still in the midst of a commit, and whose successor has
// the run by now, doesn't end it, whatever it found out meanwhile.
func TestADeposedLeaderMovesNoRun(t *testing.T) {
	s := newScene(t, &verb{parts: 1})
	server := servertest.MinIO(t)
	bucket := ledgertest.Bucket(t, server, server.NewBucket(t))
	s.ledger = ledger.New(bucket, "state", nil)
	old := overheard{bucket, make(chan struct{}, 1000)}

	inCommit, found := make(chan struct{}), make(chan struct{})
	deposed := &faulty{verb: s.verb, commit: func() error {
		close(inCommit)
		<-found
		return fault.New(fault.Invalid, "an upload is gone")
	}}
	cfg := s.cfg
	cfg.Term = 1
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	c := run.NewConductor(ledger.New(old, "state", nil), s.queue, map[ledger.Kind]run.Verb{ledger.Export: deposed}, cfg, zaptest.NewLogger(t))
	go func() { defer close(ended); _ = c.Lead(ctx) }()
	defer func() { cancel(); <-ended }()
	s.work(time.Second)
	id := s.trigger().ID
	<-inCommit

	var commits atomic.Int32
	goOn := make(chan struct{})
	s.as = &faulty{verb: s.verb, commit: func() error { commits.Add(1); <-goOn; return nil }}
	s.cfg.Term = 2
	s.lead()
	s.until(id, "with the next leader", func(ledger.Run) bool { return commits.Load() > 0 })
	for len(old.reads) > 0 {
		<-old.reads
	}
	close(found)
	for range 2 { // it looks whether it may end the run, and then where the run stands
		<-old.reads
	}
	close(goOn)
	if r := s.ended(id); r.State != ledger.Done || r.Term != 2 {
		t.Errorf("got %+v, want that the leader of term 2 finished it", r)
	}
	if n := commits.Load(); n != 1 {
		t.Errorf("the next leader committed %d times, want once", n)
	}
}
