package daemon_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

// proof is a producer, some workers and random tables, whose syncs go on all at
// once while workers are killed.
type proof struct {
	*stage
	tables []*randomTable
	rounds int
	kills  int       // of workers
	doors  []*holder // the way to the store of each worker
	traps  chan *trap

	mu    sync.Mutex
	files map[string][]byte // the project; guarded by mu, and so are those below
	begun int               // runs
	set   int               // traps
	runs  int
	seen  int64 // rows compared
	ops   ops
}

// numberFrom is a number from the environment.
func numberFrom(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// What a sync in mode diff sends is what FULL OUTER JOIN of its model, then and
// now, finds in PostgreSQL: for random tables, models, formats and changes, by
// 1, 2 and 4 worker processes, some of which are killed. DIFF_EQUAL_SEED makes
// the same tables and changes again; `make prove-diff-equal` has more of them.
func TestDiffEqualsFullOuterJoin(t *testing.T) {
	seed := numberFrom(t, "DIFF_EQUAL_SEED", 1)
	tables, rounds, kills := numberFrom(t, "DIFF_EQUAL_TABLES", 4), numberFrom(t, "DIFF_EQUAL_ROUNDS", 2), numberFrom(t, "DIFF_EQUAL_KILLS", 0)
	t.Logf("DIFF_EQUAL_SEED=%d DIFF_EQUAL_TABLES=%d DIFF_EQUAL_ROUNDS=%d DIFF_EQUAL_KILLS=%d", seed, tables, rounds, kills)
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			if kills == 0 {
				t.Parallel() // mostly, the few runs wait
			}
			p := &proof{stage: newStage(t), rounds: rounds, kills: kills, ops: ops{}}
			if kills == 0 && workers == 2 {
				p.kills = 1
			}
			p.traps = make(chan *trap, p.kills)
			for range workers {
				p.doors = append(p.doors, newHolder(t, p.store.Endpoint))
			}
			for i := range tables {
				r := rand.New(rand.NewPCG(uint64(seed), uint64(workers*1000+i)))
				p.tables = append(p.tables, newRandomTable(r, i, i == 0))
			}
			p.prove(workers)
		})
	}
}

func (p *proof) prove(workers int) {
	start := time.Now()
	exec1(p.t, p.postgres(), sharedObjects...)
	files, syncs := map[string]string{}, make([]*randomSync, len(p.tables))
	for i, t := range p.tables {
		syncs[i] = newRandomSync(t)
		maps.Copy(files, syncs[i].files)
	}
	p.push(files)
	project, err := p.ledger.CurrentProject(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.files = project.Files
	producer := p.start("producer")
	var all []*process
	for i := range workers {
		all = append(all, p.worker(i))
	}
	group, ctx := errgroup.WithContext(p.t.Context())
	for _, s := range syncs {
		group.Go(func() error {
			if err := p.live(ctx, s); err != nil {
				return fmt.Errorf("%s\n%s\n%s: %w", strings.Join(s.table.create(), "\n"), strings.Join([]string{s.files["models/"+s.name+".yaml"], s.files["syncs/"+s.name+".yaml"]}, ""), s.name, err)
			}
			return nil
		})
	}
	over := make(chan error, 1)
	go func() { over <- group.Wait(); close(over) }()
	killed := p.killing(ctx, producer, all)
	if err := <-over; err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("%d workers: %d tables, %d runs compared, %d rows %v; %s; took %s", workers, len(syncs), p.runs, p.seen, p.ops, killed(), time.Since(start).Round(time.Second))
}

// worker starts a worker process; every other one has the least memory.
func (p *proof) worker(i int) *process {
	env := []string{"LONGSHORE_QUEUES=export=2", "LONGSHORE_S3_ENDPOINT=" + p.doors[i].server.URL}
	if i%2 == 0 {
		env = append(env, "LONGSHORE_DIFF_MEMORY=4MiB")
	}
	return p.start("worker", env...)
}

// live is the rounds of a table: it changes, is sent, and what was sent is
// compared.
func (p *proof) live(ctx context.Context, s *randomSync) error {
	db, err := pgx.Connect(ctx, p.pgURL)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	c := &checker{randomSync: s, db: db, bucket: p.bucket(p.data)}
	if err := c.exec(ctx, s.table.create()...); err != nil {
		return err
	}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	var done []ledger.RunID
	for round := range p.rounds {
		changes := s.table.change()
		switch {
		case round == 0 && s.table.large:
			changes = []string{s.table.fill(0, 12000)}
		case round == 0:
			changes = []string{s.table.insert(s.table.rand.IntN(300) + 1)}
		}
		use := ledger.CompareBaseline
		switch s.table.rand.IntN(30) {
		case 0, 1:
			use = ledger.IgnoreBaseline
		case 2:
			use = ledger.RebuildBaseline
		}
		if err := p.otherColumns(ctx, c, round); err != nil {
			return err
		}
		run, err := p.round(ctx, c, changes, use)
		if err != nil {
			return fmt.Errorf("round %d (baseline %q), run %s, after\n%.4000s\n%w", round, use, run, strings.Join(changes, ";\n"), err)
		}
		done = append(done, run)
	}
	return p.readBaselines(ctx, s.name, done)
}

// otherColumns now and then chooses other columns to be exported.
func (p *proof) otherColumns(ctx context.Context, c *checker, round int) error {
	for _, f := range c.fields {
		f.fresh = false
	}
	if round == 0 || c.choices == nil || c.table.rand.IntN(8) > 0 {
		return nil
	}
	definition := c.definition(c.chooseColumns(c.table.rand))
	p.mu.Lock()
	defer p.mu.Unlock()
	c.files[c.file()] = definition
	p.files[c.file()] = []byte(definition)
	current, err := p.ledger.CurrentProjectID(ctx)
	if err != nil {
		return err
	}
	if _, err := p.ledger.SaveProject(ctx, p.files, current); err != nil {
		return err
	}
	return c.prepare(ctx)
}

func (p *proof) round(ctx context.Context, c *checker, changes []string, use ledger.BaselineUse) (ledger.RunID, error) {
	if err := c.exec(ctx, changes...); err != nil {
		return "", err
	}
	project, err := p.ledger.CurrentProjectID(ctx)
	if err != nil {
		return "", err
	}
	p.begin()
	r, err := p.ledger.Create(ctx, ledger.Subject{Kind: ledger.Export, Name: c.name}, project, ledger.Trigger{By: "manual", Baseline: use}, "")
	if err != nil {
		return "", err
	}
	for deadline := time.Now().Add(2 * patience); !r.State.Final(); {
		select {
		case <-ctx.Done():
			return r.ID, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		if r, err = p.ledger.Run(ctx, r.ID); err != nil {
			return r.ID, err
		}
		if time.Now().After(deadline) {
			return r.ID, fmt.Errorf("still not ended: %+v", r)
		}
	}
	if r.State != ledger.Done {
		return r.ID, fmt.Errorf("%s: %+v", r.State, r.Failure)
	}
	var m export.Manifest
	if err := p.ledger.Manifest(ctx, r.ID, &m); err != nil {
		return r.ID, err
	}
	sent, err := c.check(ctx, &m, use)
	if err != nil {
		return r.ID, err
	}
	p.count(sent)
	return r.ID, c.exec(ctx, c.table.remember()...)
}

func (p *proof) count(sent ops) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs++
	for op, n := range sent {
		p.ops[op] += n
		p.seen += n
	}
}
