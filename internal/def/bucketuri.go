package def

import (
	"strconv"
	"strings"
)

// maxRange is the most numbers that {m..n} may stand for.
const maxRange = 10_000

// BucketURI is where the files of a datasource are:
//
//	s3://bucket/path/**/*.csv
//
// In the key, * is any text within a segment, ** any text across segments, ?
// one character, {a,b} either text, {1..9} each number. A key without any of
// these is a prefix.
type BucketURI struct {
	Bucket    string
	Key       string // all after the bucket's slash; may be empty
	Prefix    string // what Key begins with before its first pattern
	IsPattern bool
}

// ParseBucketURI reads a bucket URI and checks the grammar of its pattern. The
// error, of kind Invalid, says what is wrong and what would be right.
func ParseBucketURI(text string) (BucketURI, error) {
	rest, ok := strings.CutPrefix(text, "s3://")
	if !ok {
		return BucketURI{}, invalid("write s3://bucket/path", "%q does not begin with s3://", text)
	}
	u := BucketURI{}
	u.Bucket, u.Key, _ = strings.Cut(rest, "/")
	var ps Problems
	checkBucket(&ps, Position{}, u.Bucket)
	if len(ps) > 0 {
		return BucketURI{}, invalid(ps[0].Remedy, "%s", ps[0].Message)
	}
	if i := strings.IndexAny(u.Key, "*?{}"); i >= 0 {
		u.Prefix, u.IsPattern = u.Key[:i], true
		return u, checkPattern(u.Key)
	}
	u.Prefix = u.Key
	return u, nil
}

func checkPattern(key string) error {
	if strings.Contains(key, "***") {
		return invalid("use * within a segment, ** across", "the pattern has more than two * in a row")
	}
	for rest := key; ; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			return nil
		}
		inner, after, closed := strings.Cut(rest[i+1:], "}")
		switch {
		case rest[i] == '}' || !closed:
			return invalid("write {a,b} or {1..9}", "a brace in the pattern has no partner")
		case strings.Contains(inner, "{"):
			return invalid("write out the alternatives", "the pattern has braces in braces")
		}
		if err := checkAlternatives(inner); err != nil {
			return err
		}
		rest = after
	}
}

func checkAlternatives(inner string) error {
	from, to, isRange := strings.Cut(inner, "..")
	switch {
	case strings.Contains(inner, ","):
		return nil
	case !isRange:
		return invalid("write {a,b} or {1..9}", "{%s} is neither a choice nor a range", inner)
	}
	low, err1 := strconv.ParseUint(from, 10, 63)
	high, err2 := strconv.ParseUint(to, 10, 63)
	switch {
	case err1 != nil || err2 != nil:
		return invalid("write whole numbers, such as {1..9} or {01..12}", "{%s} is no range", inner)
	case low > high:
		return invalid("write {"+to+".."+from+"}", "the range {%s} runs backwards", inner)
	case high-low >= maxRange:
		return invalid("use * instead", "the range {%s} has more than 10,000 numbers", inner)
	}
	return nil
}
