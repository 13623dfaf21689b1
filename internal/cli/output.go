package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// show prints v as JSON, or what table prints of it.
func (a *app) show(v any, table func(w io.Writer)) error {
	if a.output == "json" {
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	table(a.stdout)
	return nil
}

// columns prints rows below their heads, aligned. Without rows it says so.
func columns(w io.Writer, none string, heads []string, rows [][]string) {
	if len(rows) == 0 {
		fmt.Fprintln(w, none)
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(tw, strings.Join(heads, "\t"))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	_ = tw.Flush() // as Fprintln: the terminal has nobody to tell
}

// pairs prints a label and a value per line. Empty values are left out.
func pairs(w io.Writer, all ...string) {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for i := 0; i+1 < len(all); i += 2 {
		if all[i+1] != "" {
			fmt.Fprintf(tw, "%s\t%s\n", all[i], printable(all[i+1]))
		}
	}
	_ = tw.Flush() // as above
}

// printable keeps text of others from moving the cursor or breaking a table.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case r < ' ', r >= 0x7f && r < 0xa0:
			return '\uFFFD'
		}
		return r
	}, text)
}

// count groups digits: 1,234,567.
func count(n int64) string {
	text := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(text) - 3; i > start; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// size is a number of bytes for people, in powers of 1024.
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, units := float64(n)/1024, "KMGTPE"
	unit := 0
	for ; value >= 1024 && unit < len(units)-1; unit++ {
		value /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", value, units[unit])
}

// moment is a time in UTC, to the second.
func moment(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// zoned is a time in its own zone, to the second, with the offset from UTC.
func zoned(t time.Time) string {
	return t.Format("2006-01-02 15:04:05Z07:00")
}

// span is seconds for people: 4.2s, 3m10s.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", seconds)
	}
	return d.Round(time.Second).String()
}

// dash stands for what isn't there in a table.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// terminal returns the file behind a stream if a person sits there.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// colors maps the state of a run to how a terminal shows it.
var colors = map[string]string{"done": "\x1b[32m", "failed": "\x1b[31m", "canceled": "\x1b[33m"}

// colored shows a state in color where somebody sees it and wants it.
func (a *app) colored(state string) string {
	if _, ok := terminal(a.stdout); !ok || a.Env("NO_COLOR") != "" || a.Env("TERM") == "dumb" || colors[state] == "" {
		return state
	}
	return colors[state] + state + "\x1b[0m"
}
