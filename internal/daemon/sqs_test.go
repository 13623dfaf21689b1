package daemon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeSQS speaks the part of SQS's JSON protocol that a receiver uses, as its
// documentation has it: long polling, receipts that change with each receipt, a
// message that isn't deleted is given again after its visibility timeout. The
// servers that could be installed here speak the older protocol only, which the
// SDK has given up.
type fakeSQS struct {
	t       *testing.T
	address string // host:port

	mu       sync.Mutex
	messages []*queued     // guarded by mu, as all below
	gives    int           // messages given, again or not
	strange  int           // requests without a signature for SQS
	changed  chan struct{} // closed when a message is sent
}

type queued struct {
	body    string
	receipt string
	hidden  time.Time // until when it isn't given
}

// sqsVisibility is how long a message that was given isn't given again.
const sqsVisibility = 3 * time.Second

func newSQS(t *testing.T) *fakeSQS {
	q := &fakeSQS{t: t, changed: make(chan struct{})}
	server := httptest.NewServer(q)
	t.Cleanup(server.Close)
	q.address = strings.TrimPrefix(server.URL, "http://")
	return q
}

func (q *fakeSQS) send(bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, body := range bodies {
		q.messages = append(q.messages, &queued{body: body})
	}
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *fakeSQS) left() int     { q.mu.Lock(); defer q.mu.Unlock(); return len(q.messages) }
func (q *fakeSQS) given() int    { q.mu.Lock(); defer q.mu.Unlock(); return q.gives }
func (q *fakeSQS) unsigned() int { q.mu.Lock(); defer q.mu.Unlock(); return q.strange }

// ServeHTTP implements http.Handler.
func (q *fakeSQS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueURL            string `json:"QueueUrl"`
		MaxNumberOfMessages int
		WaitTimeSeconds     int
		Entries             []struct{ ID, ReceiptHandle string }
	}
	if !strings.Contains(r.Header.Get("Authorization"), "/sqs/aws4_request") {
		q.mu.Lock()
		q.strange++
		q.mu.Unlock()
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.QueueURL != "http://"+q.address+"/1/objects" {
		w.Header().Set("X-Amzn-Query-Error", "AWS.SimpleQueueService.NonExistentQueue;Sender")
		http.Error(w, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}`, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	switch target := r.Header.Get("X-Amz-Target"); target {
	case "AmazonSQS.ReceiveMessage":
		q.receive(w, r, in.MaxNumberOfMessages, time.Duration(in.WaitTimeSeconds)*time.Second)
	case "AmazonSQS.DeleteMessageBatch":
		type entry struct {
			ID string `json:"Id"`
		}
		var out struct{ Successful, Failed []entry }
		for _, e := range in.Entries {
			q.remove(e.ReceiptHandle)
			out.Successful = append(out.Successful, entry{e.ID})
		}
		_ = json.NewEncoder(w).Encode(out) // the caller may have gone
	default:
		http.Error(w, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"`+target+`"}`, http.StatusBadRequest)
	}
}

func (q *fakeSQS) receive(w http.ResponseWriter, r *http.Request, most int, wait time.Duration) {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		given, changed, again := q.give(most)
		if len(given) > 0 {
			var all []map[string]string
			for _, m := range given {
				all = append(all, map[string]string{"MessageId": m.receipt, "ReceiptHandle": m.receipt, "Body": m.body})
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"Messages": all}) // as above
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-timeout.C:
			fmt.Fprint(w, "{}")
			return
		case <-changed:
		case <-again:
		}
	}
}

// give returns messages that are visible, and when to look again if none is.
func (q *fakeSQS) give(most int) (given []queued, changed <-chan struct{}, again <-chan time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, m := range q.messages {
		if len(given) < most && m.hidden.Before(now) {
			q.gives++
			m.hidden, m.receipt = now.Add(sqsVisibility), fmt.Sprint("receipt ", q.gives)
			given = append(given, *m)
		}
	}
	return given, q.changed, time.After(sqsVisibility / 4)
}

func (q *fakeSQS) remove(receipt string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, m := range q.messages {
		if m.receipt == receipt {
			q.messages = append(q.messages[:i], q.messages[i+1:]...)
			return
		}
	}
}
