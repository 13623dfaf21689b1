package def

import (
	"strings"
	"time"
)

// maxAutoFiles is how many files a run takes by default under @auto.
const maxAutoFiles = 5

var importRequired = map[string]string{
	"IMPORT_SERVICE":         "add IMPORT_SERVICE s3",
	"IMPORT_CONNECTION_NAME": "add IMPORT_CONNECTION_NAME and the name of an s3 connection",
	"IMPORT_BUCKET_URI":      "add for example IMPORT_BUCKET_URI s3://my-bucket/my-path/*.csv",
}

// importing reads the IMPORT_ keys; nil when there are none.
func (f fields) importing() *Import {
	var first entry
	for key, e := range f.entries {
		if strings.HasPrefix(key, "IMPORT_") && (first.key == "" || e.at.Line < first.at.Line) {
			first = e
		}
	}
	if first.key == "" {
		return nil
	}
	for _, key := range sortedKeys(importRequired) {
		if e, ok := f.entries[key]; !ok || e.value == "" {
			f.problems.add(first.at, importRequired[key], "%s is missing", key)
		}
	}
	i := &Import{Connection: f.entries["IMPORT_CONNECTION_NAME"].value, BucketURI: f.entries["IMPORT_BUCKET_URI"].value}
	i.Service = f.choice("IMPORT_SERVICE", []string{"s3"}, "s3")
	i.Strategy = f.choice("IMPORT_STRATEGY", []string{"APPEND"}, "APPEND")
	i.Format = Format(f.choice("IMPORT_FORMAT", []string{"csv", "ndjson", "parquet"}, ""))
	i.OnNewColumn = OnNewColumn(f.choice("IMPORT_ON_NEW_COLUMN", []string{"add", "ignore", "quarantine"}, "add"))
	i.OnOverwrite = OnOverwrite(f.choice("IMPORT_ON_OVERWRITE", []string{"ignore", "append", "replace"}, "ignore"))
	i.Schedule = f.importSchedule()
	i.MaxFiles = f.maxFiles(i.Schedule)
	i.FromTimestamp = f.timestamp("IMPORT_FROM_TIMESTAMP")
	if i.BucketURI != "" {
		if _, err := ParseBucketURI(i.BucketURI); err != nil {
			f.problems.addError(f.entries["IMPORT_BUCKET_URI"].at, "IMPORT_BUCKET_URI: ", err)
		}
	}
	i.CSV = f.csvInput(i.Format)
	return i
}

// choice reads a key with few values. Case does not matter.
func (f fields) choice(key string, choices []string, otherwise string) string {
	e, ok := f.entries[key]
	if !ok {
		return otherwise
	}
	for _, c := range choices {
		if strings.EqualFold(c, e.value) {
			return c
		}
	}
	if e.value != "" || importRequired[key] == "" {
		f.problems.add(e.at, didYouMean("value", e.value, choices), "%s is %q", key, e.value)
	}
	return otherwise
}

func (f fields) importSchedule() Schedule {
	e, ok := f.entries["IMPORT_SCHEDULE"]
	switch value := strings.ToLower(e.value); {
	case !ok || value == "@on-demand":
		return Schedule{Kind: OnDemand}
	case value == "@auto":
		return Schedule{Kind: Auto}
	}
	if err := checkCron(e.value); err != nil {
		remedy := `use @auto, @on-demand or a cron expression such as "0 * * * *"`
		if near, ok := nearest(strings.ToLower(e.value), []string{"@auto", "@on-demand"}); ok {
			remedy = `did you mean "` + near + `"?`
		}
		f.problems.add(e.at, remedy, "IMPORT_SCHEDULE is %q", e.value)
	}
	return Schedule{Kind: Cron, Cron: e.value, Zone: "UTC"}
}

func (f fields) maxFiles(s Schedule) int {
	e, ok := f.entries["IMPORT_MAX_FILES"]
	switch {
	case !ok && s.Kind == Auto:
		return maxAutoFiles
	case !ok || strings.EqualFold(e.value, "unlimited"):
		return 0
	}
	n, ok := parseCount(e.value, 1, 1<<31-1)
	if !ok {
		f.problems.add(e.at, "use a number from 1, or unlimited", "IMPORT_MAX_FILES is %q", e.value)
	}
	return int(n)
}

func (f fields) timestamp(key string) time.Time {
	e, ok := f.entries[key]
	if !ok {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, e.value); err == nil {
			return t.UTC()
		}
	}
	f.problems.add(e.at, "use 2024-01-31 or 2024-01-31T08:00:00Z", "%s is %q", key, e.value)
	return time.Time{}
}

func (f fields) csvInput(format Format) CSVInput {
	in := CSVInput{Quote: `"`, Null: f.entries["IMPORT_CSV_NULL"].value}
	if e, ok := f.entries["IMPORT_CSV_DELIMITER"]; ok {
		if in.Delimiter, ok = parseDelimiter(e.value); !ok {
			f.problems.add(e.at, delimiterRemedy, "IMPORT_CSV_DELIMITER is %q", e.value)
		}
	}
	if f.has("IMPORT_CSV_HEADER") {
		header := f.yes("IMPORT_CSV_HEADER", true)
		in.Header = &header
	}
	in.Pad = f.choice("IMPORT_CSV_RAGGED", []string{"quarantine", "pad"}, "quarantine") == "pad"
	for key, into := range map[string]*string{"IMPORT_CSV_QUOTE": &in.Quote, "IMPORT_CSV_ESCAPE": &in.Escape} {
		e, ok := f.entries[key]
		if !ok {
			continue
		}
		*into = e.value
		if len(e.value) != 1 || e.value[0] >= 0x80 || e.value == in.Delimiter {
			f.problems.add(e.at, "use one ASCII character that is not the delimiter", "%s is %q", key, e.value)
		}
	}
	if format == NDJSON || format == Parquet {
		for key, e := range f.entries {
			if strings.HasPrefix(key, "IMPORT_CSV_") {
				f.problems.add(e.at, "remove it, or use IMPORT_FORMAT csv", "%s is of no use with IMPORT_FORMAT %s", key, format)
			}
		}
	}
	return in
}
