package block

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/schema"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// TestClickHouseReadsEveryType writes each column as a file in the Native format
// and has ClickHouse show its values.
func TestClickHouseReadsEveryType(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, tt := range fills {
		t.Run(tt.typ, func(t *testing.T) {
			c := NewColumn("c", schema.MustParseType(tt.typ))
			tt.fill(c)
			typ, values := ask(t, server.HTTP, &Block{Columns: []*Column{c}})
			if got := strings.Join(strings.Fields(typ), ""); got != strings.Join(strings.Fields(c.Type.String()), "") {
				t.Errorf("got type %s, want %s", typ, c.Type)
			}
			for i, got := range values {
				// toString leaves out the zeros that fill up a FixedString.
				if want := strings.ReplaceAll(string(c.AppendText(nil, i)), "\x00", ""); got != want {
					t.Errorf("row %d: got %q, want %q", i, got, want)
				}
			}
			if len(values) != 3 {
				t.Errorf("got %d rows, want 3", len(values))
			}
		})
	}
}

// TestClickHouseReadsOptionalColumns sends a column with a DEFAULT in which no
// row, or one, is null.
func TestClickHouseReadsOptionalColumns(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, typ := range []string{"UInt8", "LowCardinality(UInt8)"} {
		for _, null := range []bool{false, true} {
			c := NewColumn("c", schema.MustParseType(typ))
			c.Optional()
			want := "7 0"
			c.AppendUint8(7)
			if null {
				c.AppendNull()
				want = "7 NULL"
			} else {
				c.AppendUint8(0)
			}
			_, values := ask(t, server.HTTP, &Block{Columns: []*Column{c}})
			if got := strings.Join(values, " "); got != want {
				t.Errorf("%s, null %v: got %s, want %s", typ, null, got, want)
			}
		}
	}
}

// TestDefaultsAreClickHouses compares AppendDefault with what the server takes
// for a type's default.
func TestDefaultsAreClickHouses(t *testing.T) {
	server := servertest.ClickHouse(t)
	for _, tt := range fills {
		typ := schema.MustParseType(tt.typ)
		if typ.Kind == schema.SimpleAggregateFunction {
			continue
		}
		c := NewColumn("c", typ)
		c.AppendDefault()
		_, got := ask(t, server.HTTP, &Block{Columns: []*Column{c}})
		body := query(t, server.HTTP, "SELECT toString(defaultValueOfTypeName('"+strings.ReplaceAll(tt.typ, "'", "\\'")+"')) FORMAT TSVRaw")
		want := strings.TrimSuffix(strings.ReplaceAll(string(body), "\\N", "NULL"), "\n")
		if got[0] != strings.ReplaceAll(want, "\x00", "") {
			t.Errorf("%s: got %q, want %q", tt.typ, got[0], want)
		}
	}
}

func query(t *testing.T, url, text string) []byte {
	t.Helper()
	resp, err := http.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("clickhouse: %s %v: %s", resp.Status, err, body)
	}
	return body
}

// ask returns the type of a block's only column, and its values as text.
func ask(t *testing.T, url string, b *Block) (typ string, values []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "block.native")
	if err := os.WriteFile(path, AppendNative(nil, b), 0o644); err != nil {
		t.Fatal(err)
	}
	body := query(t, url, "SELECT toTypeName(c) AS t, toString(c) AS v FROM file('"+path+"', Native) FORMAT JSONEachRow")
	for d := json.NewDecoder(strings.NewReader(string(body))); ; {
		var row struct {
			T string  `json:"t"`
			V *string `json:"v"`
		}
		if err := d.Decode(&row); err == io.EOF {
			return typ, values
		} else if err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if row.V == nil {
			null := "NULL"
			row.V = &null
		}
		typ, values = row.T, append(values, *row.V)
	}
}
