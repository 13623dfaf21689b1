package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"go.uber.org/zap"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// guard lets in who bears the token. Without one it lets in who calls a
// loopback address by its name: so a page in the user's browser, whose own name
// was made to point here, stays out.
func (s *server) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, newProblem(http.StatusForbidden, fault.Denied, "a page of another site may not call this API"))
	}))
	return crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, Prefix+eventsPath): // which have tokens of their own
			next.ServeHTTP(w, r)
		case s.Token.IsZero() && !loopback(r.Host):
			writeProblem(w, newProblem(http.StatusForbidden, fault.Denied, "without a token this API answers on loopback addresses only; set LONGSHORE_API_TOKEN"))
		case !s.Token.IsZero() && !s.bears(r):
			w.Header().Set("WWW-Authenticate", `Bearer realm="longshore"`)
			writeProblem(w, newProblem(http.StatusUnauthorized, fault.Denied, "the bearer token is missing or wrong; send the one of LONGSHORE_API_TOKEN"))
		default:
			next.ServeHTTP(w, r)
		}
	}))
}

func (s *server) bears(r *http.Request) bool {
	return isBearer(r.Header.Get("Authorization"), s.Token)
}

// isBearer compares sums, so that neither content nor length is told by the time
// it takes.
func isBearer(authorization string, token def.Secret) bool {
	scheme, given, _ := strings.Cut(authorization, " ")
	want, got := sha256.Sum256([]byte(token.Reveal())), sha256.Sum256([]byte(strings.TrimSpace(given)))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// observe logs requests, and makes a 500 without details of a panic.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error("request panicked", zap.String("path", r.URL.Path), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
				if seen.Status() == 0 {
					writeProblem(seen, newProblem(http.StatusInternalServerError, fault.Unknown, "internal error; the producer's log says more"))
				}
			}
			if entry := s.Log.Check(zap.DebugLevel, "request"); entry != nil {
				entry.Write(zap.String("method", r.Method), zap.String("path", r.URL.Path), zap.Int("status", seen.Status()), zap.Duration("took", time.Since(start)))
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// secureHeaders keeps browsers from guessing, framing and storing.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
