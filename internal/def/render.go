package def

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxKey is the longest key that S3 takes, in bytes.
const maxKey = 1024

// Vars is what a path template is filled with.
type Vars struct {
	Time      time.Time // of the run; any zone, rendered in UTC
	Offset    int64     // seconds, any sign, added to Time
	ModelID   string
	ModelName string
	SyncID    string
	RunID     string
	Mode      string
	Op        string // added, changed, removed; empty where the object holds all the mode's rows
	Part      int    // of a batched run, from 1; 0 without batching
	Ext       string // .csv.gz: with its dot
}

// variables fill a template. Each returns the text, or nothing when Vars lacks
// it.
var variables = map[string]func(v Vars, at time.Time) string{
	"YYYY":        func(_ Vars, at time.Time) string { return fmt.Sprintf("%04d", at.Year()) },
	"YY":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%02d", at.Year()%100) },
	"MM":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%02d", at.Month()) },
	"DD":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%02d", at.Day()) },
	"HH":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%02d", at.Hour()) },
	"mm":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%02d", at.Minute()) },
	"ss":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%02d", at.Second()) },
	"ms":          func(_ Vars, at time.Time) string { return fmt.Sprintf("%03d", at.Nanosecond()/1e6) },
	"X":           func(_ Vars, at time.Time) string { return strconv.FormatInt(at.Unix(), 10) },
	"x":           func(_ Vars, at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
	"model.id":    func(v Vars, _ time.Time) string { return v.ModelID },
	"model.name":  func(v Vars, _ time.Time) string { return v.ModelName },
	"sync.id":     func(v Vars, _ time.Time) string { return v.SyncID },
	"sync.run.id": func(v Vars, _ time.Time) string { return v.RunID },
	"op":          func(v Vars, _ time.Time) string { return v.op() },
	"part":        func(v Vars, _ time.Time) string { return fmt.Sprintf("%05d", max(v.Part, 1)) },
	"ext":         func(v Vars, _ time.Time) string { return v.Ext },
	"mode":        func(v Vars, _ time.Time) string { return v.Mode },
}

// TemplateVariables returns the names of all variables of path templates, in
// the order of the documentation.
func TemplateVariables() []string {
	return []string{"YYYY", "YY", "MM", "DD", "HH", "mm", "ss", "ms", "X", "x",
		"model.id", "model.name", "sync.id", "sync.run.id", "op", "part", "ext", "mode"}
}

func (v Vars) op() string {
	switch {
	case v.Op != "":
		return v.Op
	case v.Mode == string(Insert):
		return "added"
	}
	return v.Mode
}

// Render fills the template. Where no variable says them, -op goes before the
// first extension in diff mode, then -part in a batched run. The error, of kind
// Invalid, names a variable without a value, or a key above S3's 1,024 bytes.
func (t *Template) Render(v Vars) (string, error) {
	at := v.Time.UTC().Add(time.Duration(v.Offset) * time.Second)
	suffix := t.suffix(v)
	var b strings.Builder
	for i, p := range t.pieces {
		if i == t.suffixAt {
			b.WriteString(p.text[:t.suffixByte])
			b.WriteString(suffix)
			p.text = p.text[t.suffixByte:]
		}
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		text := variables[p.name](v, at)
		if text == "" && p.name != "ext" {
			return "", invalid("", "the path needs a value of {%s}", p.name)
		}
		if p.name == "ext" && strings.HasSuffix(b.String(), ".") {
			text = strings.TrimPrefix(text, ".")
		}
		b.WriteString(text)
	}
	if t.suffixAt == len(t.pieces) {
		b.WriteString(suffix)
	}
	if b.Len() > maxKey {
		return "", invalid("shorten it", "the path makes a key of %d bytes, S3 takes %d", b.Len(), maxKey)
	}
	return b.String(), nil
}

func (t *Template) suffix(v Vars) string {
	suffix := ""
	if v.Mode == string(DiffAll) && v.Op != "" && !t.uses["op"] {
		suffix = "-" + v.Op
	}
	if v.Part > 0 && !t.uses["part"] {
		suffix += fmt.Sprintf("-%05d", v.Part)
	}
	return suffix
}
