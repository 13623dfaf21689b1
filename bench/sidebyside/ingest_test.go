package sidebyside_test

import (
	"fmt"
	"strings"

	"github.com/longshore/longshore/bench/report"
)

const (
	smallFiles    = 200
	smallFilesJob = "200 small files"
	toMergeTree   = " → MergeTree"
)

// file is a kind of file that is ingested: written by ClickHouse, which is nobody's own.
type file struct{ name, format, compression, ours string }

var ingested = []file{
	{"CSV", "CSVWithNames", "none", "csv"},
	{"NDJSON", "JSONEachRow", "none", "ndjson"},
	{"NDJSON.gz", "JSONEachRow", "gzip", "ndjson"},
	{"Parquet", "Parquet", "none", "parquet"},
}

// key has a folder of its own: a path without a pattern is a prefix.
func (f file) key(of string) string { return of + "/" + strings.ToLower(f.name) + "/rows" }

// table is where a round puts it.
func (f file) table(prefix string, round int) string {
	return fmt.Sprint(prefix, "_", strings.ReplaceAll(strings.ToLower(f.name), ".", "_"), "_", round+1)
}

// write has ClickHouse write a file of the table's rows.
func (b *bench) write(key string, f file, selected, where string) {
	b.t.Helper()
	b.query("INSERT INTO FUNCTION " + b.s3(key, f.format, "auto", f.compression) + " SELECT " + selected + " FROM source " + where +
		" SETTINGS s3_truncate_on_insert = 1, output_format_parquet_compression_method = 'zstd'")
}

// source copies the table into ClickHouse, from where files are written, and returns its count and sum.
func (b *bench) source() (want string) {
	b.t.Helper()
	b.query("CREATE TABLE IF NOT EXISTS source (" + structure(modern) + ") ENGINE = MergeTree ORDER BY id")
	if b.query("SELECT count() FROM source") == "0" {
		b.query("INSERT INTO source SELECT " + names() + " FROM " + b.postgresTable("orders"))
	}
	return b.query(sum + "source")
}

// ingests are objects to a MergeTree of ClickHouse 26, by us and by its own reader.
func (b *bench) ingests() []report.Job {
	b.t.Helper()
	want := b.source()
	project := map[string]string{}
	for _, f := range ingested {
		if b.wants(f.name+toMergeTree) || f.name == "CSV" && b.wants(smallFilesJob) {
			b.write(f.key("in"), f, names(), "")
		}
		for round := range b.repeat {
			project["datasources/"+f.table("ours", round)+".datasource"] = datasource("s3://"+b.data+"/"+f.key("in"), "clickhouse", modern, f.ours)
		}
	}
	for i := range smallFiles {
		if !b.wants(smallFilesJob) {
			break
		}
		b.write(fmt.Sprintf("small/%03d.csv", i), ingested[0], names(), fmt.Sprintf("WHERE id %% %d = %d", smallFiles, i))
	}
	for round := range b.repeat {
		for _, name := range []string{"small", "one"} {
			path := map[string]string{"small": "small/*.csv", "one": ingested[0].key("in")}[name]
			project[fmt.Sprintf("datasources/%s_%d.datasource", name, round+1)] = datasource("s3://"+b.data+"/"+path, "clickhouse", modern, "csv")
		}
	}
	b.push(project)
	var jobs []job
	for _, f := range ingested {
		jobs = append(jobs, job{f.name + toMergeTree, want, []contender{
			b.datasource(report.Longshore, func(round int) string { return f.table("ours", round) }),
			b.insertSelect(func(round int) string { return f.table("theirs", round) }, f.key("in"), f),
		}})
	}
	jobs = append(jobs, job{smallFilesJob, want, []contender{
		b.datasource(report.Longshore, func(round int) string { return fmt.Sprint("small_", round+1) }),
		b.datasource(report.BigFile, func(round int) string { return fmt.Sprint("one_", round+1) }),
		b.insertSelect(func(round int) string { return fmt.Sprint("theirs_small_", round+1) }, "small/*.csv", ingested[0]),
	}})
	return b.compete(jobs)
}

// datasource runs a datasource of its own in each round: a file goes into each of them once.
func (b *bench) datasource(name string, table func(int) string) contender {
	return contender{name,
		func(round int) report.Measure { return b.whole(b.run("datasource", table(round))) },
		func(round int) string {
			defer b.query("DROP TABLE " + table(round) + " SYNC")
			return b.query(sum + table(round))
		}}
}

// insertSelect is ClickHouse's own reader.
func (b *bench) insertSelect(table func(int) string, key string, f file) contender {
	return contender{report.ClickHouse,
		func(round int) report.Measure {
			b.query("CREATE TABLE " + table(round) + " (" + structure(modern) + ") ENGINE = MergeTree ORDER BY id")
			return b.whole(b.measured("INSERT INTO " + table(round) + " SELECT * FROM " + b.s3(key, f.format, structure(modern), f.compression)))
		},
		func(round int) string {
			defer b.query("DROP TABLE " + table(round) + " SYNC")
			return b.query(sum + table(round))
		}}
}

// ingests18 are objects to a MergeTree of ClickHouse 18.16, by our stages and by its client. That server has nothing that makes an append
// exact, so Longshore has no datasources there: feed is what one part of a run does between its records.
func (b *bench) ingests18() []report.Job {
	b.t.Helper()
	b.source()
	var jobs []job
	for _, f := range ingested[:3] {
		key := f.key("in18")
		b.write(key, f, forOld, "")
		want := b.query(sumOld + b.s3(key, f.format, structure(old), f.compression))
		jobs = append(jobs, job{f.name + " → MergeTree 18.16", want, []contender{b.pipe18(report.Longshore, b.feed(key, f)), b.pipe18(report.Client18, b.client(key, f))}})
	}
	return b.compete(jobs)
}

// pipe18 has a script fill the table rows.
func (b *bench) pipe18(name, script string) contender {
	return contender{name,
		func(int) report.Measure {
			b.queryOld("CREATE TABLE rows (" + structure(old) + ") ENGINE = MergeTree ORDER BY id")
			return b.whole(b.shell(script))
		},
		func(int) string {
			defer b.queryOld("DROP TABLE rows")
			return b.queryOld(sumOld + "rows")
		}}
}

func (b *bench) feed(key string, f file) string {
	all := strings.ReplaceAll(structure(old), ", ", "; ")
	return fmt.Sprintf("feed %s $DATA %s %s rows '%s'", f.ours, key, b.old, strings.ReplaceAll(all, "12; 2", "12, 2"))
}

func (b *bench) client(key string, f file) string {
	gunzip := ""
	if f.compression == "gzip" {
		gunzip = "-gunzip "
	}
	return fmt.Sprintf(`s3pipe get %s$DATA %s | clickhouse-client %s --query "INSERT INTO rows FORMAT %s"`, gunzip, key, strings.Join(b.clientArgs(), " "), f.format)
}
