package def

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var (
	roleShape   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/.+$`)
	bucketShape = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// fields are the entries of a connection file by key.
type fields struct {
	file     string
	entries  map[string]entry
	problems *Problems
}

// parseConnection reads a .connection file. It returns nil when the file does
// not even say its type.
func parseConnection(ps *Problems, file, name string, content []byte) *Connection {
	f := fields{file, map[string]entry{}, ps}
	for _, e := range readEntries(ps, file, content, keysOf(append(connectionKeys, sqlKeys()...))) {
		if e.block != nil {
			e.value = e.block.text()
		}
		f.entries[e.key] = e
	}
	c := &Connection{Name: name, Pos: Position{file, 1, 1}}
	t, ok := f.entries["TYPE"]
	if !ok {
		ps.add(c.Pos, "add a line such as TYPE s3", "TYPE is missing")
		return nil
	}
	types := []string{"s3", "minio", "postgres", "mysql", "clickhouse"}
	c.Type = ConnectionType(strings.ToLower(t.value))
	if !contains(types, string(c.Type)) {
		ps.add(t.at, didYouMean("type", t.value, types), "unknown connection type %q", t.value)
		return nil
	}
	minio := c.Type == "minio"
	if minio {
		c.Type = S3
	}
	f.rejectOtherTypes(c.Type)
	if c.Type == S3 {
		c.S3 = f.s3(minio)
	} else {
		c.SQL = f.sql(c.Type)
	}
	return c
}

// rejectOtherTypes reports keys that exist, but for another type.
func (f fields) rejectOtherTypes(t ConnectionType) {
	for key, e := range f.entries {
		if key == "TYPE" || strings.HasPrefix(key, t.prefix()) {
			continue
		}
		_, field, _ := strings.Cut(key, "_")
		remedy := "remove it"
		if near := t.prefix() + field; contains(keysOf(append(connectionKeys, sqlKeys()...)), near) {
			remedy = "did you mean " + near + "?"
		}
		f.problems.add(e.at, remedy, "%s does not belong to a connection of type %s", key, t)
	}
}

// value reads a key whose text may hold references.
func (f fields) value(key string, sensitive bool) Value {
	e := f.entries[key]
	return parseValue(f.problems, e.at, e.value, sensitive)
}

func (f fields) has(key string) bool { _, ok := f.entries[key]; return ok }

func (f fields) s3(minio bool) *S3Connection {
	s := &S3Connection{
		Region: f.value("S3_REGION", false), AccessKey: f.value("S3_ACCESS_KEY", true), Secret: f.value("S3_SECRET", true),
		ARN: f.value("S3_ARN", false), ExternalID: f.value("S3_EXTERNAL_ID", true), Bucket: f.value("S3_BUCKET", false),
		Endpoint: f.value("S3_ENDPOINT", false), CACert: f.value("S3_CA_CERT", false),
	}
	s.PathStyle = f.yes("S3_PATH_STYLE", !s.Endpoint.IsZero())
	f.pair("S3_ACCESS_KEY", "S3_SECRET")
	f.pair("S3_SECRET", "S3_ACCESS_KEY")
	if f.has("S3_EXTERNAL_ID") && !f.has("S3_ARN") {
		f.problems.add(f.entries["S3_EXTERNAL_ID"].at, "add S3_ARN, or remove it", "S3_EXTERNAL_ID is of use only with S3_ARN")
	}
	if minio && s.Endpoint.IsZero() {
		f.problems.add(f.entries["TYPE"].at, "add a line such as S3_ENDPOINT http://127.0.0.1:9000", "a connection of type minio needs S3_ENDPOINT")
	}
	if arn, plain := s.ARN.plain(); plain && arn != "" && !roleShape.MatchString(arn) {
		f.problems.add(f.entries["S3_ARN"].at, "write arn:aws:iam::123456789012:role/name", "%q is not the ARN of a role", arn)
	}
	if bucket, plain := s.Bucket.plain(); plain && bucket != "" {
		checkBucket(f.problems, f.entries["S3_BUCKET"].at, bucket)
	}
	f.endpoint(s.Endpoint)
	return s
}

func (f fields) pair(key, other string) {
	if f.has(key) && !f.has(other) {
		f.problems.add(f.entries[key].at, "add "+other+", or remove both to use the AWS default chain", "%s is given without %s", key, other)
	}
}

func (f fields) endpoint(v Value) {
	text, plain := v.plain()
	if !plain || text == "" {
		return
	}
	u, err := url.Parse(text)
	at := f.entries["S3_ENDPOINT"].at
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		f.problems.add(at, "write for example http://127.0.0.1:9000", "S3_ENDPOINT is not an http or https URL")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		f.problems.add(at, "write scheme, host and port alone", "S3_ENDPOINT has more than a host")
	}
}

// checkBucket reports names that no bucket can have.
func checkBucket(ps *Problems, at Position, name string) {
	_, err := netip.ParseAddr(name)
	switch {
	case strings.Contains(name, "://") || strings.Contains(name, "/"):
		ps.add(at, "write the name alone, such as my-bucket", "the bucket is the name of a bucket, not a URL")
	case !bucketShape.MatchString(name) || strings.Contains(name, "..") || err == nil:
		ps.add(at, "use 3 to 63 lower case letters, digits, - and .", "%q is no valid name of a bucket", name)
	}
}

// yes reads true or false.
func (f fields) yes(key string, otherwise bool) bool {
	e, ok := f.entries[key]
	if !ok {
		return otherwise
	}
	v, ok := parseBool(e.value)
	if !ok {
		f.problems.add(e.at, "use true or false", "%s is %q", key, e.value)
	}
	return v
}

func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, true
	case "false", "no", "off", "0":
		return false, true
	}
	return false, false
}

func parsePort(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= 65535
}
