package daemon

import (
	"context"
	"net/http"
	"net/http/pprof"

	"github.com/longshore/longshore/pkg/fault"
)

// profile serves Go's profiles, where that is asked for, until ctx ends.
func profile(ctx context.Context, cfg Config) error {
	if cfg.ProfileListen == "" {
		return nil
	}
	if !loopback(cfg.ProfileListen) {
		return fault.WithRemedy(fault.New(fault.Invalid, "LONGSHORE_PPROF_LISTEN is %s, which other machines reach, and profiles hold pieces of memory", cfg.ProfileListen),
			"write 127.0.0.1:6060, and forward the port to look from elsewhere")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return serve(ctx, cfg.ProfileListen, mux, cfg.ShutdownTimeout, nil)
}
