//go:build prove

package daemon_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

const (
	bigLimit    = 512 << 20        // bytes of memory, of each worker
	bigHeap     = 400 << 20        // where its garbage collector begins to try hard
	bigPerRow   = 500              // bytes of disk: the table, the state bucket, objects, and room to spare
	bigPatience = 20 * time.Minute // of a run; it bounds, and asserts nothing about speed
)

// How each side sums up rows, in any order, as largeInPostgres does.
const bigInClickHouse = largeInClickHouse + " settings max_threads = 2"

// A big table is diffed by two workers that the operating system keeps from
// taking more than 512 MiB each; what they find is what PostgreSQL changed.
//
// LONGSHORE_PROVE_ROWS is the number of rows, 50 million unless it is set.
func TestABigDiffInLittleMemory(t *testing.T) {
	rows := int64(50_000_000)
	if v := os.Getenv("LONGSHORE_PROVE_ROWS"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 1000 {
			t.Fatalf("LONGSHORE_PROVE_ROWS is %q, want a number from 1000 on", v)
		}
		rows = n
	}
	roomOnDisk(t, rows*bigPerRow)
	s := newStage(t)
	s.fillBig(rows)
	s.push(map[string]string{
		"models/big.yaml": "connection: postgres\nsql: select * from big\nprimary_key: id\n",
		"syncs/big.yaml": "model: big\nmode: diff\nparallelism: 4\ndestination:\n  connection: minio\n" +
			"  path: '{sync.run.id}-{op}.csv.gz'\n  format: csv\n  compression: gzip\n",
	})
	s.produce()
	w := s.startCaged(2, "export=2")

	r := w.run("first run: every row is added")
	s.sentBig(r, map[string]string{"added": "big", "changed": "", "removed": ""})
	s.changeBig(rows)
	r = w.run("second run: 1 % changed")
	s.sentBig(r, map[string]string{"added": "big_added", "changed": "big_changed", "removed": "big_removed"})
}

// roomOnDisk fails where the servers' data wouldn't fit.
func roomOnDisk(t *testing.T, want int64) {
	t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &fs); err != nil {
		t.Fatal(err)
	}
	if free := int64(fs.Bavail) * fs.Bsize; free < want {
		t.Fatalf("%s has %d GB free, and this takes up to %d GB: set TMPDIR to a folder on a larger disk, or LONGSHORE_PROVE_ROWS to fewer rows",
			os.TempDir(), free/1e9, want/1e9)
	}
}

// bigNote makes a text of 92 bytes: with the id a row of 100. Two thirds of it
// are hexadecimal digits that no compression knows, the rest is as in most tables.
const bigNote = "md5(%[1]s::text) || md5((-%[1]s)::text) || ' it left the quay on the %[2]s'"

func (s *stage) fillBig(rows int64) {
	s.t.Helper()
	start := time.Now()
	exec1(s.t, s.postgres(), "create unlogged table big (id bigint, note text)")
	half := make(chan error, 2)
	for _, ids := range [][2]int64{{1, rows / 2}, {rows/2 + 1, rows}} {
		db := s.postgres()
		go func() {
			_, err := db.ExecContext(s.t.Context(), fmt.Sprintf(
				"insert into big select i, "+bigNote+" from generate_series(%[3]d::bigint, %[4]d) i", "i", "1st", ids[0], ids[1]))
			half <- err
		}()
	}
	for range 2 {
		if err := <-half; err != nil {
			s.t.Fatal(err)
		}
	}
	exec1(s.t, s.postgres(), "vacuum (analyze) big")
	size := one(s.t, s.postgres(), "select pg_table_size('big')")
	width := one(s.t, s.postgres(), "select avg(8 + length(note))::int from (select * from big limit 10000) b")
	s.t.Logf("%d rows of %s bytes, %s bytes in PostgreSQL, made in %.0f s", rows, width, size, time.Since(start).Seconds())
}

// changeBig updates 0.4 % of the rows, deletes 0.3 % and inserts 0.3 %, all over
// the hashes of their keys, and keeps what it did.
func (s *stage) changeBig(rows int64) {
	s.t.Helper()
	start := time.Now()
	const random = "abs(hashint8(id)::bigint) %% 1000"
	for _, change := range [][2]string{
		{"changed", fmt.Sprintf("update big set note = "+bigNote+" where "+random+" in (0, 1, 2, 3) returning *", "(id + 7)", "2nd")},
		{"removed", fmt.Sprintf("delete from big where " + random + " in (4, 5, 6) returning *")},
		{"added", fmt.Sprintf("insert into big select i, "+bigNote+" from generate_series(%[3]d::bigint, %[4]d) i returning *", "i", "3rd", rows+1, rows+rows*3/1000)},
	} {
		exec1(s.t, s.postgres(), "create unlogged table big_"+change[0]+" (id bigint, note text)",
			"with done as ("+change[1]+") insert into big_"+change[0]+" select * from done")
	}
	s.t.Logf("changed in %.0f s", time.Since(start).Seconds())
}

// sentBig wants the objects of a run's ops to have the rows of tables, or none.
func (s *stage) sentBig(r ledger.Run, want map[string]string) {
	s.t.Helper()
	var m export.Manifest
	if err := s.ledger.Manifest(s.t.Context(), r.ID, &m); err != nil {
		s.t.Fatal(err)
	}
	present := one(s.t, s.postgres(), "select count(*) from big")
	if got := fmt.Sprint(m.Ops["added"] + m.Ops["changed"] + m.Ops["unchanged"]); got != present {
		s.t.Errorf("%s rows were compared, want %s", got, present)
	}
	for _, op := range slices.Sorted(maps.Keys(want)) {
		key, sum := string(r.ID)+"-"+op+".csv.gz", "0 "
		if table := want[op]; table != "" {
			sum = one(s.t, s.postgres(), fmt.Sprintf(largeInPostgres, "table "+table))
		}
		got := one(s.t, s.clickhouse(), fmt.Sprintf(bigInClickHouse, s.s3(key, "CSVWithNames", "id Int64, note String")))
		if got != sum && (sum != "0 " || got != "0 0") {
			s.t.Errorf("%s: ClickHouse reads %q, PostgreSQL %q", op, got, sum)
		}
		if count, _, _ := strings.Cut(sum, " "); count != fmt.Sprint(m.Ops[op]) {
			s.t.Errorf("%s: the manifest says %d rows, PostgreSQL %s", op, m.Ops[op], count)
		}
		s.t.Logf("%-8s %s (rows, and the sum of a hash of each)", op, got)
	}
}

// caged is workers with a limit.
type caged struct {
	*stage
	workers []*process
	cages   []*cage
}

func (s *stage) startCaged(n int, queues string) *caged {
	s.t.Helper()
	w := &caged{stage: s}
	for range n {
		p := s.start("worker", "LONGSHORE_QUEUES="+queues, fmt.Sprintf("GOMEMLIMIT=%d", bigHeap))
		c := encage(s.t, p, bigLimit)
		w.workers, w.cages = append(w.workers, p), append(w.cages, c)
		waitFor(s.t, "the worker is up", func() bool { return strings.Contains(p.log(s.t), "worker starts") })
	}
	s.t.Logf("%d workers, each with at most %d MiB by %s", n, bigLimit>>20, w.cages[0].kind)
	return w
}

// run does a run of the sync and prints what it took.
func (w *caged) run(what string) ledger.Run {
	w.t.Helper()
	id := w.trigger(ledger.Export, "big")
	r, state := w.watch(id)
	if r.State != ledger.Done {
		w.t.Fatalf("%s: it is %s: %+v", what, r.State, r.Failure)
	}
	parts := w.parts(r)
	if got := wroteAll(w.t, w.workers, parts); got != len(w.workers) {
		w.t.Errorf("%d workers did all, want %d", got, len(w.workers))
	}
	plan, err := w.ledger.Plan(w.t.Context(), r.ID, r.Epoch)
	if err != nil {
		w.t.Fatal(err)
	}
	var waves [2]time.Time
	for _, p := range parts {
		if wave := plan.Wave(p.Part); p.FinishedAt.After(waves[wave]) {
			waves[wave] = p.FinishedAt
		}
	}
	var read int64 // rows, by the sorters
	for _, p := range parts[:plan.Waves[0]] {
		read += p.Totals.Rows
	}
	took := r.FinishedAt.Sub(r.CreatedAt)
	w.t.Logf("%s\n\t%d parts of waves %v; sort %.1f s, compare and send %.1f s, commit %.1f s; in all %.1f s: %.0f rows/s\n\tstate bucket: %d MB at most, %d MB afterwards",
		what, r.Parts, plan.Waves, waves[0].Sub(r.CreatedAt).Seconds(), waves[1].Sub(waves[0]).Seconds(), r.FinishedAt.Sub(waves[1]).Seconds(),
		took.Seconds(), float64(read)/took.Seconds(), state/1e6, w.stateBytes()/1e6)
	w.memory()
	return r
}

// watch waits for a run's end, and returns the most bytes that it saw in the
// state bucket.
func (w *caged) watch(id ledger.RunID) (r ledger.Run, state int64) {
	w.t.Helper()
	looked := time.Time{}
	for deadline := time.Now().Add(bigPatience); ; pause(w.t) {
		r, err := w.ledger.Run(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		for i, p := range w.workers {
			select {
			case <-p.ended:
				w.t.Fatalf("worker %d ended: %v; killed for memory: %d; it held %d MiB with the page cache",
					i, p.ProcessState, w.cages[i].kills(), w.cages[i].most()>>20)
			default:
			}
		}
		if time.Since(looked) > 2*time.Second || r.State.Final() {
			state, looked = max(state, w.stateBytes()), time.Now()
		}
		if r.State.Final() {
			return r, state
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("run hasn't ended: %+v", r)
		}
	}
}

func (w *caged) stateBytes() (n int64) {
	for obj, err := range w.bucket(w.state).List(w.t.Context(), "", "") {
		if err != nil {
			w.t.Fatal(err)
		}
		n += obj.Size
	}
	return n
}

// memory prints what each worker held so far, and wants none to have been killed.
func (w *caged) memory() {
	w.t.Helper()
	for i, p := range w.workers {
		kills := w.cages[i].kills()
		if kills > 0 {
			w.t.Errorf("worker %d was killed for memory", i)
		}
		w.t.Logf("worker %d: limit %d MiB, peak RSS %d MiB (with the page cache %d MiB), killed for memory: %d; CPU %.1f s",
			i, bigLimit>>20, p.peak(), w.cages[i].most()>>20, kills, p.cpu())
		if p.peak() > bigLimit>>20 {
			w.t.Errorf("worker %d held %d MiB", i, p.peak())
		}
	}
}

// cpu returns how many seconds of processors the process took so far; 0 where
// the system doesn't say.
func (p *process) cpu() (seconds float64) {
	const ticks = 100 // of a second, as Linux shows them
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	if fields := strings.Fields(rest); len(fields) > 12 {
		for _, f := range fields[11:13] { // utime, stime
			n, _ := strconv.ParseFloat(f, 64)
			seconds += n / ticks
		}
	}
	return seconds
}
