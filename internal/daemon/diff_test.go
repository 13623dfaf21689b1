package daemon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
)

// people is a table with a composite key, and columns that aren't exported.
const people = `create table people (region text, id int, name text, spent numeric(10,2), seen timestamptz, secret int, primary key (region, id))`

// diffSync is a sync of people whose runs have so many parts, with lines added.
func diffSync(mode string, parts int, lines string) map[string]string {
	return map[string]string{
		"models/people.yaml": fmt.Sprintf("connection: postgres\nsql: select * from people\nprimary_key: [region, id]\npartition: {column: id, count: %d}\n", parts),
		"syncs/people.yaml": "model: people\nmode: " + mode + "\n" + lines +
			"destination:\n  connection: minio\n  path: '{sync.run.id}.ndjson'\n  format: ndjson\n",
	}
}

const exported = "columns: [id, region, name, spent]\n"

// run triggers a run of the sync people with a use of its baseline, and expects
// it to succeed.
func (s *stage) run(use ledger.BaselineUse) ledger.Run {
	s.t.Helper()
	r := s.ended(s.triggerWith("people", use))
	if r.State != ledger.Done {
		s.t.Fatalf("run is %s: %+v", r.State, r.Failure)
	}
	return r
}

func (s *stage) triggerWith(sync string, use ledger.BaselineUse) ledger.RunID {
	s.t.Helper()
	project, err := s.ledger.CurrentProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.ledger.Create(s.t.Context(), ledger.Subject{Kind: ledger.Export, Name: sync}, project, ledger.Trigger{By: "manual", Baseline: use}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return r.ID
}

// lines returns the lines of a run's object of an op, sorted; nil where there is
// no such object.
func (s *stage) lines(r ledger.Run, op string) []string {
	s.t.Helper()
	var m export.Manifest
	if err := s.ledger.Manifest(s.t.Context(), r.ID, &m); err != nil {
		s.t.Fatal(err)
	}
	var lines []string
	for _, o := range m.Objects {
		if o.Op != op {
			continue
		}
		body, _, err := s.bucket(o.Bucket).Get(s.t.Context(), o.Key)
		if err != nil {
			s.t.Fatal(err)
		}
		want := string(r.ID) + ".ndjson"
		if m.Mode == "diff" {
			want = string(r.ID) + "-" + op + ".ndjson"
		}
		if o.Key != want {
			s.t.Errorf("got the key %s, want %s", o.Key, want)
		}
		lines = slices.AppendSeq(append([]string{}, lines...), strings.Lines(string(body)))
	}
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\n")
	}
	slices.Sort(lines)
	return lines
}

func (s *stage) sent(r ledger.Run, want map[string][]string) {
	s.t.Helper()
	for _, op := range []string{"added", "changed", "removed"} {
		if got := s.lines(r, op); !slices.Equal(got, want[op]) || (got == nil) != (want[op] == nil) {
			s.t.Errorf("%s: got %q, want %q", op, got, want[op])
		}
	}
}

var none = []string{}

// A year in the life of a diff: every kind of change, in the direct way and by
// several parts.
func TestDiffSendsWhatChanged(t *testing.T) {
	for _, parts := range []int{1, 3} {
		t.Run(fmt.Sprint(parts), func(t *testing.T) {
			s := newStage(t)
			pg := s.postgres()
			exec1(t, pg, people, `insert into people values ('eu', 1, 'Ada', 1.5, now(), 0), ('eu', 2, null, null, now(), 0), ('us', 1, 'Bob', 2, now(), 0), ('us', 7, 'Eve', 0, now(), 0)`)
			s.produce()
			s.work()
			s.work()
			s.push(diffSync("diff", parts, exported))

			s.sent(s.run(ledger.CompareBaseline), map[string][]string{"added": {
				`{"id":1,"region":"eu","name":"Ada","spent":1.50}`, `{"id":1,"region":"us","name":"Bob","spent":2.00}`,
				`{"id":2,"region":"eu","name":null,"spent":null}`, `{"id":7,"region":"us","name":"Eve","spent":0.00}`,
			}, "changed": none, "removed": none})

			exec1(t, pg, "update people set seen = now() + interval '1 day', secret = 1")
			s.sent(s.run(ledger.CompareBaseline), map[string][]string{"added": none, "changed": none, "removed": none})

			exec1(t, pg, "update people set name = 'Ada L.' where (region, id) = ('eu', 1)", "update people set spent = 0 where (region, id) = ('eu', 2)",
				"delete from people where region = 'us' and id = 1", "insert into people values ('as', 1, 'Ida', 3, now(), 0)",
				"update people set id = 8 where id = 7")
			s.sent(s.run(ledger.CompareBaseline), map[string][]string{
				"added":   {`{"id":1,"region":"as","name":"Ida","spent":3.00}`, `{"id":8,"region":"us","name":"Eve","spent":0.00}`},
				"changed": {`{"id":1,"region":"eu","name":"Ada L.","spent":1.50}`, `{"id":2,"region":"eu","name":null,"spent":0.00}`},
				"removed": {`{"id":1,"region":"us","name":"Bob","spent":2.00}`, `{"id":7,"region":"us","name":"Eve","spent":0.00}`},
			})

			exec1(t, pg, "insert into people values ('us', 1, 'Bob II', 2, now(), 0)", "delete from people where region = 'eu'")
			s.sent(s.run(ledger.CompareBaseline), map[string][]string{
				"added": {`{"id":1,"region":"us","name":"Bob II","spent":2.00}`}, "changed": none,
				"removed": {`{"id":1,"region":"eu","name":"Ada L.","spent":1.50}`, `{"id":2,"region":"eu","name":null,"spent":0.00}`},
			})

			exec1(t, pg, "update people set name = 'Bob III' where name = 'Bob II'", "delete from people where region = 'as'")
			s.sent(s.run(ledger.IgnoreBaseline), map[string][]string{
				"added":   {`{"id":1,"region":"us","name":"Bob III","spent":2.00}`, `{"id":8,"region":"us","name":"Eve","spent":0.00}`},
				"changed": none, "removed": {`{"id":1,"region":"as","name":"Ida","spent":3.00}`},
			})

			exec1(t, pg, "delete from people where id = 8", "insert into people values ('eu', 3, 'Zoe', 1, now(), 0)")
			s.sent(s.run(ledger.RebuildBaseline), map[string][]string{})
			exec1(t, pg, "truncate people")
			s.sent(s.run(ledger.CompareBaseline), map[string][]string{
				"added": none, "changed": none,
				"removed": {`{"id":1,"region":"us","name":"Bob III","spent":2.00}`, `{"id":3,"region":"eu","name":"Zoe","spent":1.00}`},
			})
		})
	}
}

func TestInsertSendsNewKeys(t *testing.T) {
	s := newStage(t)
	pg := s.postgres()
	exec1(t, pg, people, `insert into people values ('eu', 1, 'Ada', 1.5, now(), 0), ('eu', 2, null, null, now(), 0)`)
	s.produce()
	s.work()
	s.push(diffSync("insert", 2, exported))
	s.sent(s.run(""), map[string][]string{"added": {`{"id":1,"region":"eu","name":"Ada","spent":1.50}`, `{"id":2,"region":"eu","name":null,"spent":null}`}})
	exec1(t, pg, "update people set name = 'Bea'", "insert into people values ('eu', 3, 'Cy', 0, now(), 0)", "delete from people where id = 1")
	s.sent(s.run(""), map[string][]string{"added": {`{"id":3,"region":"eu","name":"Cy","spent":0.00}`}})
	exec1(t, pg, "insert into people values ('eu', 1, 'Ada again', 0, now(), 0)")
	s.sent(s.run(""), map[string][]string{"added": {`{"id":1,"region":"eu","name":"Ada again","spent":0.00}`}})
	s.sent(s.run(""), map[string][]string{"added": none})
	s.sent(s.run(ledger.IgnoreBaseline), map[string][]string{"added": {
		`{"id":1,"region":"eu","name":"Ada again","spent":0.00}`, `{"id":2,"region":"eu","name":"Bea","spent":null}`, `{"id":3,"region":"eu","name":"Cy","spent":0.00}`}})
}

// Rows that can't be told apart fail the run, with samples; nothing is written,
// and the baseline stays.
func TestBadKeysAreRefused(t *testing.T) {
	for _, parts := range []int{1, 3} {
		s := newStage(t)
		pg := s.postgres()
		exec1(t, pg, "create table people (region text, id int, name text)", "insert into people select 'eu', i, 'n' || i from generate_series(1, 100) i")
		s.produce()
		s.work()
		s.push(diffSync("diff", parts, ""))
		s.run("")
		refused := func(want ...string) {
			t.Helper()
			before := len(s.keys())
			r := s.ended(s.triggerWith("people", ""))
			if r.State != ledger.Failed || r.Failure.Kind != "invalid" {
				t.Fatalf("run is %s: %+v", r.State, r.Failure)
			}
			for _, w := range want {
				if !strings.Contains(r.Failure.Message, w) {
					t.Errorf("got %s, want %s", r.Failure.Message, w)
				}
			}
			if after := len(s.keys()); after != before {
				t.Errorf("got %d objects more", after-before)
			}
		}
		exec1(t, pg, "insert into people values ('eu', null, 'x'), (null, 7, 'y')")
		refused("null in the primary key", "region=eu, id=null")
		exec1(t, pg, "delete from people where region is null or id is null", "insert into people select region, id, 'again' from people where id % 10 = 0")
		refused("the same primary key", "region=eu, id=")
		exec1(t, pg, "delete from people where name = 'again'", "update people set name = 'new' where id = 5")
		s.sent(s.run(""), map[string][]string{"added": none, "changed": {`{"region":"eu","id":5,"name":"new"}`}, "removed": none})
	}
}

// What happens when the exported columns are no longer those of the baseline.
func TestDiffOfOtherColumns(t *testing.T) {
	s := newStage(t)
	pg := s.postgres()
	exec1(t, pg, people, `insert into people values ('eu', 1, 'Ada', 1.5, now(), 5), ('eu', 2, 'Bob', 2, now(), null), ('eu', 3, 'Cy', 3, now(), 3)`)
	s.produce()
	s.work()
	s.push(diffSync("diff", 2, "columns: [id, name, spent]\n"))
	s.run("")

	// A new column is a change where it isn't null; the order of columns is none.
	exec1(t, pg, "delete from people where id = 3")
	s.push(diffSync("diff", 2, "columns: [spent, secret, name, id]\n"))
	s.sent(s.run(""), map[string][]string{"added": none, "changed": {`{"spent":1.50,"secret":5,"name":"Ada","id":1}`},
		"removed": {`{"spent":3.00,"secret":null,"name":"Cy","id":3}`}})

	// A column less is no change by itself.
	exec1(t, pg, "update people set spent = 9 where id = 2")
	s.push(diffSync("diff", 2, "columns: [secret, spent]\n"))
	s.sent(s.run(""), map[string][]string{"added": none, "changed": {`{"secret":null,"spent":9.00}`}, "removed": none})

	// Another type needs a new baseline, or all rows sent again.
	exec1(t, pg, "alter table people alter secret type text using 'n' || secret::text")
	r := s.ended(s.triggerWith("people", ""))
	if r.State != ledger.Failed || !strings.Contains(r.Failure.Message, "secret was") || !strings.Contains(r.Failure.Message, "--full-resync") {
		t.Errorf("run is %s: %+v", r.State, r.Failure)
	}
	exec1(t, pg, "delete from people where id = 2")
	s.sent(s.run(ledger.IgnoreBaseline), map[string][]string{"added": {`{"secret":"n5","spent":1.50}`}, "changed": none, "removed": {`{"secret":null,"spent":9.00}`}})

	// So does another key.
	files := diffSync("diff", 1, "columns: [secret, spent]\n")
	files["models/people.yaml"] = strings.Replace(files["models/people.yaml"], "[region, id]", "id", 1)
	s.push(files)
	r = s.ended(s.triggerWith("people", ""))
	if r.State != ledger.Failed || !strings.Contains(r.Failure.Message, "the primary key was") || !strings.Contains(r.Failure.Message, "--reset-baseline") {
		t.Errorf("run is %s: %+v", r.State, r.Failure)
	}
	s.sent(s.run(ledger.RebuildBaseline), map[string][]string{})
	s.sent(s.run(""), map[string][]string{"added": none, "changed": none, "removed": none})
}

// A mapping's fields are what is compared; what the run fills in is no change.
func TestDiffOfAMapping(t *testing.T) {
	s := newStage(t)
	pg := s.postgres()
	exec1(t, pg, people, `insert into people values ('eu', 1, 'Ada', 1.5, now(), 5), ('eu', 2, 'Bob', 2, now(), 3)`)
	s.produce()
	s.work()
	const mapping = "mapping:\n  who: {template: '{{ name | upcase }}'}\n  what: {object: {op: {variable: op}, id: id}}\n"
	s.push(diffSync("diff", 1, mapping))
	s.run("")
	exec1(t, pg, "update people set name = 'ADA', spent = 7 where id = 1", "delete from people where id = 2", "insert into people values ('eu', 3, 'Cy', 1, now(), 0)")
	s.sent(s.run(""), map[string][]string{
		"added": {`{"who":"CY","what":{"op":"added","id":3}}`}, "changed": none, "removed": {`{"who":"BOB","what":{"op":"removed","id":2}}`}})
	s.push(diffSync("diff", 1, strings.ReplaceAll(mapping, "upcase", "downcase")))
	s.sent(s.run(""), map[string][]string{"added": none, "removed": none,
		"changed": {`{"who":"ada","what":{"op":"changed","id":1}}`, `{"who":"cy","what":{"op":"changed","id":3}}`}})
}

// A result in its own order is sent in that order.
func TestDiffKeepsAnOrder(t *testing.T) {
	s := newStage(t)
	exec1(t, s.postgres(), "create table people as select i as id, md5(i::text) as note from generate_series(1, 20000) i")
	s.produce()
	s.work()
	files := diffSync("diff", 1, "")
	files["models/people.yaml"] = "connection: postgres\nsql: select * from people order by note desc\nprimary_key: id\n"
	s.push(files)
	for _, change := range []string{"", "update people set note = md5(note) where id % 3 = 0"} {
		op, want := "added", "select string_agg(to_json(note)::text, ',' order by note desc) from people"
		if change != "" {
			exec1(t, s.postgres(), change)
			op, want = "changed", strings.Replace(want, "from people", "from people where id % 3 = 0", 1)
		}
		r := s.run("")
		body, _, err := s.bucket(s.data).Get(t.Context(), string(r.ID)+"-"+op+".ndjson")
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for line := range strings.Lines(string(body)) {
			_, note, _ := strings.Cut(line, `"note":`)
			notes = append(notes, strings.TrimSuffix(note, "}\n"))
		}
		if got := strings.Join(notes, ","); got != one(t, s.postgres(), want) {
			t.Errorf("%s rows are in another order: %.200s…", op, got)
		}
	}
}

// A run that fails or is canceled leaves the baseline as it was.
func TestOnlyACommitMovesTheBaseline(t *testing.T) {
	s := newStage(t)
	pg := s.postgres()
	exec1(t, pg, people, `insert into people values ('eu', 1, 'Ada', 1.5, now(), 5)`)
	s.produce()
	s.work()
	files := diffSync("diff", 1, exported)
	s.push(files)
	s.run("")
	exec1(t, pg, "update people set name = 'Bea'", "create view slow as select p.*, pg_sleep(60)::text as nap from people p", "create view broken as select p.*, 1 / spent::int * 0 as z from people p")
	for view, cancel := range map[string]bool{"slow": true, "broken": false} {
		other := diffSync("diff", 1, exported)
		other["models/people.yaml"] = strings.Replace(other["models/people.yaml"], "from people", "from "+view, 1)
		s.push(other)
		if !cancel {
			exec1(t, pg, "insert into people values ('eu', 2, 'Bob', 0, now(), 0)")
		}
		id := s.triggerWith("people", "")
		if cancel {
			s.until(id, "running", func(r ledger.Run) bool { return r.State == ledger.Running })
			if err := s.ledger.RequestCancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if r := s.ended(id); r.State == ledger.Done {
			t.Fatalf("%s: run is %s", view, r.State)
		}
		if !cancel {
			exec1(t, pg, "delete from people where id = 2")
		}
	}
	s.push(files)
	s.sent(s.run(""), map[string][]string{"added": none, "changed": {`{"id":1,"region":"eu","name":"Bea","spent":1.50}`}, "removed": none})
}
