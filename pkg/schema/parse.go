package schema

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/longshore/longshore/pkg/fault"
)

// maxTypeDepth bounds how deep types are nested, so that no input exhausts the stack.
const maxTypeDepth = 64

// ParseType reads a type as a table definition spells it: ClickHouse's names,
// and the SQL aliases it takes (INTEGER, VARCHAR(10), Decimal64(2)). The error
// is Invalid, names the position in bytes from 1, and the nearest type where a
// name is unknown.
func ParseType(text string) (Type, error) {
	p := typeParser{text: text}
	t, err := p.parse(0)
	if err != nil {
		return Type{}, err
	}
	p.space()
	if p.pos < len(text) {
		return Type{}, p.fail(p.pos, "%q after the type", text[p.pos:])
	}
	return t, nil
}

// MustParseType is ParseType for types that are written in code.
func MustParseType(text string) Type {
	t, err := ParseType(text)
	if err != nil {
		panic(err)
	}
	return t
}

type typeParser struct {
	text string
	pos  int
}

func (p *typeParser) fail(pos int, format string, args ...any) error {
	return fault.New(fault.Invalid, "type %q, position %d: "+format, append([]any{p.text, pos + 1}, args...)...)
}

func (p *typeParser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// take consumes c, after spaces, if it is next.
func (p *typeParser) take(c byte) bool {
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *typeParser) expect(c byte) error {
	if !p.take(c) {
		return p.fail(p.pos, "%q expected", string(c))
	}
	return nil
}

func (p *typeParser) word() string {
	p.space()
	start := p.pos
	for p.pos < len(p.text) && isWord(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func (p *typeParser) parse(depth int) (Type, error) {
	p.space()
	start := p.pos
	if depth > maxTypeDepth {
		return Type{}, p.fail(start, "nested more than %d deep", maxTypeDepth)
	}
	name := p.word()
	if name == "" {
		return Type{}, p.fail(start, "a type expected")
	}
	kind, precision := lookup(name)
	if kind == Unset {
		return Type{}, p.fail(start, "%s", explainUnknown(name))
	}
	t := Type{Kind: kind, Precision: precision}
	if err := p.parameters(&t, name, depth); err != nil {
		return Type{}, err
	}
	if why := t.illegal(); why != "" {
		return Type{}, p.fail(start, "%s", why)
	}
	return t, nil
}

// lookup finds the kind of a name. Decimal32 to Decimal256 imply a precision.
func lookup(name string) (Kind, int) {
	if k, ok := kindsByName[name]; ok {
		return k, 0
	}
	switch lower := strings.ToLower(name); lower {
	case "decimal32":
		return Decimal, 9
	case "decimal64":
		return Decimal, 18
	case "decimal128":
		return Decimal, 38
	case "decimal256":
		return Decimal, 76
	case "enum":
		return Enum8, -1
	default:
		return aliases[lower], 0
	}
}

func (p *typeParser) parameters(t *Type, name string, depth int) error {
	switch t.Kind {
	case Decimal:
		return p.decimal(t)
	case FixedString:
		return p.fixedString(t)
	case DateTime:
		return p.dateTime(t)
	case DateTime64:
		return p.dateTime64(t)
	case Enum8, Enum16:
		return p.enum(t)
	case Array, Nullable, LowCardinality:
		return p.elems(t, 1, depth)
	case Map:
		return p.elems(t, 2, depth)
	case Tuple:
		return p.tuple(t, depth)
	case SimpleAggregateFunction:
		return p.simpleAggregate(t, depth)
	case String:
		return p.ignoredLength(name)
	}
	return nil
}

// ignoredLength skips the length of VARCHAR(10), which means nothing here.
func (p *typeParser) ignoredLength(name string) error {
	if name == "String" || !p.take('(') {
		return nil
	}
	if _, err := p.number("length", 1, 1<<30); err != nil {
		return err
	}
	return p.expect(')')
}

func (p *typeParser) number(what string, low, high int) (int, error) {
	p.space()
	start := p.pos
	if p.pos < len(p.text) && p.text[p.pos] == '-' {
		p.pos++
	}
	for p.pos < len(p.text) && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.Atoi(p.text[start:p.pos])
	if err != nil || n < low || n > high {
		return 0, p.fail(start, "%s from %d to %d expected", what, low, high)
	}
	return n, nil
}

func (p *typeParser) decimal(t *Type) (err error) {
	short := t.Precision > 0 // Decimal64(S)
	if !p.take('(') {
		if short {
			return p.fail(p.pos, "a scale in parentheses expected")
		}
		t.Precision = 10
		return nil
	}
	if !short {
		if t.Precision, err = p.number("precision", 1, 76); err != nil {
			return err
		}
		if !p.take(',') {
			return p.expect(')')
		}
	}
	if t.Scale, err = p.number("scale", 0, t.Precision); err != nil {
		return err
	}
	return p.expect(')')
}

func (p *typeParser) fixedString(t *Type) (err error) {
	if err = p.expect('('); err != nil {
		return err
	}
	if t.Length, err = p.number("length", 1, 0xFFFFFF); err != nil {
		return err
	}
	return p.expect(')')
}

func (p *typeParser) dateTime(t *Type) (err error) {
	if !p.take('(') || p.take(')') {
		return nil
	}
	if t.Zone, err = p.zone(); err != nil {
		return err
	}
	return p.expect(')')
}

func (p *typeParser) dateTime64(t *Type) (err error) {
	t.Precision = 3
	if !p.take('(') {
		return nil
	}
	if t.Precision, err = p.number("precision", 0, 9); err != nil {
		return err
	}
	if p.take(',') {
		if t.Zone, err = p.zone(); err != nil {
			return err
		}
	}
	return p.expect(')')
}

func (p *typeParser) zone() (string, error) {
	p.space()
	start := p.pos
	zone, err := p.quoted('\'')
	if err != nil {
		return "", err
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return "", p.fail(start, "unknown time zone %q", zone)
	}
	return zone, nil
}

// quoted reads a literal in the given quotes, with backslash escapes and
// doubled quotes.
func (p *typeParser) quoted(quote byte) (string, error) {
	p.space()
	start := p.pos
	if !p.take(quote) {
		return "", p.fail(p.pos, "a text in %q expected", string(quote))
	}
	var s []byte
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		p.pos++
		switch {
		case c == '\\' && p.pos < len(p.text):
			s = append(s, unescape(p.text[p.pos]))
			p.pos++
		case c == quote && p.pos < len(p.text) && p.text[p.pos] == quote:
			s = append(s, quote)
			p.pos++
		case c == quote:
			return string(s), nil
		default:
			s = append(s, c)
		}
	}
	return "", p.fail(start, "text without its closing quote")
}

func unescape(c byte) byte {
	if i := strings.IndexByte("ntrbf0", c); i >= 0 {
		return "\n\t\r\b\f\x00"[i]
	}
	return c
}

func (p *typeParser) enum(t *Type) error {
	either := t.Precision < 0 // Enum: as wide as its numbers need
	t.Precision = 0
	if err := p.expect('('); err != nil {
		return err
	}
	low, high := -128, 127
	if either || t.Kind == Enum16 {
		low, high = -32768, 32767
	}
	next := 1
	for {
		p.space()
		start := p.pos
		name, err := p.quoted('\'')
		if err != nil {
			return err
		}
		if p.take('=') {
			if next, err = p.number("a number", low, high); err != nil {
				return err
			}
		}
		if next > high {
			return p.fail(start, "more names than %s has numbers", t.Kind)
		}
		v := EnumValue{Name: name, Number: int16(next)}
		if slices.ContainsFunc(t.Values, func(o EnumValue) bool { return o.Name == v.Name || o.Number == v.Number }) {
			return p.fail(start, "%q = %d is there already by name or number", v.Name, v.Number)
		}
		t.Values = append(t.Values, v)
		if next++; !p.take(',') {
			break
		}
	}
	slices.SortFunc(t.Values, func(a, b EnumValue) int { return int(a.Number) - int(b.Number) })
	if either && (t.Values[0].Number < -128 || t.Values[len(t.Values)-1].Number > 127) {
		t.Kind = Enum16
	}
	return p.expect(')')
}

func (p *typeParser) elems(t *Type, n, depth int) error {
	if err := p.expect('('); err != nil {
		return err
	}
	for i := range n {
		if i > 0 {
			if err := p.expect(','); err != nil {
				return err
			}
		}
		e, err := p.parse(depth + 1)
		if err != nil {
			return err
		}
		t.Elems = append(t.Elems, e)
	}
	return p.expect(')')
}

func (p *typeParser) simpleAggregate(t *Type, depth int) error {
	if err := p.expect('('); err != nil {
		return err
	}
	start := p.pos
	t.Function = p.word()
	if t.Function == "" {
		return p.fail(start, "a function expected")
	}
	if err := p.expect(','); err != nil {
		return err
	}
	e, err := p.parse(depth + 1)
	if err != nil {
		return err
	}
	t.Elems = []Type{e}
	return p.expect(')')
}

func (p *typeParser) tuple(t *Type, depth int) error {
	if err := p.expect('('); err != nil {
		return err
	}
	start := p.pos
	for {
		name, err := p.elementName()
		if err != nil {
			return err
		}
		e, err := p.parse(depth + 1)
		if err != nil {
			return err
		}
		t.Elems = append(t.Elems, e)
		if name != "" {
			if slices.Contains(t.Names, name) {
				return p.fail(start, "tuple with two elements %q", name)
			}
			t.Names = append(t.Names, name)
		}
		if !p.take(',') {
			break
		}
	}
	if t.Names != nil && len(t.Names) != len(t.Elems) {
		return p.fail(start, "tuple with names for some elements only")
	}
	return p.expect(')')
}

// elementName reads the name before a tuple's element, or nothing where the
// next word is the type itself.
func (p *typeParser) elementName() (string, error) {
	p.space()
	if p.pos < len(p.text) && (p.text[p.pos] == '`' || p.text[p.pos] == '"') {
		return p.quoted(p.text[p.pos])
	}
	start := p.pos
	name := p.word()
	p.space()
	if p.pos < len(p.text) && isWord(p.text[p.pos]) {
		return name, nil
	}
	p.pos = start
	return "", nil
}
