package plan_test

import (
	"testing"

	"github.com/longshore/longshore/internal/plan"
	"github.com/longshore/longshore/pkg/fault"
)

func TestPatternMatch(t *testing.T) {
	tests := []struct {
		name, uri, prefix string
		match, miss       []string
	}{
		{"a path is a prefix", "s3://bkt/my-path", "my-path", []string{"my-path", "my-path/a.csv", "my-path-too/b"}, []string{"other", "my-path/"}},
		{"bucket alone", "s3://bkt", "", []string{"a", "a/b"}, []string{"a/"}},
		{"star stays in its segment", "s3://bkt/in/*.csv", "in/", []string{"in/a.csv", "in/.csv"}, []string{"in/x/a.csv", "in/a.csv.gz", "in/a.CSV"}},
		{"double star crosses", "s3://bkt/in/**/*.csv", "in/", []string{"in/a.csv", "in/x/a.csv", "in/x/y/a.csv"}, []string{"out/a.csv", "in/a.tsv"}},
		{"double star at the end", "s3://bkt/in/**", "in/", []string{"in/a", "in/x/y"}, []string{"in/"}},
		{"question mark", "s3://bkt/a?.csv", "a", []string{"a1.csv", "aé.csv"}, []string{"a.csv", "a/.csv", "a12.csv"}},
		{"alternatives", "s3://bkt/{orders,cust*}/x.csv", "", []string{"orders/x.csv", "customers/x.csv"}, []string{"orders,cust/x.csv", "other/x.csv"}},
		{"an empty alternative", "s3://bkt/a.csv{,.gz}", "a.csv", []string{"a.csv", "a.csv.gz"}, []string{"a.csv.zst"}},
		{"numbers", "s3://bkt/p{8..11}", "p", []string{"p8", "p10", "p11"}, []string{"p7", "p12", "p08"}},
		{"numbers of a width", "s3://bkt/{01..12}/x", "", []string{"01/x", "12/x"}, []string{"1/x", "13/x"}},
		{"the last numbers that there are", "s3://bkt/{9223372036854775806..9223372036854775807}", "", []string{"9223372036854775807"}, []string{"9223372036854775805"}},
		{"keys of all kinds", "s3://bkt/ü /50%+x//*", "ü /50%+x//", []string{"ü /50%+x//a b", "ü /50%+x//é"}, []string{"ü /50%+x/a", "ü /50% x//a"}},
		{"a slash in front", "s3://bkt//a/*", "/a/", []string{"/a/b"}, []string{"a/b", "//a/b"}},
		{"no regular expression", "s3://bkt/a.b+(c)*", "a.b+(c)", []string{"a.b+(c)d"}, []string{"aXb+(c)d"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan.ParsePattern(tt.uri)
			if err != nil {
				t.Fatal(err)
			}
			if p.Bucket != "bkt" || p.Prefix != tt.prefix {
				t.Errorf("got bucket %q and prefix %q, want bkt and %q", p.Bucket, p.Prefix, tt.prefix)
			}
			for _, key := range tt.match {
				if !p.Match(key) {
					t.Errorf("%q should match %s", key, tt.uri)
				}
			}
			for _, key := range tt.miss {
				if p.Match(key) {
					t.Errorf("%q should not match %s", key, tt.uri)
				}
			}
		})
	}
}

func TestOneKeyMatchesItselfAlone(t *testing.T) {
	p := plan.OneKey("b", "in/*.{a}")
	for key, want := range map[string]bool{"in/*.{a}": true, "in/x.{a}": false, "in/*.{a}.more": false, "in/*.": false} {
		if got := p.Match(key); got != want {
			t.Errorf("%s: got %v", key, got)
		}
	}
}

func TestPatternRefusesRubbish(t *testing.T) {
	for _, uri := range []string{"", "bkt/x", "https://bkt/x", "s3://", "s3:///x", "s3://bkt*/x", "s3://bkt/{a", "s3://bkt/{9..1}", "s3://bkt/{0..99999}", "s3://bkt/{0..18446744073709551615}", "s3://bkt/{a,{b}}"} {
		if _, err := plan.ParsePattern(uri); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want an error", uri, err)
		}
	}
}
