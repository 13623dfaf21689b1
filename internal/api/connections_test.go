package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

func TestConnections(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	var list struct{ Connections []api.Connection }
	if call(t, s, "GET", "/api/v1/connections", nil, &list); len(list.Connections) != 4 {
		t.Fatalf("got %+v", list)
	}
	var c api.Connection
	call(t, s, "GET", "/api/v1/connections/lake", nil, &c)
	fields := map[string]string{}
	for _, f := range c.Fields {
		fields[f.Key] = f.Value
	}
	if c.Type != "s3" || fields["S3_BUCKET"] != "shop-lake" || fields["S3_SECRET"] != `{{ secret("LAKE_SECRET") }}` {
		t.Errorf("got %+v", c)
	}
	if got := strings.Join(c.UsedBy, ", "); got != "sync new_customers, sync orders_daily, datasource page_views" {
		t.Errorf("got used by %s", got)
	}
}

// A test that fails is an answer, not an error: of neither the caller's token
// nor the endpoint.
func TestConnectionIsTried(t *testing.T) {
	s := apitest.Start(t, nil)
	s.Save(t, apitest.Shop(t))
	store := servertest.MinIO(t)
	define := func(bucket, secret string) api.TestRequest {
		return api.TestRequest{Definition: "TYPE minio\nS3_ENDPOINT " + store.Endpoint + "\nS3_BUCKET " + bucket +
			"\nS3_ACCESS_KEY " + store.AccessKey + "\nS3_SECRET " + secret + "\n"}
	}
	bucket := store.NewBucket(t)
	var good, denied, missing api.TestResult
	if call(t, s, "POST", "/api/v1/connections/fresh/test", define(bucket, store.Secret), &good); !good.OK || len(good.Checks) != 1 || !good.Checks[0].OK {
		t.Errorf("got %+v", good)
	}
	if status := call(t, s, "POST", "/api/v1/connections/fresh/test", define(bucket, "wrong"), &denied); status != http.StatusOK || denied.OK || denied.Kind != "denied" {
		t.Errorf("a wrong secret: got %d, %+v", status, denied)
	}
	if call(t, s, "POST", "/api/v1/connections/fresh/test", define("no-such-bucket", store.Secret), &missing); missing.OK || missing.Kind != "not_found" {
		t.Errorf("no bucket: got %+v", missing)
	}
	var p api.Problem
	if status := call(t, s, "POST", "/api/v1/connections/fresh/test", api.TestRequest{Definition: "TYPE s4\n"}, &p); status != http.StatusUnprocessableEntity || len(p.Problems) == 0 {
		t.Errorf("a definition with mistakes: got %d, %+v", status, p)
	}
}

func TestPreview(t *testing.T) {
	var s *apitest.Server
	store := servertest.MinIO(t)
	bucket := store.NewBucket(t)
	s = apitest.Start(t, func(cfg *api.Config) {
		cfg.Preview = func(ctx context.Context, c *def.Connection, r api.PreviewRequest) (api.Preview, error) {
			u, err := def.ParseBucketURI(r.URI)
			if err != nil {
				return api.Preview{}, err
			}
			b, err := s.Doors.Bucket(ctx, c, u.Bucket)
			if err != nil {
				return api.Preview{}, err
			}
			for _, err := range b.List(ctx, u.Prefix, "") {
				if err != nil {
					return api.Preview{}, err
				}
			}
			return api.Preview{Columns: []api.PreviewColumn{{Name: "a"}}}, fault.New(fault.Unknown, "listed")
		}
	})
	s.Save(t, map[string][]byte{"connections/store.connection": []byte("TYPE minio\nS3_ENDPOINT " + store.Endpoint +
		"\nS3_ACCESS_KEY " + store.AccessKey + "\nS3_SECRET " + store.Secret + "\n"),
		"connections/db.connection": []byte("TYPE postgres\nPOSTGRES_HOST db\n")})
	for _, test := range []struct {
		name, uri, connection string
		want                  int
		kind                  string
	}{
		{"no URI", "b/k", "store", http.StatusUnprocessableEntity, "invalid"},
		{"no connection", "s3://bucket/k", "stor", http.StatusNotFound, "not_found"},
		{"a database", "s3://bucket/k", "db", http.StatusUnprocessableEntity, "invalid"},
		{"no bucket", "s3://no-such-bucket/k", "store", http.StatusUnprocessableEntity, "not_found"},
		{"our own defect", "s3://" + bucket + "/k", "store", http.StatusInternalServerError, "unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p api.Problem
			status := call(t, s, "POST", "/api/v1/preview", api.PreviewRequest{URI: test.uri, Connection: test.connection}, &p)
			if status != test.want || p.Kind != test.kind || strings.Contains(p.Detail, "listed") {
				t.Errorf("got %d, %+v", status, p)
			}
		})
	}
}
