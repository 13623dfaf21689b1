package daemon_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
)

// What the rows read. The model people is in the order of its ids, and so are
// its files.
func (p *page) tables() {
	p.t.Helper()
	exec1(p.t, p.postgres(),
		"create table people (id int primary key, name text)", "insert into people values (1, 'Ada'), (2, 'Bob'), (3, 'Cy')",
		"create table customers (customer_id int, email text, first_name text, last_name text, note text)",
		"insert into customers values (1, 'ada@example.com', 'Ada', 'Lovelace', E'a,b;c|d~e\tf'), (2, 'grace@example.com', 'Grace', 'Hopper', null)",
		"create view mails as select email from customers")
	exec1(p.t, p.clickhouse(), "create table visits (id Int32, page String) engine = MergeTree order by id", "insert into visits values (1, '/'), (2, '/map')")
	p.model("people", "select id, name from people order by id", "id: crm-people\nprimary_key: id\n")
	p.model("customers", "select * from customers order by customer_id", "primary_key: customer_id\n")
	p.model("mails", "select * from mails order by email", "")
	p.model("orders", "with o (who, total) as (values (1, 1.50), (1, 2.25), (2, 7)) select first_name as name, sum(total)::numeric(10,2) as spent "+
		"from o join customers on who = customer_id group by first_name order by first_name", "")
	p.model("nobody", "select customer_id, email from customers where false", "primary_key: customer_id\n")
	p.files["models/visits.yaml"] = "connection: clickhouse\nsql: select * from visits order by id\n"
}

// change is what happens between the runs.
func (p *page) change() {
	p.t.Helper()
	exec1(p.t, p.postgres(), "insert into people values (4, 'Dee')", "update people set name = 'Bea' where id = 2", "delete from people where id = 3")
}

const (
	peopleBefore    = "id,name\n1,Ada\n2,Bob\n3,Cy\n"
	peopleAfter     = "id,name\n1,Ada\n2,Bea\n4,Dee\n"
	customersCSV    = "customer_id,email,first_name,last_name,note\n1,ada@example.com,Ada,Lovelace,\"a,b;c|d~e\tf\"\n2,grace@example.com,Grace,Hopper,\n"
	customersCells  = "customer_id email first_name last_name note\n(1,'ada@example.com','Ada','Lovelace','a,b;c|d~e\\tf')\n(2,'grace@example.com','Grace','Hopper',NULL)\n"
	customersJSON   = "[\n" + `{"customer_id":1,"email":"ada@example.com","first_name":"Ada","last_name":"Lovelace","note":"a,b;c|d~e\tf"},` + "\n" + `{"customer_id":2,"email":"grace@example.com","first_name":"Grace","last_name":"Hopper","note":null}` + "\n]\n"
	byteOrderMark   = "\ufeff"
	emptyPeople     = "id,name\n"
	emptyCustomers  = "customer_id,email\n"
	customersMapped = "id,email,name\n1,ada@example.com,Ada Lovelace\n2,grace@example.com,Grace Hopper\n"
)

// cells reads an object with another program, which finds out its columns.
func cells(format string) func(p *page, key string) string {
	return func(p *page, key string) string {
		p.t.Helper()
		var names []string
		from := p.s3(key, format, "")
		for _, described := range readTexts(p.t, p.clickhouse(), "describe table "+from) {
			names = append(names, described[0].String)
		}
		text := strings.Join(names, " ") + "\n"
		for _, cell := range readTexts(p.t, p.clickhouse(), "select toString(tuple(*)) from "+from) {
			text += cell[0].String + "\n"
		}
		return text
	}
}

// unzipped reads an object of gzip.
func unzipped(p *page, key string) string {
	p.t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(p.download(key)))
	if err != nil {
		p.t.Fatalf("%s: %v", key, err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		p.t.Fatalf("%s: %v", key, err)
	}
	return string(body)
}

func (p *page) supportedSyncing() {
	for _, f := range []struct{ format, name, reader string }{{"csv", "CSV", "CSVWithNames"}, {"json", "JSON", "JSONEachRow"}, {"parquet", "Parquet", "Parquet"}} {
		for _, set := range []struct{ name, model, want string }{
			{"a table", "customers", customersCells},
			{"a view", "mails", "email\n('ada@example.com')\n('grace@example.com')\n"},
			{"a query", "orders", "name spent\n('Ada',3.75)\n('Grace',7)\n"},
			{"a table of ClickHouse", "visits", "id page\n(1,'/')\n(2,'/map')\n"},
		} {
			key := f.format + "-" + strings.ReplaceAll(set.name, " ", "-") + "/file"
			p.add(row{name: "Supported syncing/Any data set/" + f.name + "/" + set.name, model: set.model, format: f.format, path: key,
				read: cells(f.reader), want: map[string]string{key: set.want}})
		}
	}
	p.add(row{name: "Supported Sync Modes/All", model: "people", path: "all/{sync.run.id}.csv", again: true,
		want: map[string]string{"all/run1.csv": peopleBefore, "all/run2.csv": peopleAfter}},
		row{name: "Supported Sync Modes/Insert", model: "people", mode: "insert", path: "insert/{sync.run.id}.csv", again: true,
			want: map[string]string{"insert/run1.csv": peopleBefore, "insert/run2.csv": "id,name\n4,Dee\n"}},
		row{name: "Supported Sync Modes/Diff", model: "people", mode: "diff", path: "diff/{sync.run.id}.csv", again: true, want: map[string]string{
			"diff/run1-added.csv": peopleBefore, "diff/run1-changed.csv": emptyPeople, "diff/run1-removed.csv": emptyPeople,
			"diff/run2-added.csv": "id,name\n4,Dee\n", "diff/run2-changed.csv": "id,name\n2,Bea\n", "diff/run2-removed.csv": "id,name\n3,Cy\n"}})
}

func (p *page) fileFormats() {
	p.add(row{name: "Select file format/CSV", model: "customers", path: "format-csv/x", want: map[string]string{"format-csv/x": customersCSV}},
		row{name: "Select file format/JSON", model: "customers", format: "json", path: "format-json/x", want: map[string]string{"format-json/x": customersJSON}},
		row{name: "Select file format/Parquet", model: "customers", format: "parquet", path: "format-parquet/x", want: map[string]string{"format-parquet/x": "PAR1…PAR1"},
			read: func(p *page, key string) string {
				body := p.download(key)
				return string(body[:4]) + "…" + string(body[len(body)-4:])
			}})
}

func (p *page) csvOptions() {
	for _, d := range []struct{ name, yaml, text string }{
		{"comma (,)", `","`, ","}, {"semicolon (;)", `";"`, ";"}, {"pipe (|)", `"|"`, "|"}, {"tilde (~)", `"~"`, "~"}, {"tab", "tab", "\t"},
	} {
		// The value that needs quotes has every delimiter in it.
		const value = "\"a,b;c|d~e\tf\""
		want := strings.ReplaceAll(strings.Replace(customersCSV, value, "VALUE", 1), ",", d.text)
		folder := "delimiter-" + strings.Fields(d.name)[0]
		p.add(row{name: "CSV options/Delimiter/" + d.name, model: "customers", path: folder + "/x.csv", to: "  csv: {delimiter: " + d.yaml + "}\n",
			want: map[string]string{folder + "/x.csv": strings.Replace(want, "VALUE", value, 1)}})
	}
	for _, o := range []struct{ name, folder, yaml, want string }{
		{"header row/included", "header-on", "header: true", peopleBefore},
		{"header row/not included", "header-off", "header: false", strings.TrimPrefix(peopleBefore, emptyPeople)},
		{"byte order mark (BOM)/included", "bom-on", "bom: true", byteOrderMark + peopleBefore},
		{"byte order mark (BOM)/included, without a header", "bom-alone", "bom: true, header: false", byteOrderMark + strings.TrimPrefix(peopleBefore, emptyPeople)},
		{"byte order mark (BOM)/not included", "bom-off", "bom: false", peopleBefore},
	} {
		p.add(row{name: "CSV options/" + o.name, model: "people", path: o.folder + "/x.csv", to: "  csv: {" + o.yaml + "}\n",
			want: map[string]string{o.folder + "/x.csv": o.want}})
	}
}

func (p *page) columnsToSync() {
	const mapping = "mapping:\n  id: customer_id\n  email: email\n  name: {template: '{{ first_name }} {{ last_name }}'}\n"
	p.add(row{name: "Columns to sync/all columns exactly as your model returns them", model: "customers", path: "columns-all/x.csv",
		want: map[string]string{"columns-all/x.csv": customersCSV}},
		row{name: "Columns to sync/specific ones", model: "customers", path: "columns-some/x.csv", more: "columns: [email, customer_id]\n",
			want: map[string]string{"columns-some/x.csv": "email,customer_id\nada@example.com,1\ngrace@example.com,2\n"}},
		row{name: "Columns to sync/advanced mapper", model: "customers", path: "mapper/x.csv", more: mapping,
			want: map[string]string{"mapper/x.csv": customersMapped}},
		row{name: "Columns to sync/advanced mapper/only the fields you explicitly map", model: "customers", path: "mapper-json/x.json", format: "json", more: mapping,
			want: map[string]string{"mapper-json/x.json": "[\n" + `{"id":1,"email":"ada@example.com","name":"Ada Lovelace"},` + "\n" +
				`{"id":2,"email":"grace@example.com","name":"Grace Hopper"}` + "\n]\n"}})
}

func (p *page) batchSizes() {
	p.add(row{name: "Batch size/by default one file", model: "people", path: "batch-off/x.csv", want: map[string]string{"batch-off/x.csv": peopleBefore}},
		row{name: "Batch size/in diff mode three files", model: "people", mode: "diff", path: "batch-diff/x.csv", want: map[string]string{
			"batch-diff/x-added.csv": peopleBefore, "batch-diff/x-changed.csv": emptyPeople, "batch-diff/x-removed.csv": emptyPeople}},
		row{name: "Batch size/enabled, multiple files", model: "people", path: "batch-on/x.csv", to: "  batch: {rows: 2}\n", want: map[string]string{
			"batch-on/x-00001.csv": "id,name\n1,Ada\n2,Bob\n", "batch-on/x-00002.csv": "id,name\n3,Cy\n"}},
		row{name: "Batch size/enabled, in diff mode", model: "people", mode: "diff", path: "batch-on-diff/x.csv", to: "  batch: {rows: 2}\n", want: map[string]string{
			"batch-on-diff/x-added-00001.csv": "id,name\n1,Ada\n2,Bob\n", "batch-on-diff/x-added-00002.csv": "id,name\n3,Cy\n",
			"batch-on-diff/x-changed-00001.csv": emptyPeople, "batch-on-diff/x-removed-00001.csv": emptyPeople}})
}

func (p *page) emptyResults() {
	const skip = "  skip_empty: true\n"
	p.add(row{name: "Empty file results/written by default/CSV", model: "nobody", path: "empty-csv/x", want: map[string]string{"empty-csv/x": emptyCustomers}},
		row{name: "Empty file results/written by default/JSON", model: "nobody", format: "json", path: "empty-json/x", want: map[string]string{"empty-json/x": "[\n]\n"}},
		row{name: "Empty file results/written by default/Parquet", model: "nobody", format: "parquet", path: "empty-parquet/x", read: cells("Parquet"),
			want: map[string]string{"empty-parquet/x": "customer_id email\n"}},
		row{name: "Empty file results/skip empty files", model: "nobody", path: "skipped/x", to: skip, want: map[string]string{}},
		row{name: "Empty file results/haven't changed since the last sync/written by default", model: "customers", mode: "diff", more: "columns: [customer_id, email]\n",
			path: "same/{sync.run.id}-{op}", again: true, want: map[string]string{
				"same/run1-added": "customer_id,email\n1,ada@example.com\n2,grace@example.com\n", "same/run1-changed": emptyCustomers, "same/run1-removed": emptyCustomers,
				"same/run2-added": emptyCustomers, "same/run2-changed": emptyCustomers, "same/run2-removed": emptyCustomers}},
		row{name: "Empty file results/haven't changed since the last sync/skip empty files/Diff", model: "customers", mode: "diff", path: "same-skipped/{sync.run.id}-{op}",
			to: skip, again: true, want: map[string]string{"same-skipped/run1-added": customersCSV}},
		row{name: "Empty file results/haven't changed since the last sync/skip empty files/Insert", model: "customers", mode: "insert", path: "none-skipped/{sync.run.id}",
			to: skip, again: true, want: map[string]string{"none-skipped/run1": customersCSV}})
}

func (p *page) gzipCompression() {
	const zip = "  compression: gzip\n"
	p.add(row{name: "Gzip compression/CSV", model: "people", path: "gzip/people.csv", to: zip, read: unzipped, want: map[string]string{"gzip/people.csv": peopleBefore}},
		row{name: "Gzip compression/JSON", model: "customers", format: "json", path: "gzip-json/people.json", to: zip, read: unzipped,
			want: map[string]string{"gzip-json/people.json": customersJSON}},
		row{name: "Gzip compression/Parquet", model: "customers", format: "parquet", path: "gzip-parquet/people.parquet", to: zip, read: cells("Parquet"),
			want: map[string]string{"gzip-parquet/people.parquet": customersCells}},
		row{name: "Gzip compression/with .gz added to your filename", model: "people", path: "gzip-named/people.csv.gz", to: zip, read: unzipped,
			want: map[string]string{"gzip-named/people.csv.gz": peopleBefore}})
}
