package def

import (
	"net/netip"
	"net/url"
	"strings"
)

// Events say where a store tells of new objects.
type Events struct {
	// Queue is the URL of an SQS queue, with https, or http on this machine. Empty
	// is a webhook.
	Queue string `json:"queue,omitempty"`
	// Token is what a webhook's caller must bear.
	Token Value `json:"token"`
}

const eventsRemedy = "use webhook, or sqs://sqs.eu-west-1.amazonaws.com/123456789012/my-queue"

func (f fields) events() *Events {
	e, ok := f.entries["IMPORT_EVENTS"]
	token, given := f.entries["IMPORT_EVENTS_TOKEN"]
	webhook := strings.EqualFold(e.value, "webhook")
	if given && !webhook {
		f.problems.add(token.at, "remove it, or write IMPORT_EVENTS webhook", "IMPORT_EVENTS_TOKEN is of use with a webhook only")
	}
	switch {
	case !ok:
		return nil
	case webhook:
		if !given || token.value == "" {
			f.problems.add(e.at, `add IMPORT_EVENTS_TOKEN {{ secret("NAME") }}`, "the webhook has no token")
		}
		return &Events{Token: f.value("IMPORT_EVENTS_TOKEN", true)}
	}
	queue, ok := queueURL(e.value)
	if !ok {
		f.problems.add(e.at, eventsRemedy, "IMPORT_EVENTS is %q", e.value)
	}
	return &Events{Queue: queue}
}

// queueURL reads sqs://host/account/queue.
func queueURL(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "sqs" || u.Host == "" || strings.Trim(u.Path, "/") == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	u.Scheme = "https"
	if addr, err := netip.ParseAddr(u.Hostname()); u.Hostname() == "localhost" || err == nil && addr.IsLoopback() {
		u.Scheme = "http"
	}
	return u.String(), true
}
