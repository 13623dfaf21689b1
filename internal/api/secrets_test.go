package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/servertest"
)

const (
	literal = "hunter2-literal"
	escaped = "hunter2-\\u006citeral" // the same, as YAML may spell it
)

// literals is a project with secrets in all places that take one.
func literals() map[string][]byte {
	return map[string][]byte{
		"connections/lake.connection": []byte("# was " + literal + "\nTYPE s3\nS3_REGION eu-west-1\nS3_ACCESS_KEY " + literal + "\nS3_SECRET " + literal + "\nS3_BUCKET lake\n"),
		"connections/shop.connection": []byte("TYPE postgres\nPOSTGRES_URL postgres://u:" + literal + "@127.0.0.1:1/shop\n"),
		"connections/wh.connection":   []byte("TYPE clickhouse\nCLICKHOUSE_HOST {{ tb_secret(\"H\", \"" + literal + "\") }}\nCLICKHOUSE_PASSWORD " + literal + "\n"),
		"longshore.yaml":              []byte("channels:\n  ops:\n    type: slack\n    url: \"https://hooks.example.com/" + escaped + "\"\n"),
		"models/orders.yaml":          []byte("connection: shop\nsql: SELECT 1 AS one\n"),
		"syncs/orders.yaml":           []byte("model: orders\nmode: all\ndestination: {connection: lake, path: 'orders.csv', format: csv}\n"),
		"datasources/events.datasource": []byte("SCHEMA >\n    `id` UInt64\nENGINE MergeTree\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME lake\n" +
			"IMPORT_BUCKET_URI s3://lake/*.csv\nIMPORT_SCHEDULE @on-demand\n"),
	}
}

func TestNoAnswerHoldsASecret(t *testing.T) {
	s := apitest.Start(t, nil)
	files := literals()
	check := func(method, path string, body any, want int) {
		t.Helper()
		status, text := raw(t, s, method, path, body)
		if status != want {
			t.Errorf("%s %s: got %d %s, want %d", method, path, status, text, want)
		}
		for _, secret := range []string{literal, escaped, "hunter2", apitest.Token} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s %s answers a secret: %s", method, path, text)
			}
		}
	}
	check("POST", "/api/v1/project?dry_run=true", texts(files), http.StatusOK)
	check("POST", "/api/v1/project", texts(files), http.StatusOK)
	files["connections/shop.connection"] = []byte("TYPE postgres\nPOSTGRES_URL postgres://u:" + literal + "2@127.0.0.1:1/shop\n")
	check("POST", "/api/v1/project", texts(files), http.StatusOK)
	files["connections/shop.connection"] = []byte("TYPE postgres\nPOSTGRES_PASWORD " + literal + "\nPOSTGRES_URL postgres//u:" + literal + "@127.0.0.1:1/shop\n")
	check("POST", "/api/v1/project", texts(files), http.StatusUnprocessableEntity)
	check("POST", "/api/v1/project", map[string]any{"files": map[string]any{"a": []string{literal}}}, http.StatusUnprocessableEntity)
	r := s.Create(t, ledger.Export, "orders")
	for _, path := range []string{
		"/project", "/connections", "/connections/lake", "/connections/shop", "/connections/wh", "/syncs", "/syncs/orders", "/datasources",
		"/datasources/events", "/runs", "/runs/" + string(r.ID), "/version", "/queues", "/alerts",
	} {
		check("GET", api.Prefix+path, nil, http.StatusOK)
	}
	check("POST", "/api/v1/connections/lake/test", api.TestRequest{Definition: "TYPE minio\nS3_ENDPOINT " + servertest.MinIO(t).Endpoint + "\nS3_BUCKET lake\nS3_ACCESS_KEY " + literal + "\nS3_SECRET " + literal + "\n"}, http.StatusOK)
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/openapi.yaml", "/docs"} {
		check("GET", path, nil, http.StatusOK)
	}
}
