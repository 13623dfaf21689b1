package daemon_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/ledger"
)

// An ingest needs GetObject and ListBucket, and these on no more than the folders
// that its pattern names; so does the look at an object that an event told of.
func TestIngestNeedsTwoPermissions(t *testing.T) {
	s := newStage(t)
	key, secret := s.store.AddUser(t, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::%[1]s/in/a/*","arn:aws:s3:::%[1]s/in/b/*"]},
		{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::%[1]s"],"Condition":{"StringLike":{"s3:prefix":["in/a/*","in/b/*"]}}}]}`, s.data))
	files := s.events("in/{a,b}/*.csv", "IMPORT_SCHEDULE @on-demand\nIMPORT_EVENTS webhook\nIMPORT_EVENTS_TOKEN told\n")
	files["connections/minio.connection"] = s.minioConnection(s.store.Endpoint, s.data, key, secret)
	s.push(files)
	for i, name := range []string{"in/a/1.csv", "in/b/2.csv", "in/c/3.csv"} {
		s.put(name, csvEvents(10*i, 10))
	}
	url, _ := s.produce()
	s.work()
	if r := s.ended(s.trigger(ledger.Ingest, "events")); r.State != ledger.Done || r.Totals.Rows != 20 {
		t.Fatalf("got %s with %+v, %+v; want 20 rows", r.State, r.Totals, r.Failure)
	}
	s.put("in/b/4.csv", csvEvents(30, 10))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/events/events",
		strings.NewReader(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"`+s.data+`"},"object":{"key":"in/b/4.csv"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer told")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("got %+v, %v", answer, err)
	}
	answer.Body.Close()
	s.rows("30")
}
