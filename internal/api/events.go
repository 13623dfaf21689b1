package api

import (
	"context"
	"net/http"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/event"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

// eventsPath begins what stores call, with tokens of their own.
const eventsPath = "/events/"

type eventsInput struct {
	Datasource    string `path:"datasource" maxLength:"100"`
	Authorization string `header:"Authorization" doc:"Bearer and the datasource's token."`
	RawBody       []byte `contentType:"application/json"`
}

// EventsResult is what came of an event.
type EventsResult struct {
	Objects int    `json:"objects" doc:"How many objects the message says were created."`
	Run     string `json:"run,omitempty" doc:"The run that looks at them; absent when none of them is new and the datasource's."`
}

type eventsOutput struct{ Body EventsResult }

func (s *server) routesOfEvents() {
	handle(s, endpoint{
		method: http.MethodPost, path: eventsPath + "{datasource}", id: "tell-events", tag: "datasources", errors: []int{422, 502}, within: slow, ownToken: true,
		summary: "Tell of new objects", describe: "What S3, MinIO, SNS and EventBridge send. The objects are looked at and compared with the file ledger: an event is a hint, and may come twice.",
	}, s.tellEvents)
}

func (s *server) tellEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	id, err := s.admitEvents(ctx, in)
	if err != nil {
		return nil, err
	}
	if len(in.RawBody) == 0 {
		return &eventsOutput{}, nil // a store that tries whether we are there
	}
	objects, err := event.Parse(in.RawBody)
	if err != nil || len(objects) == 0 {
		return &eventsOutput{}, err
	}
	run, err := s.Hint(ctx, id, in.Datasource, objects)
	if err != nil {
		return nil, abroad(err)
	}
	if run != "" {
		s.wake(ctx, run)
	}
	return &eventsOutput{EventsResult{Objects: len(objects), Run: string(run)}}, nil
}

// admitEvents lets in who bears the token of a datasource that takes events. To
// others it doesn't say which datasources there are.
func (s *server) admitEvents(ctx context.Context, in *eventsInput) (ledger.ProjectID, error) {
	p, id, err := s.definitions(ctx)
	if err != nil {
		return "", err
	}
	var token def.Secret
	if d := p.Datasources[in.Datasource]; s.EventToken != nil && d != nil && d.Import != nil && d.Import.Events != nil && d.Import.Events.Queue == "" {
		if token, err = s.EventToken(d); err != nil {
			return "", err
		}
	}
	if !isBearer(in.Authorization, token) || token.IsZero() {
		return "", newProblem(http.StatusUnauthorized, fault.Denied, "the bearer token is missing or wrong; send the one of the datasource's IMPORT_EVENTS_TOKEN")
	}
	return id, nil
}
