// Package event understands what stores tell of new objects, and takes it from
// queues.
//
// What must stay true: an event is a hint. It may come twice, late, in any order
// or not at all, and it may lie: whoever gets one looks at the object and asks
// the file ledger. So nothing here is remembered, and what isn't understood is
// no error.
package event

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// Object is an object that was created or overwritten.
type Object struct {
	Bucket string
	Key    string // as the store lists it
}

// maxEnvelopes is how many envelopes may be around a notification.
const maxEnvelopes = 4

// envelope is any of the messages that tell of objects: S3's own notifications,
// which MinIO sends too; EventBridge's; and SNS's, which holds one of these as
// text.
type envelope struct {
	Records []record `json:"Records"`

	DetailType string `json:"detail-type"`
	Detail     struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"` // not encoded
		} `json:"object"`
	} `json:"detail"`

	Message string `json:"Message"`
}

type record struct {
	EventName string `json:"eventName"`
	S3        struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key string `json:"key"` // encoded as in a form: a space is +
		} `json:"object"`
	} `json:"s3"`
}

// Parse returns the objects that a message says were created. Messages about
// something else have none: S3's test message, removals, tags. The error is
// Invalid and means that the text is no JSON object, or its keys aren't encoded.
func Parse(message []byte) ([]Object, error) {
	for range maxEnvelopes {
		var e envelope
		if err := json.Unmarshal(message, &e); err != nil {
			return nil, fault.New(fault.Invalid, "read an event: %w", err)
		}
		switch {
		case len(e.Records) > 0:
			return created(e.Records)
		case e.DetailType == "Object Created" && e.Detail.Object.Key != "":
			return []Object{{e.Detail.Bucket.Name, e.Detail.Object.Key}}, nil
		case !strings.HasPrefix(strings.TrimSpace(e.Message), "{"):
			return nil, nil
		}
		message = []byte(e.Message)
	}
	return nil, fault.New(fault.Invalid, "read an event: it is in more than %d envelopes", maxEnvelopes)
}

func created(records []record) ([]Object, error) {
	var out []Object
	for _, r := range records {
		name := strings.TrimPrefix(r.EventName, "s3:")
		if !strings.HasPrefix(name, "ObjectCreated:") && name != "ObjectRestore:Completed" {
			continue
		}
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			return nil, fault.New(fault.Invalid, "read an event: key %q: %w", r.S3.Object.Key, err)
		}
		if key != "" {
			out = append(out, Object{r.S3.Bucket.Name, key})
		}
	}
	return out, nil
}
