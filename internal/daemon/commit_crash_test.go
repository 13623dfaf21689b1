package daemon_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

// crash is a step of a run at which its producer is killed.
type crash struct {
	name string
	at   func() matcher
	// worker is set where it is a worker's request, which goes on afterwards.
	worker bool
	made   bool // the request is made, and its answer lost
}

// matcher tells the request of a step from others. It sees each request once, in
// their order.
type matcher func(r *http.Request) bool

// request matches a request by its method and its path, in which RUN is any run.
func request(method, path string) func() matcher {
	want := regexp.MustCompile(strings.ReplaceAll(path, "RUN", "[0-9A-Z]{26}"))
	return func() matcher {
		return func(r *http.Request) bool { return r.Method == method && want.MatchString(r.URL.Path) }
	}
}

// after matches a request once another was seen.
func after(first, then func() matcher) func() matcher {
	return func() matcher {
		seen, is, next := false, first(), then()
		return func(r *http.Request) bool {
			if !seen {
				seen = is(r)
				return false
			}
			return next(r)
		}
	}
}

// nth matches the n-th of the requests that match.
func nth(n int, each func() matcher) func() matcher {
	return func() matcher {
		seen, is := 0, each()
		return func(r *http.Request) bool {
			if is(r) {
				seen++
				return seen == n
			}
			return false
		}
	}
}

// crashes are the steps of a run in their order.
func crashes() []crash {
	const put, remove = http.MethodPut, http.MethodDelete
	head := request(put, "/baselines/people/head.json$")
	return []crash{
		{name: "run begins", at: request(put, "/runs/RUN/run.json$")},
		{name: "run gets a plan", at: nth(2, request(put, "/runs/RUN/run.json$"))},
		{name: "part 4 planned", at: request(put, "/runs/RUN/e1/plan/00004.json$")},
		{name: "plan saved", at: request(put, "/runs/RUN/e1/plan.json$")},
		{name: "run is running", at: after(request(put, "/runs/RUN/e1/plan.json$"), request(put, "/runs/RUN/run.json$"))},
		{name: "first part of wave 1", at: request(put, "/runs/RUN/e./part/0000[012].json$"), worker: true},
		{name: "last part of wave 1", at: nth(3, request(put, "/runs/RUN/e./part/0000[012].json$")), worker: true},
		{name: "first part of wave 2", at: request(put, "/runs/RUN/e./part/0000[345].json$"), worker: true},
		{name: "last part of wave 2", at: nth(3, request(put, "/runs/RUN/e./part/0000[345].json$")), worker: true},
		{name: "run is committing", at: after(nth(3, request(put, "/runs/RUN/e./part/0000[345].json$")), request(put, "/runs/RUN/run.json$"))},
		{name: "intent", at: request(put, "/runs/RUN/intent.json$")},
		{name: "first object", at: request(put, "/RUN-[a-z]+.ndjson$")},
		{name: "last object", at: nth(3, request(put, "/RUN-[a-z]+.ndjson$"))},
		{name: "manifest", at: request(put, "/runs/RUN/manifest.json$")},
		{name: "version of the baseline", at: request(put, "/baselines/people/v/RUN.json$")},
		{name: "head of the baseline", at: head},
		{name: "run is done", at: after(head, request(put, "/runs/RUN/run.json$"))},
		{name: "rows half dropped", at: nth(2, request(remove, "/runs/RUN/e1/shuffle/"))},
		{name: "tails half dropped", at: nth(2, request(remove, "/runs/RUN/e1/tail/"))},
		{name: "next may begin", at: after(head, request(put, "/subjects/[a-z]+/people.json$"))},
		{name: "run off the list", at: request(remove, "/open/RUN$")},
	}
}

// chains is how many producers are killed at a time: most of the time passes
// until another one may lead.
const chains = 4

// A producer process is killed at each step of a diff's run. The next one, which
// knows nothing but the ledger, finishes it; and is killed at a step of the next
// run.
func TestAKilledProducerLeavesNoRunOfADiffHalfDone(t *testing.T) {
	var all []crash
	for _, c := range crashes() {
		all = append(all, c)
		if c.made = true; !c.worker {
			all = append(all, c)
		}
	}
	if os.Getenv("LONGSHORE_PROVE") == "" {
		all = slices.DeleteFunc(all, func(c crash) bool { return c.name != "last object" || c.made })
	}
	for chain := range min(chains, len(all)) {
		t.Run(fmt.Sprint("chain ", chain+1), func(t *testing.T) {
			t.Parallel()
			h, s := newHeldStage(t)
			producer := s.start("producer")
			s.closed(s.run("").ID)
			for step := chain; step < len(all); step += chains {
				producer = s.killAt(h, producer, all[step], step)
			}
		})
	}
}

// newHeldStage is a stage with a diff on it, whose store is behind a holder.
func newHeldStage(t *testing.T) (*holder, *stage) {
	s := newStage(t)
	h := newHolder(t, s.store.Endpoint)
	s.store.Endpoint = h.server.URL
	exec1(t, s.postgres(), "create table people (id int primary key, note text)", "insert into people select i, 'n' || i from generate_series(0, 900) i", "analyze people")
	s.push(map[string]string{
		"models/people.yaml": "connection: postgres\nsql: select * from people\nprimary_key: id\npartition: {column: id, count: 3}\n",
		"syncs/people.yaml":  "model: people\nmode: diff\ndestination:\n  connection: minio\n  path: '{sync.run.id}.ndjson'\n  format: ndjson\n",
	})
	s.work()
	s.work()
	return h, s
}

// killAt runs the sync with a few changes, kills the producer at a step of it,
// and returns the one that finished it.
func (s *stage) killAt(h *holder, producer *process, c crash, step int) *process {
	t := s.t
	changes := []string{
		fmt.Sprintf("delete from people where id = %d", step),
		fmt.Sprintf("insert into people values (%d, 'new')", 1000+step),
		fmt.Sprintf("update people set note = 'step %d' where id = %d", step, 500+step),
	}
	exec1(t, s.postgres(), changes...)
	held := h.hold(&hold{match: c.at(), made: c.made, lost: !c.worker})
	id := s.triggerWith("people", "") // past the holder
	select {
	case <-held.reached:
	case <-time.After(patience):
		t.Fatalf("the run never came to %s", c.name)
	}
	producer.kill()
	next := s.start("producer")
	close(held.release)
	r := s.ended(id)
	if r.State != ledger.Done {
		t.Fatalf("run is %s: %+v", r.State, r.Failure)
	}
	s.closed(id)
	s.sent(r, map[string][]string{
		"added":   {fmt.Sprintf(`{"id":%d,"note":"new"}`, 1000+step)},
		"changed": {fmt.Sprintf(`{"id":%d,"note":"step %d"}`, 500+step, step)},
		"removed": {fmt.Sprintf(`{"id":%d,"note":"n%d"}`, step, step)},
	})
	s.baselineAgrees(r)
	s.nothingLeft(r)
	following := s.run("")
	s.sent(following, map[string][]string{"added": none, "changed": none, "removed": none})
	s.closed(following.ID)
	t.Logf("killed at %s (made %v): the next producer finished epoch %d; objects, manifest and baseline agree, nothing left, the next run finds nothing", c.name, c.made, r.Epoch)
	return next
}

// closed waits until a run isn't on the list of open ones.
func (s *stage) closed(id ledger.RunID) {
	s.t.Helper()
	waitFor(s.t, "the run is closed", func() bool {
		for open, err := range s.ledger.Open(s.t.Context()) {
			if err != nil {
				s.t.Fatal(err)
			}
			if open == id {
				return false
			}
		}
		return true
	})
}

// baselineAgrees checks that the baseline is that of a run, holds the table's
// rows, and that the objects are what the manifest says.
func (s *stage) baselineAgrees(r ledger.Run) {
	t := s.t
	t.Helper()
	var b diff.Baseline
	head, err := s.ledger.Baseline(t.Context(), "people", &b)
	if err != nil || head != r.ID {
		t.Fatalf("the baseline is of run %q, %v; want %s", head, err, r.ID)
	}
	stream, err := ipc.NewReader(bytes.NewReader(b.Schema))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Release()
	rows, err := diff.NewRows(stream.Schema())
	if err != nil {
		t.Fatal(err)
	}
	build := rows.NewBuilder()
	defer build.Release()
	source := b.Open(export.Files{Ledger: s.ledger}, diff.Range{}, 1<<20)
	defer source.Close()
	for {
		ok, err := source.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		body, err := source.Body()
		if err == nil {
			err = build.Append(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rec := build.NewRecord()
	defer rec.Release()
	var got []string
	for i := range int(rec.NumRows()) {
		got = append(got, rec.Column(0).ValueStr(i)+" "+rec.Column(1).ValueStr(i))
	}
	slices.Sort(got)
	if want := one(t, s.postgres(), `select string_agg(id || ' ' || note, ',' order by id || ' ' || note collate "C") from people`); strings.Join(got, ",") != want || b.Rows != rec.NumRows() {
		t.Errorf("the baseline of %d rows holds other rows than the table, or their number: %d", b.Rows, len(got))
	}
	var m export.Manifest
	if err := s.ledger.Manifest(t.Context(), r.ID, &m); err != nil {
		t.Fatal(err)
	}
	for _, o := range m.Objects {
		s.fetch(o, io.Discard)
	}
	if n := m.Ops["added"] + m.Ops["changed"] + m.Ops["removed"]; r.Totals.Rows != n || r.Totals.Files != int64(len(m.Objects)) {
		t.Errorf("the run record has totals %+v, the manifest %v", r.Totals, m.Ops)
	}
}

// nothingLeft checks that of a closed run only those files are left that the
// baseline's version names.
func (s *stage) nothingLeft(r ledger.Run) {
	t := s.t
	t.Helper()
	var b diff.Baseline
	if err := s.ledger.BaselineOf(t.Context(), "people", r.ID, &b); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, l := range b.Levels {
		for _, f := range l.Files {
			named[f.Name] = true
		}
	}
	for obj, err := range s.bucket(s.state).List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		rest, ours := strings.CutPrefix(obj.Key, "runs/"+string(r.ID)+"/")
		shuffled := ours && (strings.Contains(rest, "/shuffle/") || strings.Contains(rest, "/tail/"))
		if shuffled || strings.HasPrefix(obj.Key, "uploads/") || strings.HasPrefix(obj.Key, "baselines/people/files/"+string(r.ID)) && !named[obj.Key] {
			t.Errorf("%s is left", obj.Key)
		}
	}
}
