package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
)

// difference is one way in which a table is not as wanted.
type difference struct {
	text string
	// got and want are expressions that are spelled differently, and maybe no
	// more than that; both empty for other differences.
	got, want string
}

// compare returns the columns that a table lacks and the other differences.
func (t Table) compare(e *Existing) (missing []Column, differences []difference) {
	differ := func(format string, args ...any) {
		differences = append(differences, difference{text: fmt.Sprintf(format, args...)})
	}
	for _, want := range t.Columns {
		got := e.Column(want.Name)
		switch {
		case got == nil:
			missing = append(missing, want)
		case want.Materialized != "" && got.DefaultKind != "MATERIALIZED":
			differ("column %s is not MATERIALIZED; its name is kept for the ids of files", want.Name)
		case want.Materialized == "" && (got.DefaultKind == "MATERIALIZED" || got.DefaultKind == "ALIAS"):
			differ("column %s is computed (%s %s)", want.Name, got.DefaultKind, got.Default)
		case !got.Type.Equal(want.Type):
			differ("column %s is %s, not %s", want.Name, got.TypeText, want.Type)
		}
	}
	if got, want := unreplicated(e.Engine), unreplicated(t.engine()); got != want {
		differ("engine is %s, not %s", got, want)
	}
	keys := []difference{{"partition key", e.PartitionKey, t.PartitionKey}, {"sorting key", e.SortingKey, t.SortingKey}}
	if t.PrimaryKey != "" {
		keys = append(keys, difference{"primary key", e.PrimaryKey, t.PrimaryKey})
	}
	for _, k := range keys {
		if normal(k.got) != normal(k.want) {
			k.text = fmt.Sprintf("%s is %s, not %s", k.text, orNone(k.got), orNone(k.want))
			differences = append(differences, k)
		}
	}
	return missing, differences
}

// real leaves out the differences that are in the spelling alone: the server
// spells what we want as it spelled what it has.
func (c *Client) real(ctx context.Context, table string, differences []difference) (left []difference, err error) {
	for _, d := range differences {
		if d.got == "" || d.want == "" {
			left = append(left, d)
			continue
		}
		var same bool
		err := c.Query(ctx, "compare table "+table, "SELECT formatQuery({got:String}) = formatQuery({want:String})", func(scan func(...any) error) error {
			return scan(&same)
		}, clickhouse.Named("got", "SELECT "+tuple(d.got)), clickhouse.Named("want", "SELECT "+tuple(d.want)))
		if code, _, ok := exception(err); ok && code == proto.ErrUnknownFunction {
			continue // an older server: nobody can tell
		}
		if err != nil {
			return nil, err
		}
		if !same {
			left = append(left, d)
		}
	}
	return left, nil
}

func joined(differences []difference) string {
	texts := make([]string, len(differences))
	for i, d := range differences {
		texts[i] = d.text
	}
	return strings.Join(texts, "; ")
}

// unreplicated returns an engine's name without what the server or cluster adds.
func unreplicated(engine string) string {
	return strings.TrimPrefix(strings.TrimPrefix(engine, "Replicated"), "Shared")
}

// normal spells an expression so that spaces, quotes and outer parentheses
// make no difference.
func normal(expression string) string {
	s := strings.NewReplacer(" ", "", "\n", "", "\t", "", "`", "").Replace(expression)
	for _, empty := range []string{"tuple()", "()"} {
		if s == empty {
			return ""
		}
	}
	s = strings.TrimPrefix(s, "tuple")
	if inner, ok := strings.CutPrefix(s, "("); ok && strings.HasSuffix(inner, ")") && balanced(inner[:len(inner)-1]) {
		return inner[:len(inner)-1]
	}
	return s
}

// balanced reports whether each closing parenthesis has its opening one before it.
func balanced(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
