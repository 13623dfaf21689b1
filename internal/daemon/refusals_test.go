package daemon_test

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/internal/ledger"
)

// refusal is a run that can't succeed, and what it has to say.
type refusal struct {
	subject    ledger.Kind
	name       string // of the sync or datasource
	connection string // that is to blame
	kind       string // of package fault
	action     string
	remedy     string
}

const wrongSecret = "wrong-secret-4711"

// refusedPort is an address where nobody listens.
func refusedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// policy is what a user may do in the data bucket.
func (s *stage) policy(actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":["arn:aws:s3:::%[2]s","arn:aws:s3:::%[2]s/*"]}]}`,
		strings.Join(actions, `","`), s.data)
}

// minioConnection is a connection to the stage's MinIO with other keys.
func (s *stage) minioConnection(endpoint, bucket, accessKey, secret string) string {
	return fmt.Sprintf("TYPE minio\nS3_ENDPOINT %s\nS3_REGION %s\nS3_ACCESS_KEY %s\nS3_SECRET %s\nS3_BUCKET %s\nS3_PATH_STYLE true\n",
		endpoint, s.store.Region, accessKey, secret, bucket)
}

// with is a URL with parts of it replaced.
func with(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// Queries that a refused export is for. The large ones have pieces uploaded
// before their end.
const (
	smallQuery  = "select 1 as id"
	largeQuery  = "select i as id, repeat(md5(i::text), 4) as note from generate_series(1, 200000) i"
	brokenQuery = "select i as id, repeat(md5(i::text), 4) as note, 1 / (200000 - i) as rest from generate_series(1, 200000) i"
)

// Whatever refuses a run, it says in one line who, what and what to do, and
// leaves nothing behind.
func TestRefusals(t *testing.T) {
	s := newStage(t)
	s.produce()
	s.work()
	files, secrets := s.refusingConnections()
	exports := s.refusedExports(files)
	ingests := s.refusedIngests(files)
	s.put("in/a.csv", csvEvents(1, 10))
	s.push(files)
	s.refused(append(exports, ingests...), secrets)
	if keys := s.keys(); !slices.Equal(keys, []string{"in/a.csv"}) {
		t.Errorf("the bucket has %v, want what was there", keys)
	}
	for _, c := range exports {
		s.noUploads("refused/" + c.name + ".csv")
	}
	rows := one(t, s.clickhouse(), "select toString(sum(total_rows)) from system.tables where database = currentDatabase() and name like 'in\\_%'")
	if rows != "0" {
		t.Errorf("the tables have %s rows, want none", rows)
	}
}

// refusingConnections is connections that lead nowhere, and the secrets in them.
func (s *stage) refusingConnections() (files map[string]string, secrets []string) {
	s.t.Helper()
	role := "reader_" + strings.TrimPrefix(s.data, "test-")
	exec1(s.t, s.postgres(), "create table guarded (id int)", "create table amounts (amount numeric(38, 10))", "insert into amounts values ('NaN')",
		fmt.Sprintf("create role %s login password '%s'", role, wrongSecret))
	closed := refusedPort(s.t)
	database := func(kind, address string, change func(*url.URL)) string {
		return "TYPE " + kind + "\n" + strings.ToUpper(kind) + "_URL " + with(s.t, address, change) + "\n"
	}
	files = map[string]string{
		"connections/pg_password.connection": database("postgres", s.pgURL, func(u *url.URL) { u.User = url.UserPassword("postgres", wrongSecret) }),
		"connections/pg_reader.connection":   database("postgres", s.pgURL, func(u *url.URL) { u.User = url.UserPassword(role, wrongSecret) }),
		"connections/pg_database.connection": database("postgres", s.pgURL, func(u *url.URL) { u.Path = "/nowhere" }),
		"connections/pg_closed.connection":   database("postgres", s.pgURL, func(u *url.URL) { u.Host = closed }),
		"connections/ch_password.connection": database("clickhouse", s.clickhouseURL(), func(u *url.URL) { u.User = url.UserPassword("default", wrongSecret) }),
		"connections/ch_database.connection": database("clickhouse", s.clickhouseURL(), func(u *url.URL) { u.Path = "/nowhere" }),
		"connections/ch_closed.connection":   database("clickhouse", s.clickhouseURL(), func(u *url.URL) { u.Host = closed }),
		"connections/s3_secret.connection":   s.minioConnection(s.store.Endpoint, s.data, s.store.AccessKey, wrongSecret),
		"connections/s3_key.connection":      s.minioConnection(s.store.Endpoint, s.data, "nobody", wrongSecret),
		"connections/s3_bucket.connection":   s.minioConnection(s.store.Endpoint, "no-such-bucket", s.store.AccessKey, s.store.Secret),
		"connections/s3_closed.connection":   s.minioConnection("http://"+closed, s.data, s.store.AccessKey, s.store.Secret),
	}
	secrets = []string{wrongSecret, s.store.Secret, "postgres-test-secret"}
	for name, policy := range map[string]string{
		"s3_no_put":  s.policy("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucketMultipartUploads"),
		"s3_no_list": s.policy("s3:GetObject"),
		"s3_no_get":  s.policy("s3:ListBucket"),
	} {
		key, secret := s.store.AddUser(s.t, policy)
		files["connections/"+name+".connection"] = s.minioConnection(s.store.Endpoint, s.data, key, secret)
		secrets = append(secrets, secret)
	}
	return files, secrets
}

// refusedExports adds a sync for everything that may be wrong with its source or
// its destination.
func (s *stage) refusedExports(files map[string]string) (cases []refusal) {
	add := func(from, to, sql string, r refusal) {
		files["models/"+r.name+".yaml"] = fmt.Sprintf("connection: %s\nsql: %q\n", from, sql)
		files["syncs/"+r.name+".yaml"] = fmt.Sprintf("model: %s\nmode: all\ndestination:\n  connection: %s\n  path: refused/%s.csv\n  format: csv\n",
			r.name, to, r.name)
		r.subject = ledger.Export
		cases = append(cases, r)
	}
	for _, c := range []struct {
		name, from, sql, kind, action, remedy string
	}{
		{"wrong_password", "pg_password", smallQuery, "denied", "connect to ", "check user and password"},
		{"closed_port", "pg_closed", smallQuery, "temporary", "connect to ", "correct host and port"},
		{"no_database", "pg_database", smallQuery, "not_found", "connect to ", "check the database name"},
		{"no_grant", "pg_reader", "select * from guarded", "denied", "model no_grant", "GRANT SELECT ON guarded TO "},
		{"no_table", "postgres", "select * from nowhere", "not_found", "model no_table", "check the name's spelling and schema"},
		{"no_column", "postgres", "select id, nme from guarded", "invalid", "model no_column", "check the column's name"},
		{"no_sql", "postgres", "select id from where", "invalid", "model no_sql", "correct the model's SQL"},
		{"writes", "postgres", "with gone as (delete from guarded returning id) select * from gone", "invalid", "model writes", "a model may only read"},
		{"no_number", "postgres", "select * from amounts", "invalid", "model no_number", `cast it: "amount"::`},
		{"breaks_off", "postgres", brokenQuery, "invalid", "model breaks_off: division by zero", "correct the model's SQL, or the rows"},
	} {
		add(c.from, "minio", c.sql, refusal{name: c.name, connection: c.from, kind: c.kind, action: c.action, remedy: c.remedy})
	}
	for _, c := range []struct{ to, kind, action, remedy string }{
		{"s3_secret", "denied", "s3:PutObject", "check S3_ACCESS_KEY and S3_SECRET"},
		{"s3_key", "denied", "s3:PutObject", "check S3_ACCESS_KEY and S3_SECRET"},
		{"s3_no_put", "denied", "s3:PutObject", "grant s3:PutObject on arn:aws:s3:::" + s.data + "/*"},
		{"s3_bucket", "not_found", "s3:ListBucketMultipartUploads", "create the bucket, or correct its name"},
		{"s3_closed", "temporary", "s3:ListBucketMultipartUploads", "check S3_ENDPOINT and that the store runs"},
	} {
		add("postgres", c.to, smallQuery, refusal{name: "small_" + c.to, connection: c.to, kind: c.kind, action: c.action, remedy: c.remedy})
		add("postgres", c.to, largeQuery, refusal{name: "large_" + c.to, connection: c.to, kind: c.kind, action: c.action, remedy: c.remedy})
	}
	return cases
}

// refusedIngests adds a datasource for everything that may be wrong with its
// bucket or its ClickHouse.
func (s *stage) refusedIngests(files map[string]string) (cases []refusal) {
	for _, c := range []struct{ connection, kind, action, remedy string }{
		{"s3_secret", "denied", "s3:ListBucket ", "check S3_ACCESS_KEY and S3_SECRET"},
		{"s3_key", "denied", "s3:ListBucket ", "check S3_ACCESS_KEY and S3_SECRET"},
		{"s3_bucket", "not_found", "s3:ListBucket ", "create the bucket, or correct its name"},
		{"s3_closed", "temporary", "s3:ListBucket ", "check S3_ENDPOINT and that the store runs"},
		{"s3_no_list", "denied", "s3:ListBucket ", "grant s3:ListBucket on arn:aws:s3:::" + s.data},
		{"s3_no_get", "denied", "s3:GetObject ", "grant s3:GetObject on arn:aws:s3:::" + s.data + "/*"},
		{"ch_password", "denied", "describe " + s.chName + ".in_ch_password: ", "check the user and password of the connection's URL"},
		{"ch_database", "not_found", "create table nowhere.in_ch_database: ", "create the database"},
		{"ch_closed", "temporary", "describe " + s.chName + ".in_ch_closed: ", "check the connection's URL and that the server runs"},
	} {
		from, bucket, to := c.connection, s.data, "clickhouse"
		switch {
		case strings.HasPrefix(c.connection, "ch_"):
			from, to = "minio", c.connection
		case c.connection == "s3_bucket":
			bucket = "no-such-bucket"
		}
		name := "in_" + c.connection
		files["datasources/"+name+".datasource"] = fmt.Sprintf("SCHEMA >\n    `id` UInt64,\n    `name` String\n\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"id\"\n\n"+
			"TARGET_CONNECTION_NAME %s\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME %s\nIMPORT_BUCKET_URI s3://%s/in/*.csv\nIMPORT_SCHEDULE @on-demand\nIMPORT_STRATEGY APPEND\n",
			to, from, bucket)
		cases = append(cases, refusal{ledger.Ingest, name, c.connection, c.kind, c.action, c.remedy})
	}
	return cases
}

// refused runs everything and looks at what it says.
func (s *stage) refused(cases []refusal, secrets []string) {
	s.t.Helper()
	runs := make([]ledger.RunID, len(cases))
	for i, c := range cases {
		runs[i] = s.trigger(c.subject, c.name)
	}
	for i, c := range cases {
		s.t.Run(c.name, func(t *testing.T) {
			r := s.in(t).ended(runs[i])
			if r.State != ledger.Failed || r.Failure == nil {
				t.Fatalf("run is %s, failure %+v, want failed", r.State, r.Failure)
			}
			message := r.Failure.Message
			t.Log(message)
			if r.Failure.Kind != c.kind {
				t.Errorf("got kind %s, want %s: %s", r.Failure.Kind, c.kind, message)
			}
			cause, remedy, ok := strings.Cut(message, "; ")
			if !ok || !strings.Contains(remedy, c.remedy) {
				t.Errorf("got %q, want the remedy %q", message, c.remedy)
			}
			if !strings.HasPrefix(cause, "connection "+c.connection+": ") || !strings.Contains(cause, c.action) {
				t.Errorf("got %q, want connection %s and %q", cause, c.connection, c.action)
			}
			if strings.ContainsAny(message, "\r\n") {
				t.Errorf("got %q, want one line", message)
			}
			if i := slices.IndexFunc(secrets, func(secret string) bool { return strings.Contains(message, secret) }); i >= 0 {
				t.Errorf("secret %d is in %q", i, message)
			}
		})
	}
}

// noUploads looks with the owner's eyes for an upload that nobody finished.
func (s *stage) noUploads(key string) {
	s.t.Helper()
	waitFor(s.t, "the uploads of "+key+" are aborted", func() bool { return s.uploads(key) == 0 })
}

// uploads counts the open uploads of a key. MinIO lists them only by whole keys.
func (s *stage) uploads(key string) int {
	s.t.Helper()
	out, err := s.store.Client().ListMultipartUploads(s.t.Context(), &s3.ListMultipartUploadsInput{Bucket: &s.data, Prefix: &key})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(out.Uploads)
}
