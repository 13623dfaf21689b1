package api

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

//go:embed docs.html
var docsHTML string

var docsPage = template.Must(template.New("docs").Parse(docsHTML))

// serveDocs answers the OpenAPI document and a page made of it. Both are made
// once; the page loads nothing.
func (s *server) serveDocs(mux chi.Router) error {
	spec := s.huma.OpenAPI()
	asJSON, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return err
	}
	asYAML, err := spec.YAML()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := docsPage.Execute(&page, describe(spec)); err != nil {
		return err
	}
	for path, document := range map[string]struct {
		contentType string
		body        []byte
	}{
		"/openapi.json": {"application/openapi+json", asJSON},
		"/openapi.yaml": {"application/openapi+yaml", asYAML},
		"/docs":         {"text/html; charset=utf-8", page.Bytes()},
	} {
		mux.Get(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", document.contentType)
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
			_, _ = w.Write(document.body) // the caller may have gone
		})
	}
	return nil
}

// described is an operation as the page shows it.
type described struct {
	Method, Path, Tag, Summary, Text string
	Parameters                       []*huma.Param
	Answers                          []answer
}

type answer struct{ Status, Means string }

func describe(spec *huma.OpenAPI) []described {
	var all []described
	for path, item := range spec.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op == nil {
				continue
			}
			d := described{Method: op.Method, Path: path, Tag: op.Tags[0], Summary: op.Summary, Text: op.Description, Parameters: op.Parameters}
			for _, status := range sorted(op.Responses) {
				d.Answers = append(d.Answers, answer{status, op.Responses[status].Description})
			}
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b described) int {
		return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return all
}
