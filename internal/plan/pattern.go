package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// Pattern matches the keys of a bucket.
//
//	*       any characters of one segment, between two slashes
//	**      any characters, slashes too; "**/" also matches nothing
//	?       one character that isn't a slash
//	{a,b}   one of several texts, which may hold * and ?
//	{1..9}  a number of the range; {01..12} with as many digits
//
// A path without any of these is a prefix: it matches every key below it.
type Pattern struct {
	// Bucket is the bucket's name.
	Bucket string
	// Prefix is what every matching key begins with: where a listing starts.
	Prefix string
	match  *regexp.Regexp // nil matches every key that begins with Prefix
}

// maxRange bounds {1..9}, which becomes as many alternatives.
const maxRange = 10_000

// ParsePattern reads s3://bucket/path. The error is Invalid and names what is
// wrong.
func ParsePattern(uri string) (*Pattern, error) {
	rest, ok := strings.CutPrefix(uri, "s3://")
	bucket, path, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" || strings.ContainsAny(bucket, "*?{}") {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "bucket URI %q names no bucket", uri), "write s3://bucket/path/*.csv")
	}
	magic := strings.IndexAny(path, "*?{")
	if magic < 0 {
		return &Pattern{Bucket: bucket, Prefix: path}, nil
	}
	expr, err := translate(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bucket URI %q: %w", uri, err)
	}
	re, err := regexp.Compile(`\A(?s:` + expr + `)\z`)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bucket URI %q is too complex: %w", uri, err)
	}
	return &Pattern{Bucket: bucket, Prefix: path[:magic], match: re}, nil
}

// Match reports whether a key fits. A key that ends in a slash is a folder's
// marker and never fits.
func (p *Pattern) Match(key string) bool {
	if strings.HasSuffix(key, "/") || !strings.HasPrefix(key, p.Prefix) {
		return false
	}
	return p.match == nil || p.match.MatchString(key)
}

// translate turns a glob into a regular expression, which Go matches in time
// proportional to the key.
func translate(glob string) (string, error) {
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
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return "", fmt.Errorf("the { at byte %d has no }", i+1)
			}
			alternatives, err := braces(rest[1:end])
			if err != nil {
				return "", err
			}
			out.WriteString(alternatives)
			i += end + 1
		default:
			size := len(rest)
			if at := strings.IndexAny(rest, "*?{"); at >= 0 {
				size = at
			}
			out.WriteString(regexp.QuoteMeta(rest[:size]))
			i += size
		}
	}
	return out.String(), nil
}

// braces translates what stands between { and }.
func braces(body string) (string, error) {
	if from, to, ok := strings.Cut(body, ".."); ok && !strings.Contains(body, ",") {
		return numbers(from, to)
	}
	var alternatives []string
	for alternative := range strings.SplitSeq(body, ",") {
		if strings.ContainsRune(alternative, '{') {
			return "", fmt.Errorf("{%s}: braces within braces", body)
		}
		expr, err := translate(alternative)
		if err != nil {
			return "", err
		}
		alternatives = append(alternatives, expr)
	}
	return "(?:" + strings.Join(alternatives, "|") + ")", nil
}

func numbers(from, to string) (string, error) {
	lo, errLo := strconv.Atoi(from)
	hi, errHi := strconv.Atoi(to)
	if errLo != nil || errHi != nil || lo < 0 || hi < lo || hi-lo >= maxRange {
		return "", fmt.Errorf("{%s..%s}: want a range of at most %d numbers, the lower one first", from, to, maxRange)
	}
	width := 0
	if len(from) == len(to) || from[0] == '0' && len(from) > 1 {
		width = len(from)
	}
	var alternatives []string
	for n := lo; n <= hi; n++ {
		alternatives = append(alternatives, fmt.Sprintf("%0*d", width, n))
	}
	return "(?:" + strings.Join(alternatives, "|") + ")", nil
}
