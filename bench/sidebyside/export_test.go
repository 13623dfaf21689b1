package sidebyside_test

import (
	"fmt"

	"github.com/longshore/longshore/bench/report"
)

// exports are PostgreSQL to objects.
func (b *bench) exports() []report.Job {
	b.t.Helper()
	want := b.query(sum + b.postgresTable("orders"))
	files := map[string]string{"models/orders.yaml": "connection: postgres\nsql: select * from orders\nprimary_key: id\n"}
	for name, destination := range map[string]string{
		"csv": "format: csv", "csv_gz": "format: csv\n  compression: gzip", "ndjson": "format: ndjson", "parquet": "format: parquet",
	} {
		files["syncs/"+name+".yaml"] = fmt.Sprintf("model: orders\nmode: all\ndestination:\n  connection: minio\n  path: out/%s\n  %s\n", name, destination)
	}
	b.push(files)
	ours := func(name, format, compression string) contender {
		return contender{report.Longshore,
			func(int) report.Measure { return b.sized("out/"+name, b.run("sync", name)) },
			func(int) string { defer b.remove("out/" + name); return b.readObject("out/"+name, format, compression) }}
	}
	psql := func(name, level, compression string) contender {
		return contender{name,
			func(int) report.Measure {
				return b.sized("out/psql", b.shell(`psql -qX "$PGURL" -c "copy (select * from orders) to stdout (format csv, header)" | s3pipe put -gzip `+level+` $DATA out/psql`))
			},
			func(int) string {
				defer b.remove("out/psql")
				return b.readObject("out/psql", "CSVWithNames", compression)
			}}
	}
	clickhouse := func(format, compression string) contender {
		return contender{report.ClickHouse,
			func(int) report.Measure {
				return b.sized("out/clickhouse", b.measured("INSERT INTO FUNCTION "+b.s3("out/clickhouse", format, "auto", compression)+" SELECT "+names()+" FROM "+b.postgresTable("orders")+
					" SETTINGS s3_truncate_on_insert = 1, output_format_parquet_compression_method = 'zstd'"))
			},
			func(int) string {
				defer b.remove("out/clickhouse")
				return b.readObject("out/clickhouse", format, compression)
			}}
	}
	return b.compete([]job{
		{"PostgreSQL → CSV", want, []contender{ours("csv", "CSVWithNames", "none"), psql(report.PSQL, "0", "none"), clickhouse("CSVWithNames", "none")}},
		{"PostgreSQL → CSV.gz", want, []contender{ours("csv_gz", "CSVWithNames", "gzip"), psql(report.PSQLGzip, "1", "gzip"), clickhouse("CSVWithNames", "gzip")}},
		{"PostgreSQL → NDJSON", want, []contender{ours("ndjson", "JSONEachRow", "none"), clickhouse("JSONEachRow", "none")}},
		{"PostgreSQL → Parquet", want, []contender{ours("parquet", "Parquet", "none"), clickhouse("Parquet", "none")}},
		{"Limits", "", []contender{
			{"COPY (FORMAT binary) > /dev/null", func(int) report.Measure {
				return b.whole(b.shell(`psql -qX "$PGURL" -c "copy orders to stdout (format binary)" > /dev/null`))
			}, nil},
			{"PUT of the CSV", func(int) report.Measure {
				return b.whole(b.shell("s3pipe put $DATA out/limit < $CSV", "CSV="+b.csvFile))
			}, nil},
			{"GET of the CSV", func(round int) report.Measure {
				m := b.whole(b.shell("s3pipe get $DATA out/limit > /dev/null"))
				b.remove("out/limit")
				return m
			}, nil},
		}},
	})
}

// whole adds that it was about all rows.
func (b *bench) whole(m report.Measure) report.Measure {
	m.Rows, m.CSV = b.rows, b.csv
	return m
}

// readObject has ClickHouse 26 sum up an object. Its key needn't say what it is: it is told.
func (b *bench) readObject(key, format, compression string) string {
	b.t.Helper()
	return b.query(sum + b.s3(key, format, structure(modern), compression) + " SETTINGS date_time_input_format = 'best_effort'")
}
