package ndjson

import (
	"context"
	"strings"
	"testing"

	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/schema"
)

func inferText(t *testing.T, text string) (schema.Inference, string) {
	t.Helper()
	inf, err := Format{}.Infer(context.Background(), format.Input{Name: "f.ndjson", Stream: strings.NewReader(text)}, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range inf.Fields {
		fields = append(fields, f.Name+" "+f.Type.String()+" "+f.Path.String())
	}
	return inf, strings.Join(fields, ", ")
}

func TestInfer(t *testing.T) {
	tests := []struct {
		name, text, want string
		malformed        int64
	}{
		{"types", `{"id":1,"zip":"012","at":"2024-01-01T00:00:00.5Z","ok":true,"p":1.5,"n":null}`,
			"id Int64 $.id, zip String $.zip, at DateTime64(3, 'UTC') $.at, ok Bool $.ok, p Float64 $.p, n Nullable(String) $.n", 0},
		{"missing", "{\"a\":1}\n{\"b\":2}\n", "a Nullable(Int64) $.a, b Nullable(Int64) $.b", 0},
		{"nested", `{"u":{"n":"x","a":{"z":1}}}`, "u_n String $.u.n, u_a_z Int64 $.u.a.z", 0},
		{"nested in null", "{\"u\":{\"n\":\"x\"}}\n{\"u\":null}", "u_n Nullable(String) $.u.n", 0},
		{"arrays", `{"t":["a","b"],"n":[1,null],"e":[],"m":[[1],[2.5]]}`, "t Array(String) $.t, n Array(Nullable(Int64)) $.n, e Array(String) $.e, m Array(Array(Float64)) $.m", 0},
		{"arrays of objects", "{\"i\":[{\"id\":1,\"q\":\"x\"},{\"id\":2}]}\n{\"i\":[]}", "i_id Array(Int64) $.i[:].id, i_q Array(Nullable(String)) $.i[:].q", 0},
		{"object and number", "{\"a\":{\"b\":1}}\n{\"a\":2}", "a String $.a", 0},
		{"arrays of objects and numbers", `{"a":[{"b":1},2]}`, "a String $.a", 0},
		{"missing arrays", "{\"t\":[1]}\n{\"i\":[{\"id\":1}]}", "t Array(Int64) $.t, i_id Array(Int64) $.i[:].id", 0},
		{"empty object", `{"a":{}}`, "a String $.a", 0},
		{"malformed rows", "{\"a\":1}\nx\n{\"a\":2", "a Int64 $.a", 2},
		{"empty", "", "", 0},
		{"numbers as text", `{"a":"12","b":"1.5"}`, "a Int64 $.a, b Float64 $.b", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inf, got := inferText(t, tt.text)
			if got != tt.want || inf.Malformed != tt.malformed {
				t.Errorf("got %s, %d malformed, want %s, %d", got, inf.Malformed, tt.want, tt.malformed)
			}
			takesTheFile(t, tt.text, inf, int(tt.malformed))
		})
	}
}

// takesTheFile decodes with the inferred columns: nothing but malformed rows is
// rejected.
func takesTheFile(t *testing.T, text string, inf schema.Inference, malformed int) {
	t.Helper()
	if len(inf.Fields) == 0 {
		return
	}
	var columns []format.Column
	for _, f := range inf.Fields {
		columns = append(columns, format.Column{Name: f.Name, Type: f.Type, Path: f.Path})
	}
	d, err := Format{}.Decoder(context.Background(), format.Input{Stream: strings.NewReader(text)}, columns, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b block.Block
	if _, err := d.Next(&b, 1000); err != nil || len(d.Rejected()) != malformed {
		t.Errorf("got %v, rejects %v", err, show(d.Rejected()))
	}
}

func TestInferRefusesOtherFiles(t *testing.T) {
	_, err := Format{}.Infer(context.Background(), format.Input{Stream: strings.NewReader("a,b\n1,2\n")}, format.ReadOptions{})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("CSV: got %v, want invalid", err)
	}
}

func FuzzInfer(f *testing.F) {
	for _, s := range []string{`{"a":[{"b":[1,{"c":2}]}]}`, `{"a":{"b":1}}` + "\n" + `{"a":[]}`, `{"":null}`, `{"a":1,"a":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		inf, err := Format{}.Infer(context.Background(), format.Input{Stream: strings.NewReader(text)}, format.ReadOptions{})
		if err != nil {
			return
		}
		for _, field := range inf.Fields {
			if _, err := schema.ParseType(field.Type.String()); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

// TestDuplicateKeysHideNoNull: a key that one object has twice is missing in the
// other all the same.
func TestDuplicateKeysHideNoNull(t *testing.T) {
	in := format.Input{Name: "f.ndjson", Stream: strings.NewReader("{\"a\":1,\"a\":2,\"x\":{\"y\":1,\"y\":2}}\n{\"b\":1}\n")}
	inf, err := Format{}.Infer(t.Context(), in, format.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range inf.Fields {
		if f.Values != 1 || f.Nulls != 1 || !f.Type.IsNullable() {
			t.Errorf("%s %s: got %d values and %d nulls, want one each", f.Name, f.Type, f.Values, f.Nulls)
		}
	}
}
