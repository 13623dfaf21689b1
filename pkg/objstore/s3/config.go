package s3

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// Config is a bucket and how to reach it. Only Bucket is required.
type Config struct {
	// Name is the connection's, for errors.
	Name string
	// Bucket is the bucket's name.
	Bucket string
	// Region is the bucket's. Empty means the one of the environment or profile;
	// with an Endpoint, us-east-1.
	Region string
	// Endpoint is the URL of a store that isn't AWS: http://127.0.0.1:9000.
	Endpoint string
	// PathStyle puts the bucket into the URL's path instead of its host name.
	PathStyle bool

	// AccessKey and SecretKey are an account's keys. Both empty means the AWS
	// default chain: environment, profile, web identity, container, instance.
	AccessKey string
	SecretKey Secret
	// SessionToken belongs to keys that expire.
	SessionToken Secret
	// RoleARN is a role to assume with the keys or the chain.
	RoleARN string
	// ExternalID is given when assuming RoleARN.
	ExternalID string

	// CACert signs the endpoint's certificate, beside the system's authorities:
	// PEM text, or the path of a PEM file.
	CACert string
	// MaxAttempts is how often a request is tried. Zero means 5.
	MaxAttempts int
	// PieceSHA256 makes UploadPiece compute the SHA-256 of each piece.
	PieceSHA256 bool
}

const (
	defaultAttempts = 5
	defaultRegion   = "us-east-1" // what stores that have no regions answer to
)

// check returns the first mistake in the configuration.
func (c Config) check() error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "connection %s: %s", c.Name, fmt.Sprintf(format, args...))
	}
	if c.Bucket == "" {
		return invalid("no bucket; set S3_BUCKET")
	}
	if strings.Contains(c.Bucket, "://") { // a signed one is left out, too
		return invalid("the bucket is a URL, not the name of a bucket; write the name alone, such as my-bucket")
	}
	if strings.ContainsAny(c.Bucket, "/ \t\n") {
		return invalid("bucket %q is not a bucket's name; write the name alone, such as my-bucket", c.Bucket)
	}
	if (c.AccessKey == "") != c.SecretKey.IsZero() {
		return invalid("S3_ACCESS_KEY and S3_SECRET go together; set both or none")
	}
	if c.Endpoint == "" {
		return nil
	}
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		// The text is left out: a mangled URL may hold a password.
		return invalid("the endpoint is not an http or https URL; set S3_ENDPOINT to one like https://minio.example.com:9000")
	case u.User != nil:
		return invalid("the endpoint holds credentials; move them to S3_ACCESS_KEY and S3_SECRET")
	}
	return nil
}

// trusted reports whether a request's body is safe on its way without a
// signature: TLS protects it, or it never leaves the machine.
func (c Config) trusted() bool {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme != "http" || u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}
