package def_test

import (
	"strings"
	"testing"

	"github.com/longshore/longshore/internal/def"
)

func eventsOf(lines string) (*def.Project, def.Problems) {
	return def.Parse(map[string][]byte{
		"connections/lake.connection": []byte("TYPE s3\nS3_REGION eu-west-1\n"),
		"datasources/a.datasource":    []byte("SCHEMA >\n    `id` UInt64\n\nIMPORT_SERVICE s3\nIMPORT_CONNECTION_NAME lake\nIMPORT_BUCKET_URI s3://lake/*\n" + lines),
	})
}

func TestEvents(t *testing.T) {
	for _, tt := range []struct{ lines, queue, token string }{
		{"IMPORT_EVENTS sqs://sqs.eu-west-1.amazonaws.com/123456789012/new", "https://sqs.eu-west-1.amazonaws.com/123456789012/new", ""},
		{"IMPORT_EVENTS sqs://127.0.0.1:4100/1/new", "http://127.0.0.1:4100/1/new", ""},
		{"IMPORT_EVENTS Webhook\nIMPORT_EVENTS_TOKEN {{ secret(\"T\") }}", "", "hush"},
	} {
		p, problems := eventsOf(tt.lines + "\n")
		if len(problems) > 0 {
			t.Errorf("%s: %v", tt.lines, problems)
			continue
		}
		e := p.Datasources["a"].Import.Events
		token, err := e.Token.Resolve(func(string) (string, bool) { return "hush", true })
		if err != nil || e.Queue != tt.queue || token.Reveal() != tt.token {
			t.Errorf("%s: got %+v, %v", tt.lines, e, err)
		}
	}
	if p, problems := eventsOf(""); len(problems) > 0 || p.Datasources["a"].Import.Events != nil {
		t.Errorf("none: got %+v, %v", p.Datasources["a"].Import.Events, problems)
	}
}

func TestEventMistakes(t *testing.T) {
	for _, tt := range []struct{ lines, want string }{
		{"IMPORT_EVENTS webhook", "the webhook has no token"},
		{"IMPORT_EVENTS sqs://host/q\nIMPORT_EVENTS_TOKEN x", "of use with a webhook only"},
		{"IMPORT_EVENTS_TOKEN x", "of use with a webhook only"},
		{"IMPORT_EVENTS sqs://host", "IMPORT_EVENTS is"},
		{"IMPORT_EVENTS https://sqs.eu-west-1.amazonaws.com/1/q", "use webhook, or sqs://"},
		{"IMPORT_EVENTS sqs://user:hush@host/q", "IMPORT_EVENTS is"},
		{"IMPORT_EVENTS", "IMPORT_EVENTS is"},
	} {
		if _, problems := eventsOf(tt.lines + "\n"); len(problems) == 0 || !strings.Contains(problems.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.lines, problems, tt.want)
		}
	}
}
