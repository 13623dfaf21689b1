package def

import (
	"math"
)

// parseSync reads syncs/NAME.yaml. Settings fill what it leaves out.
func parseSync(ps *Problems, file, name string, content []byte, s Settings) *Sync {
	top, ok := parseYAML(ps, file, content, syncKeys)
	if !ok {
		return nil
	}
	y := &Sync{Name: name, ID: name, Pos: Position{file, 1, 1}, at: map[string]Position{}}
	o := top.object()
	readID(o, &y.ID)
	o.text("description", &y.Description)
	y.Model, y.at["model"] = o.needText("model", "add model: and the name of a model")
	if n, ok := o.need("mode", "add mode: all, insert or diff"); ok {
		y.Mode = Mode(n.choice([]string{"all", "insert", "diff"}))
		y.at["mode"] = n.at
	}
	if n, ok := o.need("destination", "add destination: with connection, path and format"); ok {
		y.Destination = parseDestination(y, n.object())
	}
	y.readColumns(o)
	y.Schedule = parseSchedule(o, s.Timezone)
	y.Alerts = s.Alerts
	if n, ok := o.get("alerts"); ok {
		y.Alerts = parseAlerts(n)
	}
	parallelism := int64(s.Parallelism)
	o.count("parallelism", 1, maxParts, &parallelism)
	y.Parallelism = int(parallelism)
	return y
}

func (y *Sync) readColumns(o *object) {
	columns, chosen := o.get("columns")
	mapping, mapped := o.get("mapping")
	if chosen && mapped {
		mapping.fail("remove columns or mapping", "mapping excludes columns: only mapped fields are written")
	}
	if chosen {
		y.Columns = parseColumnChoices(columns)
	}
	if mapped {
		y.Mapping = parseFields(mapping)
	}
}

func parseColumnChoices(n node) []ColumnChoice {
	var out []ColumnChoice
	names := map[string]Position{}
	for _, item := range n.items() {
		var c ColumnChoice
		if item.isObject() {
			o := item.object()
			c.Column, _ = o.needText("column", "add column: and a column of the model")
			c.As = c.Column
			if as, ok := o.get("as"); ok {
				c.As = as.text()
			}
		} else {
			c.Column = item.text()
			c.As = c.Column
		}
		if c.As == "" {
			continue
		}
		if at, again := names[c.As]; again {
			item.fail("remove one, or name it with as:", "%s: the file has two columns %q, the first in line %d", item.label, c.As, at.Line)
			continue
		}
		names[c.As] = item.at
		out = append(out, c)
	}
	if n.isList() && len(n.items()) == 0 {
		n.fail("name columns, or remove the key to write all", "columns is an empty list")
	}
	return out
}

func parseDestination(y *Sync, o *object) Destination {
	d := Destination{Compression: None, OnConflict: Overwrite}
	d.Connection, y.at["connection"] = o.needText("connection", "add connection: and the name of an s3 connection")
	o.text("bucket", &d.Bucket)
	if n, ok := o.get("bucket"); ok && d.Bucket != "" {
		checkBucket(o.doc.problems, n.at, d.Bucket)
	}
	if path, at := o.needText("path", "add path: such as orders/{YYYY}-{MM}-{DD}.csv"); path != "" {
		d.Path = path
		if _, err := ParseTemplate(path); err != nil {
			o.doc.problems.addError(at, o.child("path")+": ", err)
		}
	}
	if n, ok := o.need("format", "add format: csv, json, ndjson or parquet"); ok {
		d.Format = Format(n.choice([]string{"csv", "json", "ndjson", "parquet"}))
	}
	d.readCompression(o)
	o.count("offset", math.MinInt32, math.MaxInt32, &d.Offset)
	o.yes("skip_empty", &d.SkipEmpty)
	if n, ok := o.get("on_conflict"); ok {
		d.OnConflict = OnConflict(n.choice([]string{"overwrite", "fail"}))
	}
	d.readCSV(o)
	d.readBatch(o)
	return d
}

func (d *Destination) readCompression(o *object) {
	choices := []string{"none", "gzip", "zstd"}
	if d.Format == Parquet {
		d.Compression = Zstd
		choices = append(choices, "snappy")
	}
	if n, ok := o.get("compression"); ok {
		if text, _ := n.scalar(); text == "snappy" && d.Format != Parquet {
			n.fail("use gzip, zstd or none", "%s: snappy is a codec of Parquet only", n.label)
			return
		}
		d.Compression = Compression(n.choice(choices))
	}
}

func (d *Destination) readCSV(parent *object) {
	d.CSV = CSVOutput{Delimiter: ",", Header: true, Quote: QuoteNeeded, LineEnding: LF}
	n, ok := parent.get("csv")
	if !ok {
		return
	}
	if d.Format != CSV && d.Format != "" {
		n.fail("remove it, or use format: csv", "%s is of no use with format %s", n.label, d.Format)
	}
	o := n.object()
	if v, ok := o.get("delimiter"); ok {
		text, _ := v.scalar()
		if d.CSV.Delimiter, ok = parseDelimiter(text); !ok {
			v.fail(delimiterRemedy, "%s is %s", v.label, v.shown())
		}
	}
	o.yes("header", &d.CSV.Header)
	o.yes("bom", &d.CSV.BOM)
	if v, ok := o.get("quote"); ok {
		d.CSV.Quote = Quote(v.choice([]string{"needed", "strings", "all"}))
	}
	if v, ok := o.get("null"); ok && !v.isNull() {
		d.CSV.Null = v.text()
	}
	if v, ok := o.get("line_ending"); ok {
		d.CSV.LineEnding = LineEnding(v.choice([]string{"lf", "crlf"}))
	}
}

func (d *Destination) readBatch(parent *object) {
	n, ok := parent.get("batch")
	if !ok {
		return
	}
	o := n.object()
	_, rows := o.get("rows")
	size, bytes := o.get("bytes")
	if rows == bytes {
		n.fail("give rows or bytes", "%s needs exactly one limit", n.label)
	}
	o.count("rows", 1, math.MaxInt64, &d.Batch.Rows)
	if bytes {
		text, _ := size.scalar()
		if d.Batch.Bytes, ok = ParseSize(text); !ok {
			size.fail("use a positive size such as 64MiB", "%s is %s", size.label, size.shown())
		}
	}
}
