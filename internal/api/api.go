package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"go.uber.org/zap"

	"github.com/longshore/longshore/pkg/fault"
)

// Prefix is the path that all endpoints begin with.
const Prefix = "/api/v1"

// server answers requests. It keeps nothing between them.
type server struct {
	Config
	huma huma.API
}

// New returns the API as a handler, which holds nothing open. The error is
// Invalid when cfg lacks a token and doesn't say that none is needed.
func New(cfg Config) (http.Handler, error) {
	if cfg.Token.IsZero() && !cfg.AllowAnonymous {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "the API has no token and listens not only on loopback"),
			"set LONGSHORE_API_TOKEN, or listen on 127.0.0.1")
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	shapeErrors()
	s := &server{Config: cfg}
	mux := chi.NewMux()
	mux.Use(s.observe, secureHeaders)
	mux.NotFound(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, newProblem(http.StatusNotFound, fault.NotFound, "there is no "+r.URL.Path+"; see /docs"))
	})
	mux.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, fault.Invalid, r.Method+" is not a method of "+r.URL.Path+"; see /docs"))
	})
	guarded := mux.With(s.guard)
	s.huma = humachi.New(guarded, humaConfig(cfg.Version))
	s.routes()
	if err := s.serveDocs(mux); err != nil {
		return nil, err
	}
	s.serveHealth(mux)
	return mux, nil
}

// humaConfig leaves the documents to us: huma's page loads from elsewhere, and
// its links to schemas add to every answer.
func humaConfig(version string) huma.Config {
	cfg := huma.DefaultConfig("Longshore", version)
	cfg.Info.Description = "Moves data at scale between SQL databases, S3-compatible storage and ClickHouse. " +
		"Errors are RFC 9457 problems with a `kind`."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "The token of LONGSHORE_API_TOKEN."},
		"event":  {Type: "http", Scheme: "bearer", Description: "The token of the datasource's IMPORT_EVENTS_TOKEN."},
	}
	cfg.Security = []map[string][]string{{"bearer": {}}}
	cfg.RejectUnknownQueryParameters = true
	return cfg
}

func (s *server) routes() {
	s.routesOfProject()
	s.routesOfConnections()
	s.routesOfSyncs()
	s.routesOfDatasources()
	s.routesOfQuarantine()
	s.routesOfVerification()
	s.routesOfBackfills()
	s.routesOfRuns()
	s.routesOfAlerts()
	s.routesOfSystem()
}

// endpoint describes one operation.
type endpoint struct {
	method, path string
	id           string // operationId: what clients call it
	tag          string
	summary      string
	describe     string
	status       int           // of a success; zero is 200
	errors       []int         // beside 401 and 500
	within       time.Duration // zero is quick
	maxBody      int64         // bytes; zero is maxBody
	ownToken     bool          // the operation wants a token of its own, and checks it and the body
}

// handle registers an operation. Its errors become problems.
func handle[I, O any](s *server, e endpoint, do func(context.Context, *I) (*O, error)) {
	if e.within == 0 {
		e.within = quick
	}
	if e.maxBody == 0 {
		e.maxBody = maxBody
	}
	op := huma.Operation{
		Method: e.method, Path: Prefix + e.path, OperationID: e.id, Tags: []string{e.tag}, Summary: e.summary, Description: e.describe,
		DefaultStatus: e.status, Errors: append([]int{http.StatusUnauthorized, http.StatusInternalServerError}, e.errors...),
		MaxBodyBytes: e.maxBody, BodyReadTimeout: readTimeout,
	}
	if e.ownToken {
		op.Security = []map[string][]string{{"event": {}}}
		op.SkipValidateBody = true // others say what it is like
	}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, e.within)
		defer cancel()
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.problem(e.id, err)
		}
		return out, nil
	})
}
