package schema

import (
	"reflect"
	"strings"
	"testing"
)

func TestInferredTypes(t *testing.T) {
	tests := []struct {
		name   string
		values string // separated by spaces; "-" is null; "_" is a space
		want   string
		why    string // part
	}{
		{"integers", "1 -2 30", "Int64", "all 3 values are an integer"},
		{"large integers", "1 18446744073709551615", "UInt64", ""},
		{"large and negative", "-1 18446744073709551615", "Int128", ""},
		{"huge", "36893488147419103232", "UInt256", ""},
		{"floats", "1 2.5 1e3", "Float64", "1 of 3 values look like Int64"},
		{"leading zeros", "1 02 3", "String", "1 of 3 values begin with a zero"},
		{"zero", "0 0.5", "Float64", ""},
		{"nulls", "1 - 3", "Nullable(Int64)", "1 null or missing"},
		{"booleans", "true FALSE", "Bool", ""},
		{"booleans and numbers", "true 1", "String", ""},
		{"dates", "2024-02-29 2023-01-01", "Date", ""},
		{"no date", "2023-02-29", "String", ""},
		{"far dates", "1950-01-01 2024-01-01", "Date32", ""},
		{"times", "2024-02-29_12:00:00 2024-02-29T12:00:00Z 2024-02-29", "DateTime('UTC')", ""},
		{"milliseconds", "2024-02-29_12:00:00.5 2024-02-29T12:00:00Z", "DateTime64(3, 'UTC')", ""},
		{"microseconds", "2024-02-29T12:00:00.123456+01:00 2024-02-29_12:00:00.5", "DateTime64(6, 'UTC')", ""},
		{"nanoseconds", "2024-02-29T12:00:00.1234567Z", "DateTime64(9, 'UTC')", ""},
		{"nanoseconds too late", "2280-01-01T12:00:00.1234567Z", "String", ""},
		{"an hour of one digit", "2024-02-29_1:00:00,5", "String", ""},
		{"a zone that is none", "2024-02-29T12:00:00+16:00", "String", ""},
		{"far times", "1950-01-01_00:00:00", "DateTime64(3, 'UTC')", ""},
		{"uuid", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "UUID", ""},
		{"uuid and text", "61f0c404-5cb3-11e7-907b-a6006ad3dba0 x", "String", ""},
		{"dates and numbers", "2024-02-29 7", "String", ""},
		{"nothing", "- -", "Nullable(String)", "no value in 2 rows"},
		{"versions", "1.2.3", "String", ""},
		{"infinite", "1e999", "String", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Sample
			for i, v := range strings.Fields(tt.values) {
				if v == "-" {
					s.Null(1)
					continue
				}
				v = strings.ReplaceAll(v, "_", " ")
				s.Add(int64(i+1), Classify(v), v)
			}
			f := s.Field(FieldPath("f"), InferOptions{})
			if f.Type.String() != tt.want || !strings.Contains(f.Why, tt.why) {
				t.Errorf("got %s because %s, want %s because %s", f.Type, f.Why, tt.want, tt.why)
			}
		})
	}
}

func TestEvidence(t *testing.T) {
	var s Sample
	for i, v := range []string{"10", "9", "n/a", "9", "200"} {
		s.Add(int64(i+1), Classify(v), v)
	}
	f := s.Field(FieldPath("f"), InferOptions{})
	want := []Conflict{{Type: Of(Int64), Rows: 4, Row: 1, Example: "10"}, {Type: Of(String), Rows: 1, Row: 3, Example: "n/a"}}
	if !reflect.DeepEqual(f.Conflicts, want) {
		t.Errorf("got conflicts %+v, want %+v", f.Conflicts, want)
	}
	if got := strings.Join(f.Examples, " "); got != "10 9 n/a 200" {
		t.Errorf("got examples %s", got)
	}
	var n Sample
	for i, v := range []string{"10", "9", "-3.5"} {
		n.Add(int64(i+1), Classify(v), v)
	}
	if f := n.Field(FieldPath("f"), InferOptions{Nullable: true}); f.Min != "-3.5" || f.Max != "10" || f.Type.String() != "Nullable(Float64)" {
		t.Errorf("got %s to %s, %s", f.Min, f.Max, f.Type)
	}
}

func TestColumnNames(t *testing.T) {
	tests := []struct{ path, want string }{
		{"$.a.b", "a_b"}, {"$.items[:].id", "items_id"}, {"$['First Name']", "First_Name"}, {"$['2x']", "_2x"}, {"$.año", "año"}, {"$", "row"},
	}
	for _, tt := range tests {
		path, err := ParsePath(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := columnName(path); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.path, got, tt.want)
		}
	}
	fields := []Field{{Name: "a"}, {Name: "a"}, {Name: "a_2"}, {Name: "a"}}
	UniqueNames(fields)
	if got := fields[0].Name + " " + fields[1].Name + " " + fields[2].Name + " " + fields[3].Name; got != "a a_2 a_2_2 a_3" {
		t.Errorf("got %s", got)
	}
}

var classes = func() (all []Class) {
	for _, text := range []string{"true", "1", "-1", "18446744073709551615", "36893488147419103232", "1.5", "2024-01-01", "1950-01-01",
		"2024-01-01 00:00:00", "2024-01-01 00:00:00.5", "1950-01-01 00:00:00.123456", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "x", "007"} {
		all = append(all, Classify(text))
	}
	for _, c := range append(all, Class{}) {
		all = append(all, Class{Shape: List, Elem: &c})
	}
	return append(all, Class{})
}()

func TestJoinIsALattice(t *testing.T) {
	equal := func(a, b Class) bool { return reflect.DeepEqual(a, b) }
	for _, a := range classes {
		if !equal(Join(a, a), a) {
			t.Errorf("%+v with itself: got %+v", a, Join(a, a))
		}
		for _, b := range classes {
			if !equal(Join(a, b), Join(b, a)) {
				t.Errorf("%+v and %+v: not commutative", a, b)
			}
			for _, c := range classes {
				if !equal(Join(Join(a, b), c), Join(a, Join(b, c))) {
					t.Errorf("%+v, %+v, %+v: not associative", a, b, c)
				}
			}
		}
	}
}
