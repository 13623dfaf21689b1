package all_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/block"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/all"
	"github.com/longshore/longshore/pkg/schema"
)

// outcome is what a reader makes of one text: a value, or nothing.
type outcome struct {
	value string
	taken bool
}

func (o outcome) String() string {
	if !o.taken {
		return "refused"
	}
	return strconv.Quote(o.value)
}

// try is a text of a type in a format, and what became of it.
type try struct {
	format, typ  string
	text         string // a CSV field, or a JSON value
	ours, theirs outcome
}

// plain is the text of a JSON string, or else the text.
func (c *try) plain() string {
	var s string
	if c.format == "ndjson" && json.Unmarshal([]byte(c.text), &s) == nil {
		return s
	}
	return c.text
}

// TestValuesEqualClickHouses reads random texts of each type here and in
// ClickHouse. Values are equal, or the difference is one that the documentation
// lists. VALUES_ROUNDS makes it longer, VALUES_SEED another.
func TestValuesEqualClickHouses(t *testing.T) {
	theirs := clickHouse{t, servertest.ClickHouse(t).HTTP}
	rounds, seed := number("VALUES_ROUNDS", 1), number("VALUES_SEED", 1)
	for round := range rounds {
		rng := rand.New(rand.NewPCG(uint64(seed), uint64(round)))
		for _, typ := range valueTypes {
			for _, name := range []string{"csv", "ndjson"} {
				var tries []try
				for _, text := range randomTexts(rng, name, typ, 60) {
					tries = append(tries, try{format: name, typ: typ, text: text})
				}
				theirs.read(tries)
				readOurs(t, tries)
				theirs.readAgain(tries)
				for i := range tries {
					if c := &tries[i]; c.ours != c.theirs && !isDocumented(c) {
						t.Errorf("seed %d round %d: %s %s %q: got %s, ClickHouse %s", seed, round, c.format, c.typ, c.text, c.ours, c.theirs)
					}
				}
			}
		}
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// fileOf is a file with a row for each try: its number and its text.
func fileOf(tries []try) []byte {
	var b bytes.Buffer
	for i, c := range tries {
		text := c.text
		if c.format == "ndjson" {
			fmt.Fprintf(&b, `{"id":%d,"v":%s}`+"\n", i, text)
			continue
		}
		if strings.ContainsAny(text, "\",\n\r") || text == "" {
			text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
		fmt.Fprintf(&b, "%d,%s\n", i, text)
	}
	return b.Bytes()
}

// readOurs notes what our decoder makes of tries of one format and type.
func readOurs(t *testing.T, tries []try) {
	t.Helper()
	reader, err := all.Reader(tries[0].format)
	if err != nil {
		t.Fatal(err)
	}
	columns := []format.Column{{Name: "id", Type: schema.Of(schema.UInt32)}, {Name: "v", Type: schema.MustParseType(tries[0].typ)}}
	opts := format.ReadOptions{CSV: format.CSVReadOptions{Delimiter: ',', Header: format.HeaderNo}}
	d, err := reader.Decoder(t.Context(), format.Input{Name: "values", Stream: bytes.NewReader(fileOf(tries))}, columns, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for b := new(block.Block); ; {
		_, err := d.Next(b, 1000)
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows() {
			id, _ := strconv.Atoi(string(b.Columns[0].AppendText(nil, i)))
			value := string(b.Columns[1].AppendText(nil, i))
			if strings.HasPrefix(tries[id].typ, "FixedString") {
				value = strings.TrimRight(value, "\x00") // as ClickHouse shows it
			}
			tries[id].ours = outcome{value, true}
		}
	}
}
