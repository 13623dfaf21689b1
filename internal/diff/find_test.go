package diff

import (
	"context"
	"testing"
)

// heads is a source of rows without bodies.
type heads struct {
	rows []Head
	at   int
}

func (s *heads) Next(context.Context) (bool, error) { s.at++; return s.at <= len(s.rows), nil }
func (s *heads) Head() *Head                        { return &s.rows[s.at-1] }
func (s *heads) Body() ([]byte, error)              { return nil, nil }
func (s *heads) Close()                             {}

// A row that is taken for another, because as much of their marks as is kept is
// alike, is found out.
func TestARowTakenForAnotherIsFoundOut(t *testing.T) {
	row := func(body string) Head {
		return Head{Hash: HashKey([]byte{1}), Key: []byte{1}, Row: HashRow([]byte(body))}
	}
	for _, tt := range []struct {
		name string
		off  mark // from the mark of the baseline's row
		want bool
	}{
		{"the row", mark{}, true},
		{"another mark", mark{hi: 1}, false},
		{"another mark, too", mark{lo: 1 << 32}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newKnownRange(Range{}, 1, 100)
			if err := r.learn(t.Context(), &heads{rows: []Head{row("then")}}, &marker{}, 100); err != nil {
				t.Fatal(err)
			}
			f := (&Known{ranges: []knownRange{r}}).NewFinder()
			then := row("then")
			m := f.marker.mark(&then)
			m.hi, m.lo = m.hi+tt.off.hi, m.lo+tt.off.lo
			if !f.take(&finderPlace{from: 0, to: 1, mark: m}) {
				t.Fatal("the row wasn't found")
			}
			found := f.Found()
			err := Compare(t.Context(), &heads{}, &heads{rows: []Head{then}}, found,
				func(Op, Source) error { return nil }, func(*Head) {})
			if err != nil || found.Check() != tt.want {
				t.Errorf("got %v, check %v, want %v", err, found.Check(), tt.want)
			}
		})
	}
}
