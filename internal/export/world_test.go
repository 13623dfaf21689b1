package export_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/internal/servertest"
	formats "github.com/longshore/longshore/pkg/format/all"
)

// world is servers and a table on them whose rows go from version to version.
// Each trial in it is of a sync of its own.
type world struct {
	*scene
	store   servertest.S3
	project ledger.ProjectID
	names   int
	// begun is the baseline that a history of moves leads to, by the sync's mode,
	// parts and moves. Trials share its files.
	begun map[string]inForce
}

// size says how many rows a table has and how wide they are.
type size struct {
	rows   int
	wide   int   // a row's bytes by 88
	step   int   // how many rows each version drops and adds
	modulo int   // one in so many rows is changed by a version, and changed back by the next
	memory int64 // of parts
}

var (
	// Objects of few bytes, and little memory, so that rows are sorted in files.
	fewRows = size{rows: 400, wide: 1, step: 8, modulo: 40, memory: 16 << 10}
	// Each op has pieces in the direct way, as does the level of the baseline.
	manyRows = size{rows: 6000, wide: 36, step: 1800, modulo: 3, memory: 8 << 20}
)

func newWorld(t *testing.T, z size) *world {
	t.Helper()
	store := servertest.MinIO(t)
	s := &scene{t: t, pg: servertest.Postgres(t), formats: formats.Writer, cfg: export.Config{DiffMemory: z.memory}}
	s.state, s.data = ledgertest.Bucket(t, store, store.NewBucket(t)), ledgertest.Bucket(t, store, store.NewBucket(t))
	s.ledger = ledger.New(s.state, "", nil)
	s.exec("create sequence knob")
	s.exec(fmt.Sprintf(`create table texts as select i as id,
		(select string_agg(replace(encode(sha512((v || ' ' || i || ' ' || k)::bytea), 'base64'), E'\n', ''), '') from generate_series(1, %d) k) as note, v as variant
		from generate_series(1, %d) i, generate_series(0, 1) v`, z.wide, z.rows+8*z.step))
	s.exec("create unique index on texts (id, variant)")
	s.exec("analyze texts")
	s.exec(fmt.Sprintf(`create view people as select id, note, id * 7 as size, case when id %% 4 = 0 then 'flag' end as flag
		from texts, (select last_value as v from knob) k
		where id > v * %d and id <= %d + v * %d and variant = (id %% %d = v %% %d)::int`, z.step, z.rows, z.step, z.modulo, z.modulo))
	return &world{scene: s, store: store, begun: map[string]inForce{}}
}

// move is a run of a sync: the version of the rows that it finds, what it does
// with the baseline, and the columns that it sends.
type move struct {
	version int
	use     ledger.BaselineUse
	columns string
}

// situation is a run that is to be disturbed, and what came before it.
type situation struct {
	name    string
	mode    def.Mode
	parts   int
	history []move
	move    move
	extra   string // lines of the destination
}

const (
	twoColumns = "[id, note]"
	// Rows that were sent before as twoColumns are recoded to compare them.
	otherColumns = "[id, size, flag]"
)

// trial is a sync in the world.
type trial struct {
	*scene
	world *world
	name  string
	of    situation
	move  move // of the present run
	runs  int
	// unknown is how many uploads may be open that nobody knows of.
	unknown int
}

// trial begins a sync of which the history is over. Its buckets belong to the
// world, its processes to t.
func (w *world) trial(t *testing.T, s situation) *trial {
	t.Helper()
	w.names++
	own := *w.scene
	own.t, own.opened = t, &opened{}
	tr := &trial{scene: &own, world: w, name: fmt.Sprintf("t%d", w.names), of: s}
	if len(s.history) > 0 {
		tr.inherit(w.baseline(t, s))
	}
	return tr
}

// baseline returns what the history of a situation leads to.
func (w *world) baseline(t *testing.T, s situation) inForce {
	t.Helper()
	key := fmt.Sprint(s.mode, s.parts, s.history)
	if b, ok := w.begun[key]; ok {
		return b
	}
	before := s
	before.history, before.move = s.history[:len(s.history)-1], s.history[len(s.history)-1]
	tr := w.trial(t, before)
	tr.begin(before.move)
	tr.finish(tr.undisturbed())
	w.begun[key] = tr.inForce()
	return w.begun[key]
}

// inherit makes a version of another sync's baseline this one's.
func (tr *trial) inherit(b inForce) {
	tr.t.Helper()
	err := tr.ledger.SaveBaseline(tr.t.Context(), tr.name, b.run, b.Baseline)
	if err == nil {
		err = tr.ledger.MoveBaseline(tr.t.Context(), tr.name, "", b.run)
	}
	if err != nil {
		tr.t.Fatal(err)
	}
}

// begin plans a run, and makes it the trial's present one.
func (tr *trial) begin(m move) {
	tr.t.Helper()
	ctx, w := tr.t.Context(), tr.world
	tr.runs++
	tr.move = m
	tr.exec(fmt.Sprintf("select setval('knob', %d)", m.version))
	project, err := tr.ledger.SaveProject(ctx, map[string][]byte{
		"connections/minio.connection": fmt.Appendf(nil, "TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_BUCKET %s\nS3_PATH_STYLE true\n",
			w.store.Endpoint, w.store.Region, w.store.AccessKey, w.store.Secret, tr.data.Name()),
		"connections/postgres.connection": fmt.Appendf(nil, "TYPE postgres\nPOSTGRES_URL %s\n", tr.pg),
		"models/people.yaml":              fmt.Appendf(nil, "connection: postgres\nsql: select * from people\nprimary_key: id\npartition: {column: id, count: %d}\n", tr.of.parts),
		"syncs/" + tr.name + ".yaml": fmt.Appendf(nil, "model: people\nmode: %s\ncolumns: %s\ndestination:\n  connection: minio\n  format: csv\n  path: %sout.csv\n%s",
			tr.of.mode, m.columns, tr.folder(), tr.of.extra),
	}, w.project)
	if err != nil {
		tr.t.Fatal(err)
	}
	w.project = project.ID
	if tr.run, err = tr.ledger.Create(ctx, tr.subject(), project.ID, ledger.Trigger{By: "manual", Baseline: m.use}, ""); err != nil {
		tr.t.Fatal(err)
	}
	tr.planned(0)
	if want := max(2*tr.of.parts*min(tr.of.parts-1, 1), 1); tr.plan.Parts != want {
		tr.t.Fatalf("got %d parts planned, want %d", tr.plan.Parts, want)
	}
}

func (tr *trial) subject() ledger.Subject { return ledger.Subject{Kind: ledger.Export, Name: tr.name} }

// folder is where the present run's objects are.
func (tr *trial) folder() string { return fmt.Sprintf("%s/%d/", tr.name, tr.runs) }

// attempt does a part in a process, and records it if that goes well.
func (tr *trial) attempt(e *export.Export, part int, attempt string) error {
	m, err := tr.part(e, part, attempt)
	if err != nil {
		return err
	}
	return tr.ledger.FinishPart(tr.t.Context(), tr.run.ID, 1, m)
}

// do does the parts from one to before another, undisturbed.
func (tr *trial) do(from, to int) {
	tr.t.Helper()
	e := tr.process(nil)
	for part := from; part < to; part++ {
		if err := tr.attempt(e, part, "whole"); err != nil {
			tr.t.Fatalf("part %d: %v", part, err)
		}
	}
}

// manifests is what the Conductor finds in the ledger when it commits.
func (tr *trial) manifests() []ledger.PartManifest {
	tr.t.Helper()
	all := make([]ledger.PartManifest, tr.plan.Parts)
	for part := range all {
		var err error
		if all[part], err = tr.ledger.PartManifest(tr.t.Context(), tr.run.ID, 1, part); err != nil {
			tr.t.Fatal(err)
		}
	}
	return all
}

func (tr *trial) commit(e *export.Export) (ledger.Totals, error) {
	return e.Commit(tr.t.Context(), tr.run, tr.plan, tr.manifests())
}

// committed commits in a process that has nothing but the ledger. Parts that it
// finds spoiled are done again.
func (tr *trial) committed() ledger.Totals {
	tr.t.Helper()
	totals, err := tr.commit(tr.process(nil))
	var spoiled *run.SpoiledError
	if asSpoiled(err, &spoiled) {
		for _, part := range spoiled.Parts {
			if err := tr.ledger.ReopenPart(tr.t.Context(), tr.run.ID, 1, part); err != nil {
				tr.t.Fatal(err)
			}
			if err := tr.attempt(tr.process(nil), part, "again"); err != nil {
				tr.t.Fatal(err)
			}
		}
		totals, err = tr.commit(tr.process(nil))
	}
	if err != nil {
		tr.t.Fatal(err)
	}
	return totals
}

func (tr *trial) undisturbed() ledger.Totals {
	tr.t.Helper()
	tr.do(0, tr.plan.Parts)
	return tr.committed()
}

// end says in the ledger how the run ended.
func (tr *trial) end(state ledger.State, totals ledger.Totals) {
	tr.t.Helper()
	var err error
	tr.run, err = tr.ledger.UpdateRun(tr.t.Context(), tr.run.ID, func(r *ledger.Run) error {
		r.State, r.Totals = state, totals
		return nil
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

// close cleans up behind the run and lets the next begin.
func (tr *trial) close() {
	tr.t.Helper()
	if err := tr.process(nil).Clean(tr.t.Context(), tr.run, 1); err != nil {
		tr.t.Fatal(err)
	}
	if err := tr.ledger.Close(tr.t.Context(), tr.run); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) finish(totals ledger.Totals) {
	tr.t.Helper()
	tr.end(ledger.Done, totals)
	tr.close()
}

// proving reports whether everything is to be tried, rather than a few of each
// kind.
func proving() bool { return os.Getenv("LONGSHORE_PROVE") != "" }

// some returns so many of all, from its beginning to its end.
func some[T any](all []T, few int) (chosen []T) {
	if proving() || len(all) <= few {
		return all
	}
	for i := range few {
		chosen = append(chosen, all[i*(len(all)-1)/max(few-1, 1)])
	}
	return chosen
}

// situations are all kinds of runs that compare rows.
func situations() []situation {
	var all []situation
	first := []move{{version: 1, columns: twoColumns}}
	for _, parts := range []int{1, 3} {
		way := map[int]string{1: "direct", 3: "waves"}[parts]
		all = append(all,
			situation{name: "diff first " + way, mode: def.DiffAll, parts: parts, move: first[0]},
			situation{name: "diff again " + way, mode: def.DiffAll, parts: parts, history: first, move: move{version: 2, columns: twoColumns}},
			situation{name: "insert first " + way, mode: def.Insert, parts: parts, move: first[0]},
			situation{name: "insert again " + way, mode: def.Insert, parts: parts, history: first, move: move{version: 2, columns: twoColumns}},
		)
	}
	later := slices.Concat(first, []move{{version: 2, columns: twoColumns}})
	return append(all,
		situation{name: "diff third waves", mode: def.DiffAll, parts: 3, history: later, move: move{version: 3, columns: twoColumns}},
		situation{name: "diff resync direct", mode: def.DiffAll, parts: 1, history: later, move: move{version: 3, use: ledger.IgnoreBaseline, columns: twoColumns}},
		situation{name: "diff resync waves", mode: def.DiffAll, parts: 3, history: first, move: move{version: 2, use: ledger.IgnoreBaseline, columns: twoColumns}},
		situation{name: "insert resync direct", mode: def.Insert, parts: 1, history: first, move: move{version: 2, use: ledger.IgnoreBaseline, columns: twoColumns}},
		situation{name: "diff reset waves", mode: def.DiffAll, parts: 3, history: first, move: move{version: 2, use: ledger.RebuildBaseline, columns: twoColumns}},
		situation{name: "diff reset first direct", mode: def.DiffAll, parts: 1, move: move{version: 2, use: ledger.RebuildBaseline, columns: twoColumns}},
		situation{name: "diff recoded direct", mode: def.DiffAll, parts: 1, history: first, move: move{version: 2, columns: otherColumns}},
		situation{name: "diff recoded waves", mode: def.DiffAll, parts: 3, history: later, move: move{version: 3, columns: otherColumns}},
		situation{name: "diff batched waves", mode: def.DiffAll, parts: 3, history: first, move: move{version: 2, columns: twoColumns}, extra: "  batch: {rows: 5}\n  on_conflict: fail\n"},
		situation{name: "diff batched direct", mode: def.DiffAll, parts: 1, history: first, move: move{version: 2, columns: twoColumns}, extra: "  batch: {rows: 9}\n  skip_empty: true\n"},
		situation{name: "diff emptied", mode: def.DiffAll, parts: 1, history: first, move: move{version: 1, columns: twoColumns}, extra: "  skip_empty: true\n"},
	)
}

// largeSituations are those whose objects and files have pieces.
func largeSituations() []situation {
	first, second := move{version: 1, columns: twoColumns}, move{version: 2, columns: twoColumns}
	return []situation{
		{name: "large diff again direct", mode: def.DiffAll, parts: 1, history: []move{first}, move: second},
		{name: "large diff first waves", mode: def.DiffAll, parts: 3, move: first},
		{name: "large diff again waves", mode: def.DiffAll, parts: 3, history: []move{first}, move: second, extra: "  on_conflict: fail\n"},
		{name: "large insert batched waves", mode: def.Insert, parts: 3, history: []move{first}, move: move{version: 4, columns: twoColumns}, extra: "  batch: {rows: 1700}\n"},
		{name: "large diff recoded direct", mode: def.DiffAll, parts: 1, history: []move{first}, move: move{version: 2, columns: "[id, note, flag]"}},
	}
}

// each tries situations in a small world, and the first few of those of a large
// one; not all of them unless everything is to be proven.
func each(t *testing.T, few, large int, do func(t *testing.T, w *world, i int, s situation)) {
	t.Parallel()
	w := newWorld(t, fewRows)
	for i, s := range some(situations(), few) {
		t.Run(s.name, func(t *testing.T) { do(t, w, i, s) })
	}
	w = newWorld(t, manyRows)
	for i, s := range some(largeSituations()[:large], 1) {
		t.Run(s.name, func(t *testing.T) { do(t, w, i, s) })
	}
}
