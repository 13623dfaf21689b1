package plan

import (
	"regexp"
	"strings"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Pattern matches the keys of a bucket.
//
//   - any characters of one segment, between two slashes
//     **      any characters, slashes too; "**/" also matches nothing
//     ?       one character that isn't a slash
//     {a,b}   one of several texts, which may hold * and ?
//     {1..9}  a number of the range; {01..12} with as many digits
//
// A path without any of these is a prefix: it matches every key below it.
type Pattern struct {
	// Bucket is the bucket's name.
	Bucket string
	// Prefix is what every matching key begins with, before the first pattern.
	Prefix string
	// Prefixes is where to list: every matching key begins with exactly one of
	// them. They are sorted, and no more than a hundred.
	Prefixes []string
	exact    bool           // Prefix is the one key that matches
	match    *regexp.Regexp // nil matches every key that begins with Prefix
}

// ParsePattern reads s3://bucket/path. The error is Invalid and names what is
// wrong.
func ParsePattern(uri string) (*Pattern, error) {
	u, err := def.ParseBucketURI(uri)
	if err != nil {
		return nil, err
	}
	p := &Pattern{Bucket: u.Bucket, Prefix: u.Prefix, Prefixes: []string{u.Prefix}}
	if !u.IsPattern {
		return p, nil
	}
	p.Prefixes = prefixes(u.Key, maxListings)
	if p.match, err = regexp.Compile(`\A(?s:` + translate(u.Key) + `)\z`); err != nil {
		return nil, fault.New(fault.Invalid, "bucket URI %q is too complex: %w", uri, err)
	}
	return p, nil
}

// OneKey returns the pattern that matches one key of a bucket, whatever
// characters it has.
func OneKey(bucket, key string) *Pattern {
	return &Pattern{Bucket: bucket, Prefix: key, Prefixes: []string{key}, exact: true}
}

// Match reports whether a key fits. A key that ends in a slash is a folder's
// marker and never fits.
func (p *Pattern) Match(key string) bool {
	if strings.HasSuffix(key, "/") || !strings.HasPrefix(key, p.Prefix) || p.exact && key != p.Prefix {
		return false
	}
	return p.match == nil || p.match.MatchString(key)
}

// translate turns a checked glob into a regular expression, which Go matches in
// time proportional to the key.
func translate(glob string) string {
	var out strings.Builder
	for i := 0; i < len(glob); {
		switch rest := glob[i:]; {
		case strings.HasPrefix(rest, "**/"):
			out.WriteString(`(?:.*/)?`)
			i += 3
		case strings.HasPrefix(rest, "**"):
			out.WriteString(`.*`)
			i += 2
		case rest[0] == '*':
			out.WriteString(`[^/]*`)
			i++
		case rest[0] == '?':
			out.WriteString(`[^/]`)
			i++
		case rest[0] == '{':
			body, _, _ := strings.Cut(rest[1:], "}")
			out.WriteString(braces(body))
			i += len(body) + len("{}")
		default:
			size := len(rest)
			if at := strings.IndexAny(rest, "*?{"); at >= 0 {
				size = at
			}
			out.WriteString(regexp.QuoteMeta(rest[:size]))
			i += size
		}
	}
	return out.String()
}

// braces translates what stands between { and }.
func braces(body string) string {
	var out []string
	for alternative := range alternatives(body) {
		out = append(out, translate(alternative))
	}
	return "(?:" + strings.Join(out, "|") + ")"
}
