package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Connection is where data lives, without its secrets.
type Connection struct {
	Name   string   `json:"name"`
	Type   string   `json:"type" enum:"s3,postgres,mysql,clickhouse"`
	Fields []Field  `json:"fields" doc:"In the order of the documentation. Literal secrets are redacted, references to secrets are shown."`
	UsedBy []string `json:"used_by" doc:"Models, syncs, datasources and settings that name it."`
}

// Field is a key of a connection.
type Field struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Check is one thing that a test of a connection tried.
type Check struct {
	Name   string `json:"name" doc:"Such as: list s3://shop"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty" doc:"What was found, or what is wrong and the remedy."`
}

// TestResult is what came of a test.
type TestResult struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Kind    string  `json:"kind,omitempty" doc:"Of the error; absent when all is well."`
	Message string  `json:"message,omitempty" doc:"What is wrong, and the remedy."`
	Checks  []Check `json:"checks"`
	Seconds float64 `json:"seconds"`
}

func (s *server) routesOfConnections() {
	handle(s, endpoint{
		method: http.MethodGet, path: "/connections", id: "list-connections", tag: "connections", summary: "List connections",
		describe: "By name, without their secrets.",
	}, s.listConnections)
	handle(s, endpoint{
		method: http.MethodGet, path: "/connections/{name}", id: "show-connection", tag: "connections", summary: "Show a connection",
		describe: "Without its secrets.", errors: []int{404},
	}, s.showConnection)
	handle(s, endpoint{
		method: http.MethodPost, path: "/connections/{name}/test", id: "test-connection", tag: "connections", summary: "Try a connection",
		describe: "The answer is 200 when the test was made, whatever came of it: ok says. " +
			"With a definition in the body that one is tried; it needn't have been pushed.",
		errors: []int{404, 422}, within: slow,
	}, s.testConnection)
}

type listConnectionsOutput struct {
	Body struct {
		Connections []Connection `json:"connections" doc:"By name."`
	}
}

func (s *server) listConnections(ctx context.Context, _ *struct{}) (*listConnectionsOutput, error) {
	p, _, err := s.definitions(ctx)
	if err != nil {
		return nil, err
	}
	out := &listConnectionsOutput{}
	out.Body.Connections = []Connection{}
	for _, name := range sorted(p.Connections) {
		out.Body.Connections = append(out.Body.Connections, viewConnection(p, p.Connections[name]))
	}
	return out, nil
}

type connectionOutput struct{ Body Connection }

func (s *server) showConnection(ctx context.Context, in *nameInput) (*connectionOutput, error) {
	p, _, err := s.definitions(ctx)
	if err == nil {
		err = present(p, "connection", in.Name, p.Connections)
	}
	if err != nil {
		return nil, err
	}
	return &connectionOutput{viewConnection(p, p.Connections[in.Name])}, nil
}

type testInput struct {
	Name string       `path:"name" maxLength:"100"`
	Body *TestRequest `doc:"May be left out."`
}

// TestRequest is a definition to try in place of the one in force.
type TestRequest struct {
	Definition string `json:"definition,omitempty" doc:"The text of a .connection file."`
}

type testOutput struct{ Body TestResult }

func (s *server) testConnection(ctx context.Context, in *testInput) (*testOutput, error) {
	if s.Test == nil {
		return nil, fault.New(fault.Invalid, "this producer can't test connections")
	}
	c, err := s.connectionToTest(ctx, in)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	checks, err := s.Test(ctx, c)
	out := &testOutput{TestResult{Name: c.Name, OK: err == nil, Checks: append([]Check{}, checks...), Seconds: time.Since(start).Seconds()}}
	if err != nil {
		out.Body.Kind = fault.KindOf(err).String()
		out.Body.Message = strings.Join(strings.Fields(err.Error()), " ")
	}
	return out, nil
}

func (s *server) connectionToTest(ctx context.Context, in *testInput) (*def.Connection, error) {
	if in.Body != nil && in.Body.Definition != "" {
		p, problems := def.Parse(map[string][]byte{"connections/" + in.Name + ".connection": []byte(in.Body.Definition)})
		if len(problems) > 0 {
			return nil, mistakes(problems)
		}
		if c := p.Connections[in.Name]; c != nil {
			return c, nil
		}
	}
	p, _, err := s.definitions(ctx)
	if err == nil {
		err = present(p, "connection", in.Name, p.Connections)
	}
	if err != nil {
		return nil, err
	}
	return p.Connections[in.Name], nil
}

func viewConnection(p *def.Project, c *def.Connection) Connection {
	v := Connection{Name: c.Name, Type: string(c.Type), Fields: []Field{}, UsedBy: usersOf(p, c.Name)}
	add := func(key, value string) {
		if value != "" {
			v.Fields = append(v.Fields, Field{Key: key, Value: value})
		}
	}
	if c.S3 != nil {
		for _, f := range []struct {
			key   string
			value def.Value
		}{
			{"REGION", c.S3.Region}, {"ACCESS_KEY", c.S3.AccessKey}, {"SECRET", c.S3.Secret}, {"ARN", c.S3.ARN},
			{"EXTERNAL_ID", c.S3.ExternalID}, {"BUCKET", c.S3.Bucket}, {"ENDPOINT", c.S3.Endpoint}, {"CA_CERT", c.S3.CACert},
		} {
			add("S3_"+f.key, f.value.String())
		}
		add("S3_PATH_STYLE", strconv.FormatBool(c.S3.PathStyle))
		return v
	}
	prefix := strings.ToUpper(string(c.Type)) + "_"
	for _, f := range []struct {
		key   string
		value def.Value
	}{
		{"URL", c.SQL.URL}, {"HOST", c.SQL.Host}, {"DATABASE", c.SQL.Database}, {"USER", c.SQL.User},
		{"PASSWORD", c.SQL.Password}, {"CA_CERT", c.SQL.CACert},
	} {
		add(prefix+f.key, f.value.String())
	}
	if c.SQL.Port != 0 {
		add(prefix+"PORT", strconv.Itoa(c.SQL.Port))
	}
	add(prefix+"TLS", c.SQL.TLS)
	return v
}

func usersOf(p *def.Project, name string) []string {
	users := []string{}
	for _, m := range sorted(p.Models) {
		if p.Models[m].Connection == name {
			users = append(users, "model "+m)
		}
	}
	for _, sync := range sorted(p.Syncs) {
		if p.Syncs[sync].Destination.Connection == name {
			users = append(users, "sync "+sync)
		}
	}
	for _, d := range sorted(p.Datasources) {
		if p.Datasources[d].Target == name || p.Datasources[d].Import != nil && p.Datasources[d].Import.Connection == name {
			users = append(users, "datasource "+d)
		}
	}
	if p.Settings.ClickHouse == name {
		users = append(users, "settings")
	}
	return users
}
