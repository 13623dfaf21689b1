package s3_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
	"github.com/longshore/longshore/pkg/objstore/s3"
)

// at is a bucket at an endpoint that isn't a real store.
func at(endpoint string) s3.Config {
	return s3.Config{
		Name: "lake", Bucket: "shop", Region: "us-east-1", Endpoint: endpoint, PathStyle: true,
		AccessKey: "key", SecretKey: s3.NewSecret("hush-hush"), MaxAttempts: 1,
	}
}

// answer is a server that answers what AWS documents and no store at hand can be brought to.
func answer(t *testing.T, status int, header map[string]string, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAnswersOfAWS(t *testing.T) {
	elsewhere := map[string]string{"X-Amz-Bucket-Region": "eu-west-1"}
	tests := []struct {
		name   string
		status int
		header map[string]string
		body   string
		kind   fault.Kind
		texts  []string
	}{
		{"slow down", 503, nil, xml("SlowDown", "Please reduce your request rate."), fault.Throttled, []string{"SlowDown: Please reduce"}},
		{"unavailable", 503, nil, "", fault.Throttled, nil},
		{"internal", 500, nil, xml("InternalError", "We encountered an internal error.\nPlease try again."), fault.Temporary, nil},
		{"gateway", 502, nil, "<html>bad gateway</html>", fault.Temporary, nil},
		{"redirect", 301, elsewhere, xml("PermanentRedirect", "The bucket must be addressed elsewhere."), fault.Invalid,
			[]string{"the bucket is in region eu-west-1, not in us-east-1", "set S3_REGION to eu-west-1"}},
		{"conflict", 409, nil, xml("ConditionalRequestConflict", "A conflicting operation is under way."), fault.Temporary, nil},
		{"expired", 400, nil, xml("ExpiredToken", "The provided token has expired."), fault.Denied, []string{"check S3_ACCESS_KEY"}},
		{"clock", 403, nil, xml("RequestTimeTooSkewed", "The difference is too large."), fault.Denied, []string{"clock"}},
		{"archived", 403, nil, xml("InvalidObjectState", "The object is archived."), fault.Denied, []string{"archived"}},
		{"full", 507, nil, xml("XMinioStorageFull", "Storage backend has reached its minimum free drive threshold."), fault.Temporary, nil},
		{"a console", 200, nil, "<!doctype html><title>MinIO Console</title>", fault.Invalid, []string{"does not answer as S3 does", "S3 API"}},
		{"a teapot", 418, nil, xml("Teapot", "short and stout"), fault.Unknown, []string{"HTTP 418", "Teapot: short and stout"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := open(t, at(answer(t, tt.status, tt.header, tt.body).URL))
			for _, err := range b.List(t.Context(), "in/", "") {
				wantFault(t, err, tt.kind, append(tt.texts, "connection lake: s3:ListBucket s3://shop/in/: ")...)
				if strings.Contains(err.Error(), "hush") {
					t.Errorf("the secret is in %q", err)
				}
				return
			}
			t.Error("got no error")
		})
	}
}

func xml(code, message string) string {
	return fmt.Sprintf("<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

func TestHeadNamesTheRegion(t *testing.T) {
	for _, status := range []int{301, 400} {
		b := open(t, at(answer(t, status, map[string]string{"X-Amz-Bucket-Region": "eu-west-1"}, "").URL))
		_, err := b.Head(t.Context(), "k")
		wantFault(t, err, fault.Invalid, "the bucket is in region eu-west-1", "set S3_REGION to eu-west-1")
	}
}

func TestAConsoleIsNoStore(t *testing.T) {
	b := open(t, at(answer(t, 200, nil, "<!doctype html><title>MinIO Console</title>").URL))
	_, _, err := b.Get(t.Context(), "k")
	wantFault(t, err, fault.Invalid, "does not answer as S3 does")
	_, err = b.Head(t.Context(), "k")
	wantFault(t, err, fault.Invalid, "does not answer as S3 does")
	_, err = b.Put(t.Context(), "k", nil, objstore.PutOptions{})
	wantFault(t, err, fault.Invalid, "does not answer as S3 does")
	_, err = b.CreateUpload(t.Context(), "k", objstore.PutOptions{})
	wantFault(t, err, fault.Invalid, "does not answer as S3 does")
	_, err = b.UploadPiece(t.Context(), "k", "id", 1, nil)
	wantFault(t, err, fault.Invalid, "does not answer as S3 does")
	_, err = b.CompleteUpload(t.Context(), "k", "id", nil, objstore.PutOptions{})
	wantFault(t, err, fault.Invalid, "does not answer as S3 does")
}

func TestRequestsAreRetried(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch requests.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, xml("ConditionalRequestConflict", "once more"))
		default:
			w.Header().Set("ETag", `"e"`)
		}
	}))
	t.Cleanup(server.Close)
	cfg := at(server.URL)
	cfg.MaxAttempts = 3
	o, err := open(t, cfg).Put(t.Context(), "k", []byte("x"), objstore.PutOptions{})
	if err != nil || o.ETag != "e" || requests.Load() != 3 {
		t.Errorf("got %+v %v after %d requests, want success at the third", o, err, requests.Load())
	}
}

func TestBodiesAreUnsignedWhereSafe(t *testing.T) {
	var hash, checksum string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		hash, checksum = r.Header.Get("X-Amz-Content-Sha256"), r.Header.Get("X-Amz-Sdk-Checksum-Algorithm")
	}))
	t.Cleanup(server.Close)
	if _, err := open(t, at(server.URL)).Put(t.Context(), "k", []byte("x"), objstore.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	if hash != "UNSIGNED-PAYLOAD" || checksum != "" {
		t.Errorf("got %q and %q, want no hash over loopback and no checksum", hash, checksum)
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + listener.Addr().String()
	listener.Close()
	_, err = open(t, at(endpoint)).Head(t.Context(), "k")
	wantFault(t, err, fault.Temporary, endpoint+" is unreachable", "connection refused", "check S3_ENDPOINT")
}

func TestNoSuchHost(t *testing.T) {
	_, err := open(t, at("http://no-such-host.invalid:9000")).Head(t.Context(), "k")
	if kind := fault.KindOf(err); kind != fault.NotFound && kind != fault.Temporary { // without a name server it is the latter
		t.Errorf("got %v: %v", kind, err)
	}
	wantFault(t, err, fault.KindOf(err), "no-such-host.invalid", "S3_ENDPOINT")
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"e"`)
	}))
	server.Config.ErrorLog = zap.NewStdLog(zap.NewNop()) // of handshakes that the client breaks off
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := open(t, at(server.URL)).Head(t.Context(), "k")
	wantFault(t, err, fault.Invalid, server.URL, "unknown authority", "set S3_CA_CERT")

	cfg := at(server.URL)
	cfg.CACert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	if _, err := open(t, cfg).Head(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	plain := answer(t, 200, nil, "")
	_, err = open(t, at(strings.Replace(plain.URL, "http:", "https:", 1))).Head(t.Context(), "k")
	wantFault(t, err, fault.Invalid, "begin S3_ENDPOINT with http://")
}

func TestNoCredentials(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	cfg := at("http://127.0.0.1:9")
	cfg.AccessKey, cfg.SecretKey = "", s3.Secret{}
	_, err := open(t, cfg).Head(t.Context(), "k")
	wantFault(t, err, fault.Denied, "no credentials", "set S3_ACCESS_KEY and S3_SECRET")
}

func TestDefaultChain(t *testing.T) {
	cfg := config(t)
	t.Setenv("AWS_ACCESS_KEY_ID", cfg.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "minio-owner-test-secret")
	cfg.AccessKey, cfg.SecretKey = "", s3.Secret{}
	if _, err := open(t, cfg).Put(t.Context(), "k", nil, objstore.PutOptions{}); err != nil {
		t.Error(err)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := open(t, at("http://127.0.0.1:9")).Head(ctx, "k")
	wantFault(t, err, fault.Canceled)
}
