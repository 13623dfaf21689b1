package s3

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/longshore/longshore/pkg/fault"
)

const (
	// dialTimeout is for one address.
	dialTimeout = 10 * time.Second
	// silence is how long a store may send nothing before the connection counts
	// as broken. Completing an upload of 10,000 pieces takes the longest.
	silence = 2 * time.Minute
	// idleConns are kept for as many concurrent requests as a worker makes.
	idleConns = 128
	// bufferSize is for each connection's reads and writes, in bytes.
	bufferSize = 64 << 10
)

func transport(cfg Config) (*awshttp.BuildableClient, error) {
	roots, err := roots(cfg)
	if err != nil {
		return nil, err
	}
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, idleConns
			t.ReadBufferSize, t.WriteBufferSize = bufferSize, bufferSize
			// HTTP/2 would put all requests on one connection.
			t.ForceAttemptHTTP2 = false
			t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
			if roots != nil {
				t.TLSClientConfig.RootCAs = roots
			}
		}).
		WithReadTimeout(silence), nil
}

// roots returns the authorities to trust, or nil for the system's.
func roots(cfg Config) (*x509.CertPool, error) {
	if cfg.CACert == "" {
		return nil, nil
	}
	pem := []byte(cfg.CACert)
	if !strings.Contains(cfg.CACert, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(cfg.CACert); err != nil {
			return nil, fault.New(fault.Invalid, "connection %s: read S3_CA_CERT: %w", cfg.Name, err)
		}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "connection %s: S3_CA_CERT holds no certificate in PEM", cfg.Name)
	}
	return pool, nil
}
