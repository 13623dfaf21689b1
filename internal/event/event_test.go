package event_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/pkg/fault"
)

const s3Created = `{"Records":[
 {"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"lake"},"object":{"key":"in/a+b%2Bc%25%C3%BC.csv","size":3,"eTag":"e"}}},
 {"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"lake"},"object":{"key":"in/gone.csv"}}},
 {"eventName":"ObjectCreated:CompleteMultipartUpload","s3":{"bucket":{"name":"lake"},"object":{"key":"in/large.csv"}}}]}`

// sns puts a message into an envelope of SNS.
func sns(t *testing.T, message string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Subject": "Amazon S3 Notification", "Message": message})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestParse(t *testing.T) {
	first, second := event.Object{Bucket: "lake", Key: "in/a b+c%ü.csv"}, event.Object{Bucket: "lake", Key: "in/large.csv"}
	tests := []struct {
		name, message string
		want          []event.Object
	}{
		{"S3", s3Created, []event.Object{first, second}},
		{"through SNS", sns(t, s3Created), []event.Object{first, second}},
		{"MinIO", `{"EventName":"s3:ObjectCreated:Put","Key":"lake/in/a b+c%ü.csv","Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"lake"},"object":{"key":"in%2Fa+b%2Bc%25%C3%BC.csv"}}}]}`, []event.Object{first}},
		{"EventBridge doesn't encode keys", `{"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{"version":"0","bucket":{"name":"lake"},"object":{"key":"in/a b+c%ü.csv","size":3}}}`, []event.Object{first}},
		{"EventBridge through SNS", sns(t, `{"detail-type":"Object Created","detail":{"bucket":{"name":"lake"},"object":{"key":"in/large.csv"}}}`), []event.Object{second}},
		{"a removal by EventBridge", `{"detail-type":"Object Deleted","detail":{"bucket":{"name":"lake"},"object":{"key":"in/large.csv"}}}`, nil},
		{"S3's test message", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"lake","RequestId":"r"}`, nil},
		{"a restored object", `{"Records":[{"eventName":"ObjectRestore:Completed","s3":{"bucket":{"name":"lake"},"object":{"key":"in/large.csv"}}}]}`, []event.Object{second}},
		{"nothing", `{}`, nil},
		{"words in SNS", sns(t, "hello"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := event.Parse([]byte(tt.message))
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseRefusesRubbish(t *testing.T) {
	deep := s3Created
	for range 5 {
		deep = sns(t, deep)
	}
	for _, message := range []string{"", "x", "[]", `{"Records":1}`, `{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"%zz"}}}]}`, deep} {
		if got, err := event.Parse([]byte(message)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.60q: got %v, %v", message, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(s3Created))
	f.Add(fmt.Appendf(nil, `{"Message":%q}`, s3Created))
	f.Add([]byte(`{"detail-type":"Object Created","detail":{"object":{"key":"a"}}}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		objects, err := event.Parse(message)
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v", err)
		}
		for _, o := range objects {
			if o.Key == "" {
				t.Errorf("an object without a key of %q", message)
			}
		}
	})
}
