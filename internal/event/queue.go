package event

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/longshore/longshore/pkg/fault"
)

const (
	// receiveWait is how long a request waits for a message, in seconds: the most
	// that SQS allows.
	receiveWait = 20
	// receiveMost is how many messages a request takes: the most that SQS allows.
	receiveMost = 10
)

// Queue is an SQS queue that a store, SNS or EventBridge sends events to.
type Queue struct {
	client *sqs.Client
	conn   string // the connection's name
	url    string
}

// Message is one message of a queue.
type Message struct {
	Body    []byte
	receipt string // what it is deleted by
}

// OpenQueue returns the queue of a URL, for the account of a connection. It makes
// no request.
func OpenQueue(connection, queue string, account aws.Config) (*Queue, error) {
	u, err := url.Parse(queue)
	if err != nil || u.Host == "" {
		return nil, fault.New(fault.Invalid, "connection %s: %q is not the URL of a queue", connection, queue)
	}
	return &Queue{conn: connection, url: queue, client: sqs.NewFromConfig(account, func(o *sqs.Options) {
		o.BaseEndpoint = aws.String(u.Scheme + "://" + u.Host)
		if of := strings.Split(u.Hostname(), "."); len(of) > 3 && of[0] == "sqs" && strings.HasPrefix(of[2], "amazonaws") {
			o.Region = of[1] // the queue's, which may not be the bucket's
		}
	})}, nil
}

// Close holds nothing open.
func (q *Queue) Close() error { return nil }

// Receive returns the next messages; none when none came for twenty seconds. Those
// that aren't deleted come again.
func (q *Queue) Receive(ctx context.Context) ([]Message, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: receiveMost, WaitTimeSeconds: receiveWait,
	})
	if err != nil {
		return nil, q.fault(ctx, "sqs:ReceiveMessage", err)
	}
	messages := make([]Message, len(out.Messages))
	for i, m := range out.Messages {
		messages[i] = Message{[]byte(aws.ToString(m.Body)), aws.ToString(m.ReceiptHandle)}
	}
	return messages, nil
}

// Delete takes messages of one Receive off the queue.
func (q *Queue) Delete(ctx context.Context, messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &q.url}
	for i, m := range messages {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(m.receipt)})
	}
	out, err := q.client.DeleteMessageBatch(ctx, in)
	if err != nil {
		return q.fault(ctx, "sqs:DeleteMessage", err)
	}
	for _, f := range out.Failed { // they come again, and that is no harm
		return fault.New(fault.Temporary, "connection %s: sqs:DeleteMessage %s: %s: %s", q.conn, q.url, aws.ToString(f.Code), aws.ToString(f.Message))
	}
	return nil
}

func (q *Queue) fault(ctx context.Context, permission string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kind := fault.Temporary
	var code string
	if api := smithy.APIError(nil); errors.As(err, &api) {
		code = api.ErrorCode()
	}
	switch {
	case strings.Contains(code, "AccessDenied") || strings.Contains(code, "InvalidClientToken") || strings.Contains(code, "SignatureDoesNotMatch"):
		kind = fault.Denied
	case strings.Contains(code, "NonExistentQueue") || strings.Contains(code, "QueueDoesNotExist"):
		kind = fault.NotFound
	case strings.Contains(code, "Throttl"):
		kind = fault.Throttled
	}
	err = fault.New(kind, "connection %s: %s %s: %w", q.conn, permission, q.url, err)
	if kind == fault.Denied {
		return fault.WithRemedy(err, "allow %s on the queue", permission)
	}
	return err
}
