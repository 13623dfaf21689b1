package api_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/api"
	"github.com/longshore/longshore/internal/api/apitest"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// told is a store's message about one object.
func told(key string) map[string]any {
	return map[string]any{"Records": []any{map[string]any{"eventName": "s3:ObjectCreated:Put",
		"s3": map[string]any{"bucket": map[string]any{"name": "lake"}, "object": map[string]any{"key": key}}}}}
}

func TestEventsHaveATokenOfTheirOwn(t *testing.T) {
	var hinted []event.Object
	var refuse error
	var s *apitest.Server
	s = apitest.Start(t, func(c *api.Config) {
		c.Hint = func(_ context.Context, _ ledger.ProjectID, datasource string, objects []event.Object) (ledger.RunID, error) {
			if datasource != "told" {
				t.Errorf("got datasource %s", datasource)
			}
			hinted = append(hinted, objects...)
			return "", refuse
		}
		c.EventToken = func(d *def.Datasource) (def.Secret, error) { return s.Doors.EventToken(d) }
	})
	files := map[string][]byte{
		"connections/minio.connection": []byte("TYPE minio\nS3_ENDPOINT http://127.0.0.1:1\n"),
	}
	for name, line := range map[string]string{
		"told": "IMPORT_EVENTS webhook\nIMPORT_EVENTS_TOKEN {{ secret(\"TOLD_TOKEN\") }}\n", "deaf": "", "queue": "IMPORT_EVENTS sqs://sqs.eu-west-1.amazonaws.com/1/q\n",
	} {
		files["datasources/"+name+".datasource"] = []byte("SCHEMA >\n    `id` UInt64\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME minio\nIMPORT_BUCKET_URI s3://lake/*\n" + line)
	}
	s.Save(t, files)
	t.Setenv("TOLD_TOKEN", "of the store")
	right := []string{"Authorization", "Bearer of the store"}
	tests := []struct {
		name, path string
		headers    []string
		want       int
	}{
		{"its token", "told", right, http.StatusOK},
		{"no token", "told", []string{"Authorization", ""}, http.StatusUnauthorized},
		{"the API's", "told", nil, http.StatusUnauthorized},
		{"another scheme", "told", []string{"Authorization", "Basic of the store"}, http.StatusUnauthorized},
		{"a beginning", "told", []string{"Authorization", "Bearer of the"}, http.StatusUnauthorized},
		{"no such datasource", "nothing", right, http.StatusUnauthorized},
		{"one that takes no events", "deaf", right, http.StatusUnauthorized},
		{"one without a token, and none", "deaf", []string{"Authorization", "Bearer "}, http.StatusUnauthorized},
		{"one with a queue", "queue", []string{"Authorization", "Bearer "}, http.StatusUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			hinted = nil
			status, body := raw(t, s, "POST", "/api/v1/events/"+tt.path, told("a+b.csv"), tt.headers...)
			if status != tt.want {
				t.Errorf("got %d %s, want %d", status, body, tt.want)
			}
			if want := []event.Object{{Bucket: "lake", Key: "a b.csv"}}; tt.want == http.StatusOK != slices.Equal(hinted, want) {
				t.Errorf("got %+v", hinted)
			}
		})
	}
	t.Run("the token opens nothing else", func(t *testing.T) {
		for _, path := range []string{"/api/v1/datasources", "/api/v1/events/../datasources", "/api/v1/events"} {
			if status, _ := raw(t, s, "GET", path, nil, right...); status != http.StatusUnauthorized && status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
				t.Errorf("%s: got %d", path, status)
			}
		}
	})
	t.Run("rubbish", func(t *testing.T) {
		if status, _ := raw(t, s, "POST", "/api/v1/events/told", []int{1}, right...); status != http.StatusUnprocessableEntity {
			t.Errorf("got %d", status)
		}
	})
	t.Run("a store that is refused may try again", func(t *testing.T) {
		refuse = fault.New(fault.Temporary, "ClickHouse is away")
		if status, _ := raw(t, s, "POST", "/api/v1/events/told", told("a"), right...); status != http.StatusBadGateway {
			t.Errorf("got %d", status)
		}
	})
}
