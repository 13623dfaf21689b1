package sidebyside_test

import (
	"fmt"

	"github.com/longshore/longshore/bench/report"
)

// outerJoin is what a diff is in SQL: rows of two indexed tables that are only in one, or differ.
const outerJoin = `select case when b.id is null then 'added' when n.id is null then 'removed' else 'changed' end op, coalesce(n.id, b.id) as id, n.created, n.session, n.status, n.quantity,
	n.discount, n.paid, n.amount, n.ship_date, n.note, n.email, n.payload
from before b full outer join orders n on n.id = b.id
where b.id is null or n.id is null or (b.created, b.session, b.status, b.quantity, b.discount, b.paid, b.amount, b.ship_date, b.note, b.email, b.payload)
	is distinct from (n.created, n.session, n.status, n.quantity, n.discount, n.paid, n.amount, n.ship_date, n.note, n.email, n.payload)`

// diffs find 1 % of rows that changed. In each round other rows have.
func (b *bench) diffs() []report.Job {
	b.t.Helper()
	b.push(map[string]string{
		"models/orders.yaml": "connection: postgres\nsql: select * from orders\nprimary_key: id\n",
		"syncs/changes.yaml": "model: orders\nmode: diff\ndestination:\n  connection: minio\n  path: diff/{op}.csv\n  format: csv\n",
	})
	first := b.whole(b.run("sync", "changes"))
	b.t.Logf("%-34s %-28s %s", "Diff, first run", report.Longshore, line(first))
	b.ask("create unlogged table before (like orders including all)", "insert into before select * from orders", "vacuum (analyze) before")
	var want string
	change := func(round int) {
		b.ask(fmt.Sprintf(changeRows, "orders", round+100), "vacuum (analyze) orders")
		want = b.query(sum + b.postgresTable("changed"))
	}
	b.ask("create view changed as " + outerJoin)
	job := report.Job{Name: "Diff, 1 % changed", Contenders: []report.Contender{{Name: report.Longshore}, {Name: report.FullOuterJoin}}}
	for round := range b.repeat {
		change(round)
		ours := b.whole(b.run("sync", "changes"))
		ours.Sum = b.query(sum + b.s3("diff/changed.csv", "CSVWithNames", structure(modern), "none") + " SETTINGS date_time_input_format = 'best_effort'")
		join := b.whole(b.shell(`psql -qX "$PGURL" -c "copy (select * from changed) to stdout (format csv, header)" > diff.csv && rm diff.csv`))
		join.Sum = want
		if ours.Sum != want {
			b.t.Fatalf("diff: the changed rows have count and sum %q, want %q", ours.Sum, want)
		}
		for i, m := range []report.Measure{ours, join} {
			c := &job.Contenders[i]
			c.Runs = append(c.Runs, m)
			b.t.Logf("%-34s %-28s %s", job.Name, c.Name, line(m))
		}
		b.ask(fmt.Sprintf(changeRows, "before", round+100), "vacuum (analyze) before")
	}
	b.ask("drop view changed", "drop table before")
	return []report.Job{job}
}
