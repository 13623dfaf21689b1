package def

import (
	"strings"
	"testing"
)

// datasource parses a file whose SCHEMA block is given.
func datasource(schema, rest string) (*Datasource, Problems) {
	text := "SCHEMA >\n    " + strings.ReplaceAll(schema, "\n", "\n    ") + "\n" + rest
	p, problems := Parse(map[string][]byte{"datasources/x.datasource": []byte(text)})
	return p.Datasources["x"], problems
}

func TestColumns(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"bare", "id UInt64", "`id` UInt64"},
		{"no path", "`id` UInt64,", "`id` UInt64"},
		{"all clauses", "`a` UInt32 `json:$.a.b` DEFAULT 1 + 2 CODEC(Delta, ZSTD(1))", "`a` UInt32 `json:$.a.b` DEFAULT 1 + 2 CODEC(Delta, ZSTD(1))"},
		{"another order", "`a` UInt32 CODEC(LZ4) DEFAULT 7 `json:$.a`", "`a` UInt32 `json:$.a` DEFAULT 7 CODEC(LZ4)"},
		{"lower case words", "a UInt32 default 7 codec(LZ4)", "`a` UInt32 DEFAULT 7 CODEC(LZ4)"},
		{"commas in a type", "m Map(String, Array(Decimal(9, 2)))", "`m` Map(String, Array(Decimal(9, 2)))"},
		{"commas in a text", "a String DEFAULT 'x, CODEC(y)'", "`a` String DEFAULT 'x, CODEC(y)'"},
		{"default null", "a Nullable(Int8) DEFAULT NULL", "`a` Nullable(Int8) DEFAULT NULL"},
		{"default not", "a UInt8 DEFAULT NOT b CODEC(LZ4)", "`a` UInt8 DEFAULT NOT b CODEC(LZ4)"},
		{"column in a default", "a UInt8 DEFAULT `b` + 1 `json:$.a`", "`a` UInt8 `json:$.a` DEFAULT `b` + 1"},
		{"array", "`ids` Array(UInt64) `json:$.items[:].id`", "`ids` Array(UInt64) `json:$.items[:].id`"},
		{"whole row", "`row` String `json:$`", "`row` String `json:$`"},
		{"name with spaces", "`a b` String `json:$['a b']`", "`a b` String `json:$['a b']`"},
		{"comments", "# first\n-- second\na String", "`a` String"},
		{"two lines", "a\n  String,\nb Enum8('x, y' = 1)", "`a` String\n`b` Enum8('x, y' = 1)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, problems := datasource(tt.in, "")
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, c := range d.Columns {
				lines = append(lines, c.String())
			}
			if got := strings.Join(lines, "\n"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSchemaMistakes(t *testing.T) {
	tests := []struct{ name, in, rest, want string }{
		{"no type", "`a`", "", ":2: column a has no type"},
		{"path for a type", "`a` `json:$.a`", "", ":2: column a has no type"},
		{"unknown type", "a Strng", "", `unknown type Strng, did you mean String?`},
		{"materialized", "a Int8 MATERIALIZED 1", "", "MATERIALIZED is not supported"},
		{"null clause", "a Int8 NOT NULL", "", "NOT is not supported"},
		{"no array", "a String `json:$.x[:].y`", "", "use Array(String)"},
		{"twice", "a String,\nb Int8,\na Int8", "", ":4: column a is defined twice, first in line 2"},
		{"reserved", "c__error String", "", "choose another name"},
		{"date of quarantine", "insertion_date String", "", "choose another name"},
		{"two commas", "a String,,b Int8", "", "a column is empty"},
		{"open bracket", "a Array(String,\nb Int8", "", ":2: the bracket ( is never closed"},
		{"open backtick", "`a String", "", "never closed"},
		{"no default", "a Int8 DEFAULT CODEC(LZ4)", "", "DEFAULT has no expression"},
		{"no codec", "a Int8 CODEC", "", "CODEC has no list"},
		{"something else", "a Int8 `json:$.a` `b`", "", `"b" is unexpected after the type`},
		{"nothing", "", "", "SCHEMA has no columns"},
		{"sorting key", "id Int8", "ENGINE_SORTING_KEY idd", `:3: ENGINE_SORTING_KEY: there is no column "idd", did you mean "id"?`},
		{"nullable key", "id Nullable(Int8)", "ENGINE_SORTING_KEY (id)", "column id is Nullable(Int8)"},
		{"primary key", "a Int8, b Int8", "ENGINE_SORTING_KEY a, b\nENGINE_PRIMARY_KEY b", "no prefix of the sorting key a, b"},
		{"version of MergeTree", "a Int8", "ENGINE_VER a", "of no use to MergeTree"},
		{"version column", "a Int8", "ENGINE ReplacingMergeTree\nENGINE_VER b", `there is no column "b"`},
		{"engine", "a Int8", "ENGINE MergTree", `did you mean "MergeTree"?`},
		{"settings", "a Int8", "ENGINE_SETTINGS a", `"a" is no setting`},
		{"index", "a Int8", "INDEXES >\n  INDEX i a", "is no index"},
		{"expression", "a Int8", "ENGINE_TTL toDate(a", "the bracket ( is never closed"},
		{"key twice", "a Int8", "ENGINE MergeTree\nENGINE MergeTree", ":4: ENGINE is given twice, first in line 3"},
		{"half an import", "a Int8", "IMPORT_SCHEDULE @auto", "IMPORT_BUCKET_URI is missing"},
		{"timestamp", "a Int8", "IMPORT_FROM_TIMESTAMP yesterday", "use 2024-01-31 or"},
		{"files", "a Int8", "IMPORT_MAX_FILES 0", "or unlimited"},
		{"csv of parquet", "a Int8", "IMPORT_FORMAT parquet\nIMPORT_CSV_NULL x", "of no use with IMPORT_FORMAT parquet"},
		{"ragged rows", "a Int8", "IMPORT_CSV_RAGGED fill", "IMPORT_CSV_RAGGED is \"fill\""},
		{"strategy", "a Int8", "IMPORT_STRATEGY REPLACE", "use APPEND"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := datasource(tt.in, tt.rest)
			if !strings.Contains(problems.Error(), tt.want) || len(problems) == 0 {
				t.Errorf("got %q, want %q", problems.Error(), tt.want)
			}
		})
	}
}

// A block at the margin ends at a key, and at a slip in a key.
func TestBlocksAtTheMargin(t *testing.T) {
	_, problems := Parse(map[string][]byte{"datasources/x.datasource": []byte("SCHEMA >\n\nid UInt64,\nNAME String\nENGIN \"MergeTree\"\n")})
	if want := `datasources/x.datasource:5: unknown key "ENGIN", did you mean "ENGINE"?`; problems.Error() != want {
		t.Errorf("got %q, want %q", problems.Error(), want)
	}
}

func TestImportDefaults(t *testing.T) {
	const head = "IMPORT_SERVICE s3\nIMPORT_BUCKET_URI s3://bucket/a/*.csv\nIMPORT_CONNECTION_NAME c\n"
	tests := []struct {
		name, schedule string
		kind           ScheduleKind
		files          int
	}{
		{"auto", "IMPORT_SCHEDULE @auto", Auto, 5},
		{"on demand", `IMPORT_SCHEDULE "@on-demand"`, OnDemand, 0},
		{"default", "", OnDemand, 0},
		{"cron", "IMPORT_SCHEDULE 0 * * * *", Cron, 0},
		{"auto, more", "IMPORT_SCHEDULE @AUTO\nIMPORT_MAX_FILES 20", Auto, 20},
		{"auto, all", "IMPORT_SCHEDULE @auto\nIMPORT_MAX_FILES unlimited", Auto, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, _ := datasource("a String", head+tt.schedule)
			i := d.Import
			if i.Schedule.Kind != tt.kind || i.MaxFiles != tt.files {
				t.Errorf("got %s and %d files, want %s and %d", i.Schedule.Kind, i.MaxFiles, tt.kind, tt.files)
			}
			if i.OnNewColumn != AddColumn || i.OnOverwrite != IgnoreOverwrite || i.Strategy != "APPEND" || i.CSV.Quote != `"` || i.CSV.Header != nil {
				t.Errorf("got defaults %+v", i)
			}
		})
	}
}
