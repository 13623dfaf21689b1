package ndjson

import (
	"bytes"
	"context"
	"errors"
	"unicode/utf8"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/format"
	"github.com/longshore/longshore/pkg/format/internal/window"
	"github.com/longshore/longshore/pkg/format/textvalue"
	"github.com/longshore/longshore/pkg/schema"
)

// maxKeys is how many different keys an object may have and still become
// columns. The keys of an object with more are data, and it stays JSON.
const maxKeys = 1000

// place is what was seen at one path of the sampled rows.
type place struct {
	path    schema.Path
	keys    []string // of members, in order of appearance
	members map[string]*place
	each    *place // the elements of arrays that are objects
	sample  schema.Sample
	scalars int64        // values that are neither objects nor arrays nor null
	objects int64        // objects
	object  int64        // of a member: which of the objects around it had it last
	plain   int64        // arrays without an object in them
	arrays  int64        // arrays with one
	list    schema.Class // of plain arrays
	example string       // of a value that is an object or array
	row     int64        // where it is
}

// infer looks at the first rows of a file.
func infer(ctx context.Context, w *window.Window, opts format.ReadOptions) (schema.Inference, error) {
	inf := schema.Inference{}
	root := &place{}
	var s textvalue.Scanner
	for inf.Rows < int64(opts.SampleRows) {
		if err := ctx.Err(); err != nil {
			return inf, err
		}
		row, ok, err := nextRow(w)
		if err != nil {
			return inf, err
		}
		if !ok {
			break
		}
		inf.Rows++
		s.Reset(row)
		if !utf8.Valid(row) || s.Peek() != '{' || !whole(&s) {
			inf.Malformed++
			continue
		}
		s.Reset(row)
		root.look(&s, inf.Rows)
	}
	if inf.Malformed > 0 && inf.Malformed == inf.Rows {
		return inf, fault.New(fault.Invalid, "not NDJSON: none of the first %d lines is a JSON object", inf.Rows)
	}
	root.fields(inf.Rows-inf.Malformed, &inf)
	schema.UniqueNames(inf.Fields)
	return inf, nil
}

// whole reports whether s holds one value and nothing else.
func whole(s *textvalue.Scanner) bool {
	if s.Skip() != textvalue.OK {
		return false
	}
	s.Peek()
	return s.Pos == len(s.Data)
}

// nextRow returns the next line that isn't blank. A line too long for the window
// is an empty row.
func nextRow(w *window.Window) (row []byte, ok bool, err error) {
	for {
		err := w.Fill()
		switch {
		case errors.Is(err, window.ErrLong):
			if _, err := w.SkipLine(); err != nil && !w.AtEnd() {
				return nil, false, err
			}
			return nil, true, nil
		case err != nil && w.AtEnd() && w.Pos >= w.Limit:
			return nil, false, ignoreEOF(err)
		case err != nil:
			return nil, false, err
		}
		end := w.Pos + bytes.IndexByte(w.Buf[w.Pos:w.Limit], '\n')
		row = w.Buf[w.Pos:end]
		w.Pos = end + 1
		if len(bytes.TrimSpace(row)) > 0 {
			return row, true, nil
		}
	}
}

// look notes the value that s stands at, which is well-formed.
func (p *place) look(s *textvalue.Scanner, row int64) {
	c := s.Peek()
	start := s.Pos
	switch c {
	case '{':
		p.objects++
		p.note(s, row)
		s.Pos = start
		p.lookInside(s, row)
	case '[':
		p.note(s, row)
		s.Pos = start
		p.lookAtArray(s, row)
	case 'n':
		s.Skip()
	default:
		p.scalars++
		class, text := scalar(s)
		p.sample.Add(row, class, text)
	}
}

// note keeps the first object or array as an example.
func (p *place) note(s *textvalue.Scanner, row int64) {
	if p.row == 0 {
		start := s.Pos
		s.Skip()
		p.row, p.example = row, string(s.Data[start:s.Pos])
	}
}

func (p *place) lookInside(s *textvalue.Scanner, row int64) {
	s.Pos++
	for !s.Take('}') {
		s.Take(',')
		s.Peek()
		key, _ := s.Key()
		m := p.members[string(key)]
		if m == nil {
			m = p.newMember(string(key))
		}
		if m.object == p.objects { // given twice: a column would refuse the row
			s.Skip()
			continue
		}
		m.object = p.objects
		m.look(s, row)
	}
}

func (p *place) newMember(key string) *place {
	m := &place{path: append(p.path[:len(p.path):len(p.path)], schema.Step{Field: key})}
	if len(p.keys) >= maxKeys {
		return m // looked at, and forgotten
	}
	if p.members == nil {
		p.members = map[string]*place{}
	}
	p.members[key] = m
	p.keys = append(p.keys, key)
	return m
}

func (p *place) lookAtArray(s *textvalue.Scanner, row int64) {
	start := s.Pos
	elem, objects := listClass(s)
	if objects == 0 {
		p.plain++
		list := schema.Class{Shape: schema.List, Elem: &elem}
		if p.list.Shape == schema.Nothing {
			p.list = list
		} else {
			p.list = schema.Join(p.list, list)
		}
		p.sample.Add(row, list, string(s.Data[start:s.Pos]))
		return
	}
	p.arrays++
	if p.each == nil {
		p.each = &place{path: append(p.path[:len(p.path):len(p.path)], schema.Step{Kind: schema.StepEach})}
	}
	s.Pos = start + 1
	for !s.Take(']') {
		s.Take(',')
		p.each.look(s, row)
	}
}

// listClass consumes an array and returns what its elements are, and how many
// of them are objects.
func listClass(s *textvalue.Scanner) (elem schema.Class, objects int) {
	s.Pos++
	for !s.Take(']') {
		s.Take(',')
		var class schema.Class
		switch s.Peek() {
		case '{':
			objects++
			s.Skip()
			class.Shape = schema.Text
		case '[':
			inner, n := listClass(s)
			if class = (schema.Class{Shape: schema.List, Elem: &inner}); n > 0 {
				class = schema.Class{Shape: schema.Text} // stays JSON
			}
		case 'n':
			s.Skip()
			class.Null = true
		default:
			class, _ = scalar(s)
		}
		elem = schema.Join(elem, class)
	}
	return elem, objects
}

// scalar consumes a text, number or boolean.
func scalar(s *textvalue.Scanner) (schema.Class, string) {
	c := s.Peek()
	if c == '"' {
		text, _ := s.String()
		return schema.Classify(string(text)), string(text)
	}
	start := s.Pos
	s.Skip()
	text := string(s.Data[start:s.Pos])
	if c == 't' || c == 'f' {
		return schema.Class{Shape: schema.Boolean}, text
	}
	return schema.ClassifyNumber(text), text
}
