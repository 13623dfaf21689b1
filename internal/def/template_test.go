package def

import (
	"strings"
	"testing"
	"time"
)

func runVars() Vars {
	return Vars{
		Time:    time.Date(2024, 3, 1, 5, 6, 7, 89*1e6, time.FixedZone("", 7200)),
		ModelID: "m1", ModelName: "orders", SyncID: "s1", RunID: "01HX", Mode: "all", Ext: ".csv.gz",
	}
}

func TestTemplateRender(t *testing.T) {
	tests := []struct {
		name, path string
		change     func(*Vars)
		want       string
	}{
		{"reference page", "upload/{YYYY}-{MM}-{DD}-{HH}-{mm}-result.json", nil, "upload/2024-03-01-03-06-result.json"},
		{"all times", "{YYYY}{YY}{MM}{DD}{HH}{mm}{ss}{ms}_{X}_{x}", nil, "20242403010306" + "07089_1709262367_1709262367089"},
		{"a day before", "{YYYY}-{MM}-{DD}", func(v *Vars) { v.Offset = -86400 }, "2024-02-29"},
		{"an hour after", "{HH}-{X}", func(v *Vars) { v.Offset = 3600 }, "04-1709265967"},
		{"metadata", "{model.id}/{model.name}/{sync.id}/{sync.run.id}/{mode}", nil, "m1/orders/s1/01HX/all"},
		{"extension", "a{ext}", nil, "a.csv.gz"},
		{"extension after a dot", "a.{ext}", nil, "a.csv.gz"},
		{"op of all", "{op}", nil, "all"},
		{"op of insert", "{op}", func(v *Vars) { v.Mode = "insert" }, "added"},
		{"part without batching", "a-{part}.csv", nil, "a-00001.csv"},
		{"before 1970", "{YYYY}-{X}", func(v *Vars) { v.Time = time.Unix(-1, 0) }, "1969--1"},
		{"diff", "a/b.c/x.csv.gz", func(v *Vars) { v.Mode, v.Op = "diff", "removed" }, "a/b.c/x-removed.csv.gz"},
		{"diff with op", "{op}/x.csv", func(v *Vars) { v.Mode, v.Op = "diff", "removed" }, "removed/x.csv"},
		{"diff and batch", "x.csv", func(v *Vars) { v.Mode, v.Op, v.Part = "diff", "added", 12 }, "x-added-00012.csv"},
		{"batch with part", "{part}.csv", func(v *Vars) { v.Part = 3 }, "00003.csv"},
		{"batch, no extension", "folder.d/x", func(v *Vars) { v.Part = 3 }, "folder.d/x-00003"},
		{"batch, dot in a number", "v1.2.csv", func(v *Vars) { v.Part = 3 }, "v1.2-00003.csv"},
		{"batch before ext", "x{ext}", func(v *Vars) { v.Part = 3 }, "x-00003.csv.gz"},
		{"batch before .ext", "x.{ext}", func(v *Vars) { v.Part = 3 }, "x-00003.csv.gz"},
		{"batch before ext and more", "x.data{ext}.bak", func(v *Vars) { v.Part = 3 }, "x-00003.data.csv.gz.bak"},
		{"batch after a variable", "x/{YYYY}.csv", func(v *Vars) { v.Part = 3 }, "x/2024-00003.csv"},
		{"hidden file", "x/.csv", func(v *Vars) { v.Part = 3 }, "x/.csv-00003"},
		{"only a dot before ext", "x/.{ext}", func(v *Vars) { v.Part = 3 }, "x/-00003.csv.gz"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := ParseTemplate(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			v := runVars()
			if tt.change != nil {
				tt.change(&v)
			}
			got, err := tmpl.Render(v)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestTemplateMistakes(t *testing.T) {
	tests := []struct{ name, path, want string }{
		{"slip", "{yyyy}.csv", "did you mean {YYYY}?"},
		{"slip in metadata", "{sync.runid}.csv", "did you mean {sync.run.id}?"},
		{"empty variable", "x/{}.csv", "unknown variable {}; use {YYYY} {YY}"},
		{"open brace", "x{YYYY", "has no partner"},
		{"shut brace", "x}", "has no partner"},
		{"nested", "{YY{MM}}", "has no partner"},
		{"empty", " ", "the path is empty"},
		{"slash first", "/x", "remove the first slash"},
		{"slash last", "x/", "name of the file"},
		{"two slashes", "x//y", "empty segment"},
		{"up", "x/../y", "segment .."},
		{"url", "s3://b/x", "is a URL"},
		{"control", "x\ny", "control character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseTemplate(tt.path)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTemplateNeedsValues(t *testing.T) {
	tmpl, err := ParseTemplate("{sync.run.id}.csv")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tmpl.Render(Vars{}); err == nil {
		t.Errorf("got %q, want an error", got)
	}
	tmpl, _ = ParseTemplate(strings.Repeat("x", 1023) + "{YYYY}")
	if _, err := tmpl.Render(Vars{}); err == nil {
		t.Error("got no error for a key above 1,024 bytes")
	}
}

func TestVariablesAreListed(t *testing.T) {
	names := TemplateVariables()
	if len(names) != len(variables) {
		t.Errorf("got %d names, want %d", len(names), len(variables))
	}
	for _, n := range names {
		if variables[n] == nil {
			t.Errorf("variable %s is listed and does not exist", n)
		}
	}
}
