package daemon_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomTable is a table of a random shape, its copy as it was when it was sent
// last, and what makes them change.
type randomTable struct {
	name, sent string
	rand       *rand.Rand
	key        []randomColumn
	values     []randomColumn
	large      bool
}

type randomColumn struct {
	name string
	typ  *sqlType
}

// sharedObjects makes what all tables use.
var sharedObjects = []string{
	`create type mood as enum ('fine', 'so "so", really', '日本')`, "create type pair as (a int, b text)", "create domain rank as int",
	"create table labels (id int primary key, label text, weight numeric)",
	"insert into labels values (0, 'zero', 0), (1, '', 1.0), (2, null, 1.00), (3, 'drei é', null), (5, 'five', 5)",
}

// columnName is odd now and then.
func columnName(r *rand.Rand, prefix string, i int) string {
	if r.IntN(4) > 0 {
		return fmt.Sprintf("%s%d", prefix, i)
	}
	return fmt.Sprintf(among("%s %d", "Größe %s%d", `%s"%d`, "%s-select-%d", "%s%d日本")(r), prefix, i)
}

func newRandomTable(r *rand.Rand, i int, large bool) *randomTable {
	t := &randomTable{name: fmt.Sprintf("t%d", i), sent: fmt.Sprintf("t%d_sent", i), rand: r, large: large}
	for k := range 1 + r.IntN(3) {
		t.key = append(t.key, randomColumn{columnName(r, "k", k), pickOf(r, keyTypes)})
	}
	if large {
		t.key[0].typ = typeNamed("integer")
	}
	for c := range 3 + r.IntN(8) {
		t.values = append(t.values, randomColumn{columnName(r, "c", c), pickOf(r, allTypes)})
	}
	if large { // rows that fill the least memory
		t.values = append(t.values, randomColumn{"filling", typeNamed("text")})
	}
	return t
}

// columns are the columns that a model may return; noise comes besides.
func (t *randomTable) columns() []randomColumn {
	return append(t.key[:len(t.key):len(t.key)], t.values...)
}

func (t *randomTable) create() []string {
	var all, key []string
	for _, c := range t.key {
		all, key = append(all, quoted(c.name)+" "+c.typ.name), append(key, quoted(c.name))
	}
	for _, c := range t.values {
		all = append(all, quoted(c.name)+" "+c.typ.name)
	}
	columns := strings.Join(all, ", ") + ", noise int not null"
	return []string{
		fmt.Sprintf("create table %s (%s, primary key (%s))", t.name, columns, strings.Join(key, ", ")),
		fmt.Sprintf("create table %s (%s)", t.sent, columns),
	}
}

// remember makes the present rows those that were sent.
func (t *randomTable) remember() []string {
	return []string{"truncate " + t.sent, fmt.Sprintf("insert into %s select * from %s", t.sent, t.name)}
}

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (t *randomTable) literal(c randomColumn, nulls bool) string {
	if nulls && t.rand.IntN(5) == 0 {
		return "null"
	}
	return sqlText(c.typ.literal(t.rand))
}

// insert adds some rows; those whose keys are there are left out.
func (t *randomTable) insert(n int) string {
	rows := make([]string, n)
	for i := range rows {
		var values []string
		for _, c := range t.key {
			values = append(values, t.literal(c, false))
		}
		for _, c := range t.values {
			values = append(values, t.literal(c, true))
		}
		rows[i] = "(" + strings.Join(values, ", ") + fmt.Sprintf(", %d)", t.rand.IntN(1000))
	}
	return fmt.Sprintf("insert into %s values %s on conflict do nothing", t.name, strings.Join(rows, ", "))
}

// fill adds many rows, whose first key is a number.
func (t *randomTable) fill(from, n int) string {
	values := []string{"g"}
	for _, c := range t.key[1:] {
		values = append(values, t.literal(c, false)+"::"+c.typ.name)
	}
	for _, c := range t.values {
		if c.name == "filling" {
			values = append(values, "repeat(md5(g::text || 'x'), 12)")
			continue
		}
		values = append(values, t.choice(c, "g", "null"))
	}
	return fmt.Sprintf("insert into %s select %s, g %% 1000 from generate_series(%d, %d) g on conflict do nothing", t.name, strings.Join(values, ", "), from, from+n-1)
}

// choice is one of a few values by a number, for some numbers what it was.
func (t *randomTable) choice(c randomColumn, number, otherwise string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "case abs(%s) %% 5", number)
	for i := range 4 {
		fmt.Fprintf(&b, " when %d then %s::%s", i, t.literal(c, true), c.typ.name)
	}
	return b.String() + " else " + otherwise + " end"
}

// chance is a number for each row that only depends on its key and the round.
func (t *randomTable) chance() string {
	var all []string
	for _, c := range t.key {
		all = append(all, quoted(c.name)+"::text")
	}
	return fmt.Sprintf("(hashtextextended(concat_ws('|', %s), %d) %% 100000)", strings.Join(all, ", "), t.rand.Uint32())
}

// share is a condition that holds for about so many rows in a hundred.
func (t *randomTable) share(percent int) string {
	return fmt.Sprintf("abs(%s) %% 100 < %d", t.chance(), percent)
}

// change returns statements that change the table in a random way.
func (t *randomTable) change() []string {
	if t.rand.IntN(12) == 0 {
		return nil // nothing at all
	}
	var all []string
	for range 1 + t.rand.IntN(4) {
		all = append(all, t.mutation())
	}
	return all
}

func (t *randomTable) mutation() string {
	switch n := t.rand.IntN(40); {
	case n < 9:
		if t.large {
			return t.fill(t.rand.IntN(18000), 500+t.rand.IntN(1500))
		}
		return t.insert(1 + t.rand.IntN(80))
	case n < 14:
		return fmt.Sprintf("delete from %s where %s", t.name, t.share(1+t.rand.IntN(20)))
	case n < 25:
		return t.update(1 + t.rand.IntN(30))
	case n < 29: // not exported, but rows may come and go by it
		return fmt.Sprintf("update %s set noise = (noise * 7 + 1) %% 1000 where %s", t.name, t.share(10))
	case n < 33:
		return t.changeKey()
	case n < 37:
		return t.respell()
	case n < 38: // everything at once
		return t.update(100)
	case n < 39:
		return "truncate " + t.name
	}
	return fmt.Sprintf("delete from %s where %s", t.name, t.share(95))
}

func (t *randomTable) update(percent int) string {
	var sets []string
	chance := t.chance()
	for _, c := range t.values {
		if t.rand.IntN(3) == 0 {
			sets = append(sets, fmt.Sprintf("%s = %s", quoted(c.name), t.choice(c, chance, quoted(c.name))))
		}
	}
	if len(sets) == 0 {
		sets = []string{"noise = noise"}
	}
	return fmt.Sprintf("update %s set %s where %s", t.name, strings.Join(sets, ", "), t.share(percent))
}

// changeKey gives some row another key, if nobody has it.
func (t *randomTable) changeKey() string {
	c := pickOf(t.rand, t.key)
	var same []string
	value := t.literal(c, false) + "::" + c.typ.name
	for _, k := range t.key {
		if k.name == c.name {
			same = append(same, fmt.Sprintf("x.%s = %s", quoted(k.name), value))
		} else {
			same = append(same, fmt.Sprintf("x.%s = %s.%s", quoted(k.name), t.name, quoted(k.name)))
		}
	}
	return fmt.Sprintf("update %[1]s set %[2]s = %[3]s where ctid = (select ctid from %[1]s order by %[4]s limit 1) and not exists (select 1 from %[1]s x where %[5]s)",
		t.name, quoted(c.name), value, t.chance(), strings.Join(same, " and "))
}

// respell writes values otherwise that stay equal, of keys too.
func (t *randomTable) respell() string {
	var sets []string
	for _, c := range t.columns() {
		if c.typ.respelt != "" {
			sets = append(sets, fmt.Sprintf("%s = %s", quoted(c.name), fmt.Sprintf(c.typ.respelt, quoted(c.name))))
		}
	}
	if len(sets) == 0 {
		return t.update(5)
	}
	return fmt.Sprintf("update %s set %s where %s", t.name, strings.Join(sets, ", "), t.share(30))
}
