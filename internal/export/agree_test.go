package export_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/jackc/pgx/v5"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/diff"
	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/run"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/crc64"
)

func asSpoiled(err error, spoiled **run.SpoiledError) bool { return errors.As(err, spoiled) }

// inForce is the version of a baseline that counts.
type inForce struct {
	run ledger.RunID // empty where there is none
	diff.Baseline
}

func (tr *trial) inForce() (b inForce) {
	tr.t.Helper()
	var err error
	b.run, err = tr.ledger.Baseline(tr.t.Context(), tr.name, &b.Baseline)
	if err != nil && !fault.Is(err, fault.NotFound) {
		tr.t.Fatal(err)
	}
	return b
}

// objects reads the objects of the present run, by their names in its folder.
func (tr *trial) objects() map[string][]byte {
	tr.t.Helper()
	all := map[string][]byte{}
	for obj, err := range tr.data.List(tr.t.Context(), tr.folder(), "") {
		if err != nil {
			tr.t.Fatal(err)
		}
		if all[strings.TrimPrefix(obj.Key, tr.folder())], _, err = tr.data.Get(tr.t.Context(), obj.Key); err != nil {
			tr.t.Fatal(err)
		}
	}
	return all
}

// agree checks that the objects, the manifest and the baseline of a run that is
// over say the same, and that nothing else is left of it.
func (tr *trial) agree(totals ledger.Totals, want map[string][]byte) {
	tr.t.Helper()
	got := tr.objects()
	if want != nil && !maps.EqualFunc(got, want, bytes.Equal) {
		tr.t.Errorf("got other objects than an undisturbed run: %s, want %s", sizes(got), sizes(want))
	}
	tr.agreeManifest(got, totals)
	b := tr.inForce()
	if b.run != tr.run.ID {
		tr.t.Errorf("the baseline is of run %q, want %s", b.run, tr.run.ID)
	}
	tr.agreeBaseline(b, tr.move)
	tr.nothingLeft(b)
}

func sizes(objects map[string][]byte) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		all = append(all, fmt.Sprintf("%s of %d", key, len(objects[key])))
	}
	return fmt.Sprint(all)
}

// agreeManifest holds the manifest against the objects.
func (tr *trial) agreeManifest(objects map[string][]byte, totals ledger.Totals) {
	tr.t.Helper()
	var m export.Manifest
	if err := tr.ledger.Manifest(tr.t.Context(), tr.run.ID, &m); err != nil {
		tr.t.Fatal(err)
	}
	if len(m.Objects) != len(objects) || totals.Files != int64(len(objects)) || m.Run != tr.run.ID {
		tr.t.Errorf("the manifest of %s has %d objects, totals %+v; there are %d", m.Run, len(m.Objects), totals, len(objects))
	}
	ops := maps.Clone(m.Ops)
	for _, o := range m.Objects {
		name := strings.TrimPrefix(o.Key, tr.folder())
		body, ok := objects[name]
		lines := int64(bytes.Count(body, []byte("\n")) - 1)
		sum := crc64.Format(crc64.Checksum(body))
		if !ok || o.Rows != lines || o.Bytes != int64(len(body)) || o.CRC64NVME != sum || tr.of.mode == def.DiffAll && !strings.Contains(name, o.Op) {
			tr.t.Errorf("%s: the manifest has %d rows of %s, %d bytes, checksum %s; the object has %d rows, %d bytes, %s",
				o.Key, o.Rows, o.Op, o.Bytes, o.CRC64NVME, lines, len(body), sum)
		}
		if head, err := tr.data.Head(tr.t.Context(), o.Key); err != nil || head.ETag != o.ETag {
			tr.t.Errorf("%s: the manifest has ETag %q, the store %q, %v", o.Key, o.ETag, head.ETag, err)
		}
		ops[o.Op] -= lines
		totals.Rows, totals.Bytes = totals.Rows-lines, totals.Bytes-o.Bytes
	}
	delete(ops, "unchanged")
	for op, rest := range ops {
		if rest != 0 {
			tr.t.Errorf("the manifest has %d more rows of %s than the objects", rest, op)
		}
	}
	if totals.Rows != 0 || totals.Bytes != 0 {
		tr.t.Errorf("the totals have %d rows, %d bytes more than the objects", totals.Rows, totals.Bytes)
	}
}

// agreeBaseline checks that a baseline can be read and holds the rows that the
// model had at a move.
func (tr *trial) agreeBaseline(b inForce, m move) {
	tr.t.Helper()
	want := tr.rows(m)
	var got []string
	for _, r := range diff.Ranges(2) { // as parts read it
		got = append(got, tr.baselineRows(b, r)...)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || b.Rows != int64(len(want)) {
		tr.t.Errorf("the baseline of %d rows holds %d, the model returns %d; or they differ", b.Rows, len(got), len(want))
	}
	if b.Mode != string(tr.of.mode) || b.Format != diff.BaselineFormat {
		tr.t.Errorf("the baseline is of mode %s in format %d", b.Mode, b.Format)
	}
	for _, l := range b.Levels {
		for _, f := range l.Files {
			if body, err := tr.ledger.ReadFile(tr.t.Context(), f.Name, 0, -1); err != nil || int64(len(body)) != f.Bytes {
				tr.t.Errorf("%s: got %d bytes, %v; want %d", f.Name, len(body), err, f.Bytes)
			}
		}
	}
}

// rows asks the database what a run sends, sorted; in mode insert the keys.
func (tr *trial) rows(m move) []string {
	tr.t.Helper()
	conn, err := pgx.Connect(tr.t.Context(), tr.pg)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer conn.Close(tr.t.Context())
	columns := strings.Split(strings.Trim(m.columns, "[]"), ", ")
	slices.Sort(columns)
	sql := "select concat_ws('|', coalesce(" + strings.Join(columns, "::text, '(null)'), coalesce(") + "::text, '(null)')) from people"
	if tr.of.mode == def.Insert {
		sql = "select 'id=' || id from people"
	}
	if _, err := conn.Exec(tr.t.Context(), fmt.Sprintf("select setval('knob', %d)", m.version)); err != nil {
		tr.t.Fatal(err)
	}
	rows, err := conn.Query(tr.t.Context(), sql)
	if err != nil {
		tr.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		tr.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func (tr *trial) baselineRows(b inForce, within diff.Range) []string {
	tr.t.Helper()
	show := tr.shower(b)
	source := b.Open(export.Files{Ledger: tr.ledger}, within, 1<<20)
	defer source.Close()
	var all []string
	for {
		ok, err := source.Next(tr.t.Context())
		if err != nil {
			tr.t.Fatalf("the baseline can't be read: %v", err)
		}
		if !ok {
			return all
		}
		all = append(all, show(source))
	}
}

// shower returns what shows a row of a baseline: all columns, or the key.
func (tr *trial) shower(b inForce) func(diff.Source) string {
	tr.t.Helper()
	key, err := diff.NewKey(arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int32}}, nil), []string{"id"})
	if err != nil {
		tr.t.Fatal(err)
	}
	if tr.of.mode == def.Insert {
		return func(row diff.Source) string { return key.Text(row.Head().Key) }
	}
	stream, err := ipc.NewReader(bytes.NewReader(b.Schema))
	if err != nil {
		tr.t.Fatal(err)
	}
	defer stream.Release()
	rows, err := diff.NewRows(stream.Schema())
	if err != nil {
		tr.t.Fatal(err)
	}
	build := rows.NewBuilder()
	tr.t.Cleanup(build.Release)
	return func(row diff.Source) string {
		body, err := row.Body()
		if err == nil {
			err = build.Append(body)
		}
		if err != nil {
			tr.t.Fatal(err)
		}
		rec := build.NewRecord()
		defer rec.Release()
		return shown(rec)
	}
}

// shown is the one row of a record, its columns by name.
func shown(rec arrow.Record) string {
	cells := map[string]string{}
	for i, f := range rec.Schema().Fields() {
		cells[f.Name] = rec.Column(i).ValueStr(0)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		all = append(all, cells[name])
	}
	return strings.Join(all, "|")
}

// nothingLeft checks that a run that was cleaned up behind left no rows, no
// tails, no uploads, and no files of a baseline but those that one in force names.
func (tr *trial) nothingLeft(b inForce) {
	tr.t.Helper()
	named := map[string]bool{}
	for _, l := range b.Levels {
		for _, f := range l.Files {
			for _, name := range f.Names() {
				named[name] = true
			}
		}
	}
	for _, dir := range []string{"runs/" + string(tr.run.ID) + "/e1/shuffle/", "runs/" + string(tr.run.ID) + "/e1/tail/", "uploads/", "baselines/" + tr.name + "/files/" + string(tr.run.ID)} {
		for obj, err := range tr.state.List(tr.t.Context(), dir, "") {
			if err != nil {
				tr.t.Fatal(err)
			}
			if !named[obj.Key] && strings.Contains(obj.Key, string(tr.run.ID)) {
				tr.t.Errorf("%s is left", obj.Key)
			}
		}
	}
	tr.nothingOpen()
}

// atOnce is how many uploads an attempt may be opening at a time: one per op, and
// one of a file.
const atOnce = 4

// nothingOpen checks that no upload is open. A process that dies, or is told to
// stop, between opening an upload and saying so leaves one that nobody knows of
// and that holds nothing.
func (tr *trial) nothingOpen() {
	tr.t.Helper()
	known := map[string]bool{}
	for u, err := range tr.ledger.Uploads(tr.t.Context(), tr.run.ID, 1) {
		if err != nil {
			tr.t.Fatal(err)
		}
		known[u.Upload] = true
	}
	empty := 0
	for _, u := range tr.opened.all {
		pieces, err := u.bucket.ListPieces(tr.t.Context(), u.key, u.id)
		switch {
		case errors.Is(err, objstore.ErrNoUpload):
		case err != nil:
			tr.t.Fatal(err)
		case len(pieces) > 0 || known[u.id]:
			tr.t.Errorf("an upload of %s is left open with %d pieces, recorded %v", u.key, len(pieces), known[u.id])
		default:
			empty++
		}
	}
	if empty > tr.unknown {
		tr.t.Errorf("%d uploads without pieces are left open, want %d at most", empty, tr.unknown)
	}
}

// nextFindsNothing checks that a run that finds the same rows sends none.
func (tr *trial) nextFindsNothing() {
	tr.t.Helper()
	m := tr.move
	m.use = ledger.CompareBaseline
	tr.begin(m)
	tr.finish(tr.undisturbed())
	var written export.Manifest
	if err := tr.ledger.Manifest(tr.t.Context(), tr.run.ID, &written); err != nil {
		tr.t.Fatal(err)
	}
	if ops := written.Ops; ops["added"] != 0 || ops["changed"] != 0 || ops["removed"] != 0 || ops["unchanged"] != int64(len(tr.rows(m))) {
		tr.t.Errorf("a run that finds the same rows sent %v", ops)
	}
}

// asBefore checks that a run that came to nothing changed nothing.
func (tr *trial) asBefore(before inForce) {
	tr.t.Helper()
	if got := tr.objects(); len(got) > 0 {
		tr.t.Errorf("got the objects %s", sizes(got))
	}
	b := tr.inForce()
	if b.run != before.run || !reflect.DeepEqual(b.Baseline, before.Baseline) {
		tr.t.Errorf("the baseline is of run %q, was of %q; or it is another", b.run, before.run)
	}
	if n := len(tr.of.history); n > 0 {
		tr.agreeBaseline(b, tr.of.history[n-1])
	}
	tr.nothingLeft(b)
	if err := tr.ledger.BaselineOf(tr.t.Context(), tr.name, tr.run.ID, new(diff.Baseline)); !fault.Is(err, fault.NotFound) {
		tr.t.Errorf("the run's version of the baseline: got %v, want none", err)
	}
}
