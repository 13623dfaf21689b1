package def

import (
	"fmt"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// Value is a value of a connection or channel as its file has it: text, in which
// {{ secret("NAME") }} and {{ tb_secret("NAME", "default") }} may stand for text
// that is known at run time only. The zero Value is empty.
//
// A Value prints as its file has it, except that literal text of a sensitive
// key, and the default of any reference, prints **redacted**.
type Value struct {
	hidden **value // fmt shows a struct behind one pointer, not behind two
}

type value struct {
	pieces    []piece
	sensitive bool
}

func newValue(v *value) Value { return Value{&v} }

// get returns nil for the zero Value.
func (v Value) get() *value {
	if v.hidden == nil {
		return nil
	}
	return *v.hidden
}

// piece is literal text, or a reference when name is set.
type piece struct {
	text       string
	name       string
	fallback   string
	hasDefault bool
}

// Literal returns a Value without references. When sensitive, it prints
// **redacted**.
func Literal(text string, sensitive bool) Value {
	if text == "" {
		return Value{}
	}
	return newValue(&value{pieces: []piece{{text: text}}, sensitive: sensitive})
}

// IsZero reports whether the value is empty or was not given.
func (v Value) IsZero() bool { return v.hidden == nil }

// Sensitive reports whether the value belongs to a key whose value is a secret.
func (v Value) Sensitive() bool { return v.hidden != nil && v.get().sensitive }

// References returns the names of the secrets that the value mentions.
func (v Value) References() []string {
	var names []string
	if v.hidden != nil {
		for _, p := range v.get().pieces {
			if p.name != "" {
				names = append(names, p.name)
			}
		}
	}
	return names
}

// Resolve replaces each reference with what lookup knows, else its default. The
// error, of kind NotFound, names the first secret that has neither.
func (v Value) Resolve(lookup func(name string) (string, bool)) (Secret, error) {
	if v.hidden == nil {
		return Secret{}, nil
	}
	var b strings.Builder
	for _, p := range v.get().pieces {
		text, err := p.resolve(lookup)
		if err != nil {
			return Secret{}, err
		}
		b.WriteString(text)
	}
	return NewSecret(b.String()), nil
}

func (p piece) resolve(lookup func(string) (string, bool)) (string, error) {
	if p.name == "" {
		return p.text, nil
	}
	if text, ok := lookup(p.name); ok {
		return text, nil
	}
	if p.hasDefault {
		return p.fallback, nil
	}
	err := fault.New(fault.NotFound, "secret %s is not set", p.name)
	return "", fault.WithRemedy(err, "set the environment variable %[1]s or put a file %[1]s into the secrets folder", p.name)
}

// plain returns the literal text of a value without references.
func (v Value) plain() (string, bool) {
	if v.hidden == nil {
		return "", true
	}
	if len(v.get().pieces) != 1 || v.get().pieces[0].name != "" {
		return "", false
	}
	return v.get().pieces[0].text, true
}

// String returns the value as its file has it, with secrets redacted.
func (v Value) String() string {
	if v.hidden == nil {
		return ""
	}
	var b strings.Builder
	for _, p := range v.get().pieces {
		switch {
		case p.name == "" && v.get().sensitive:
			b.WriteString(redacted)
		case p.name == "":
			b.WriteString(p.text)
		case p.hasDefault:
			fmt.Fprintf(&b, "{{ tb_secret(%q, %q) }}", p.name, redacted)
		default:
			fmt.Fprintf(&b, "{{ secret(%q) }}", p.name)
		}
	}
	return b.String()
}

// Format prints String for every verb.
func (v Value) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(v.String())) }

// MarshalText makes JSON, and whatever else asks for text, print String.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// equal compares what the files say, secrets included.
func (v Value) equal(w Value) bool {
	if v.hidden == nil || w.hidden == nil {
		return v.hidden == w.hidden
	}
	if v.get().sensitive != w.get().sensitive || len(v.get().pieces) != len(w.get().pieces) {
		return false
	}
	for i, p := range v.get().pieces {
		if p != w.get().pieces[i] {
			return false
		}
	}
	return true
}
