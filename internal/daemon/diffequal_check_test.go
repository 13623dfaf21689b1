package daemon_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"github.com/longshore/longshore/internal/export"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// ops is how many rows there are of each op.
type ops map[string]int64

// checker holds the objects of a sync's runs against what PostgreSQL makes of
// the tables: FULL OUTER JOIN by the key, and texts of the values.
type checker struct {
	*randomSync
	db     *pgx.Conn
	bucket *s3.Bucket
}

// prepare makes the tables that rows are read back into.
func (c *checker) prepare(ctx context.Context) error {
	var read, staged, text []string
	for _, f := range c.fields {
		read = append(read, quoted(f.name)+" "+f.typ.readAs())
		text = append(text, quoted(f.name)+" text")
		if f.typ.element != nil {
			staged = append(staged, quoted(f.name)+" json") // as which CSV has lists
		} else {
			staged = append(staged, quoted(f.name)+" "+f.typ.readAs())
		}
	}
	return c.exec(ctx, "set timezone to 'UTC'", "drop table if exists got, staged, want", fmt.Sprintf("drop type if exists %s_row", c.name),
		fmt.Sprintf("create type %s_row as (%s)", c.name, strings.Join(read, ", ")),
		fmt.Sprintf("create temp table got (sent_as text, %s)", strings.Join(read, ", ")),
		fmt.Sprintf("create temp table staged (%s)", strings.Join(staged, ", ")),
		fmt.Sprintf("create temp table want (sent_as text, %s)", strings.Join(text, ", ")))
}

func (c *checker) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := c.db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.2000s: %w", statement, err)
		}
	}
	return nil
}

// expect fills want with what a run has to send, and the unchanged rows.
func (c *checker) expect(ctx context.Context, use ledger.BaselineUse) (ops, error) {
	var same, now, sent, added, removed []string
	for _, k := range c.table.key {
		same = append(same, fmt.Sprintf("n.%s = o.%[1]s", quoted(k.name)))
	}
	for _, f := range c.fields {
		for _, compared := range f.compared {
			now = append(now, compared("n"))
			if f.fresh {
				sent = append(sent, "null")
			} else {
				sent = append(sent, compared("o"))
			}
		}
	}
	differs := "false"
	if len(now) > 0 {
		differs = fmt.Sprintf("row(%s) is distinct from row(%s)", strings.Join(now, ", "), strings.Join(sent, ", "))
	}
	op := "case when n.here is null then 'removed' when o.here is null then 'added' when " + differs + " then 'changed' else 'unchanged' end"
	if use == ledger.IgnoreBaseline {
		op = "case when n.here is null then 'removed' else 'added' end"
	}
	for _, f := range c.fields {
		added = append(added, f.written("n", "("+op+")"))
		if f.fresh {
			removed = append(removed, "null")
		} else {
			removed = append(removed, f.written("o", "'removed'"))
		}
	}
	values := make([]string, len(added))
	for i := range values {
		values[i] = fmt.Sprintf("case when n.here is null then %s else %s end", removed[i], added[i])
	}
	err := c.exec(ctx, "truncate want", fmt.Sprintf("insert into want with n as (select true here, m.* from (%s) m), o as (select true here, m.* from (%s) m) select %s, %s from n full join o on %s",
		fmt.Sprintf(c.sql, c.table.name), fmt.Sprintf(c.sql, c.table.sent), op, strings.Join(values, ", "), strings.Join(same, " and ")))
	if err != nil {
		return nil, err
	}
	return c.count(ctx, "want")
}

func (c *checker) count(ctx context.Context, table string) (ops, error) {
	rows, err := c.db.Query(ctx, "select sent_as, count(*) from "+table+" group by sent_as")
	if err != nil {
		return nil, err
	}
	counted := ops{}
	var op string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&op, &n}, func() error { counted[op] = n; return nil })
	return counted, err
}

// check compares what a run wrote with what it had to.
func (c *checker) check(ctx context.Context, m *export.Manifest, use ledger.BaselineUse) (ops, error) {
	want, err := c.expect(ctx, use)
	if err != nil {
		return nil, err
	}
	if use == ledger.RebuildBaseline {
		if len(m.Objects) > 0 {
			return nil, fmt.Errorf("got objects %+v of a run that writes none", m.Objects)
		}
		return ops{}, nil
	}
	if err := c.readBack(ctx, m); err != nil {
		return nil, err
	}
	if err := c.checkCounts(m, want, use); err != nil {
		return nil, err
	}
	delete(want, "unchanged")
	return want, c.compare(ctx)
}

func (c *checker) checkCounts(m *export.Manifest, want ops, use ledger.BaselineUse) error {
	objects, rows := ops{}, ops{}
	for _, o := range m.Objects {
		objects[o.Op]++
		rows[o.Op] += o.Rows
	}
	for _, op := range []string{"added", "changed", "removed"} {
		if m.Ops[op] != want[op] || rows[op] != want[op] {
			return fmt.Errorf("the manifest says %d rows %s, and %d in objects; PostgreSQL %d", m.Ops[op], op, rows[op], want[op])
		}
		if wanted := !c.skipEmpty || want[op] > 0; wanted != (objects[op] > 0) {
			return fmt.Errorf("got %d objects %s for %d rows", objects[op], op, want[op])
		}
	}
	if use == ledger.CompareBaseline && m.Ops["unchanged"] != want["unchanged"] {
		return fmt.Errorf("the manifest says %d rows unchanged, PostgreSQL %d", m.Ops["unchanged"], want["unchanged"])
	}
	return nil
}

// compare compares the rows as multisets.
func (c *checker) compare(ctx context.Context) error {
	var read []string
	for _, f := range c.fields {
		value := "g." + quoted(f.name)
		if f.typ.shown != "" && f.typ.readAs() == "jsonb" {
			read = append(read, fmt.Sprintf("nullif(%s::text, 'null')", value))
		} else {
			read = append(read, value+"::text")
		}
	}
	got := "select sent_as, " + strings.Join(read, ", ") + " from got g"
	const want = "select * from want where sent_as <> 'unchanged'"
	rows, err := c.db.Query(ctx, fmt.Sprintf("(select 'missing', d::text from ((%s) except all (%s)) d order by 2 limit 5) union all (select 'too much', d::text from ((%[2]s) except all (%[1]s)) d order by 2 limit 5)", want, got))
	if err != nil {
		return err
	}
	var wrong []string
	var kind, row string
	_, err = pgx.ForEachRow(rows, []any{&kind, &row}, func() error { wrong = append(wrong, fmt.Sprintf("%s: %.600s", kind, row)); return nil })
	if err == nil && len(wrong) > 0 {
		err = fmt.Errorf("other rows than PostgreSQL's:\n%s", strings.Join(wrong, "\n"))
	}
	return err
}

// readBack reads the objects into the table got.
func (c *checker) readBack(ctx context.Context, m *export.Manifest) error {
	if err := c.exec(ctx, "truncate got"); err != nil {
		return err
	}
	for _, o := range m.Objects {
		body, _, err := c.bucket.Get(ctx, o.Key)
		if err != nil {
			return err
		}
		if int64(len(body)) != o.Bytes {
			return fmt.Errorf("%s has %d bytes, its manifest says %d", o.Key, len(body), o.Bytes)
		}
		if err := c.readObject(ctx, o.Op, body); err != nil {
			return fmt.Errorf("read %s: %w", o.Key, err)
		}
	}
	return nil
}

func (c *checker) readObject(ctx context.Context, op string, body []byte) error {
	if c.format == "parquet" {
		lines, err := parquetLines(body, c.fields)
		if err != nil {
			return err
		}
		return c.insertLines(ctx, op, lines)
	}
	body, err := c.decompress(body)
	if err != nil {
		return err
	}
	switch c.format {
	case "csv":
		return c.copyCSV(ctx, op, body)
	case "json":
		var all []json.RawMessage
		if err := json.Unmarshal(body, &all); err != nil {
			return err
		}
		lines := make([]string, len(all))
		for i, l := range all {
			lines[i] = string(l)
		}
		return c.insertLines(ctx, op, lines)
	}
	var lines []string
	for line := range bytes.Lines(body) {
		lines = append(lines, string(line))
	}
	return c.insertLines(ctx, op, lines)
}

func (c *checker) decompress(body []byte) ([]byte, error) {
	switch c.compression {
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case "zstd":
		r, err := zstd.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	return body, nil
}

// insertLines has PostgreSQL read a JSON document for each row.
func (c *checker) insertLines(ctx context.Context, op string, lines []string) error {
	_, err := c.db.Exec(ctx, fmt.Sprintf("insert into got select $1::text, r.* from unnest($2::text[]) l, json_populate_record(null::%s_row, l::json) r", c.name), op, lines)
	return err
}

// copyCSV has PostgreSQL read CSV.
func (c *checker) copyCSV(ctx context.Context, op string, body []byte) error {
	copied := fmt.Sprintf("copy staged from stdin (format csv, header %t, delimiter %s, null %s)", c.csv.header, sqlText(c.csv.delimiter), sqlText(c.csv.null))
	if err := c.exec(ctx, "truncate staged"); err != nil {
		return err
	}
	if _, err := c.db.PgConn().CopyFrom(ctx, bytes.NewReader(body), copied); err != nil {
		return err
	}
	var values []string
	for _, f := range c.fields {
		value := "s." + quoted(f.name)
		if f.typ.element != nil {
			value = fmt.Sprintf("(json_populate_record(null::%s_row, json_build_object(%s, %s))).%s", c.name, sqlText(f.name), value, quoted(f.name))
		}
		values = append(values, value)
	}
	_, err := c.db.Exec(ctx, "insert into got select $1::text, "+strings.Join(values, ", ")+" from staged s", op)
	return err
}
