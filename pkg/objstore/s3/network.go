package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/longshore/longshore/pkg/fault"
)

// where is what the store is called in errors.
func (b *Bucket) where() string {
	if b.endpoint == "" {
		return "S3 in " + b.region
	}
	return b.endpoint
}

// diagnoseNetwork judges errors of a request that got no answer.
func (b *Bucket) diagnoseNetwork(err error) (diagnosis, bool) {
	if d, ok := b.diagnoseTLS(err); ok {
		return d, true
	}
	var dns *net.DNSError
	var op *net.OpError
	var network net.Error
	var request *url.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return diagnosis{fault.NotFound, "there is no host " + dns.Name, "check S3_ENDPOINT; for a store without a host name per bucket set S3_PATH_STYLE true", nil}, true
	case errors.As(err, &op):
		return b.unreachable(op), true
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return diagnosis{kind: fault.Temporary, text: b.where() + " did not answer in time"}, true
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return diagnosis{kind: fault.Temporary, text: b.where() + " closed the connection"}, true
	case errors.As(err, &request):
		// Without the request's URL, which repeats the bucket and key.
		return b.unreachable(request.Err), true
	case errors.As(err, &network):
		return b.unreachable(network), true
	}
	return diagnosis{}, false
}

func (b *Bucket) unreachable(err error) diagnosis {
	d := diagnosis{kind: fault.Temporary, text: fmt.Sprintf("%s is unreachable: %v", b.where(), err)}
	if b.endpoint != "" {
		d.remedy = "check S3_ENDPOINT and that the store runs"
	}
	return d
}

// diagnoseTLS judges certificates and plain HTTP where TLS was meant.
func (b *Bucket) diagnoseTLS(err error) (diagnosis, bool) {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		alert    tls.AlertError
	)
	d := diagnosis{kind: fault.Invalid}
	switch {
	case errors.As(err, &unknown):
		d.text, d.remedy = unknown.Error(), "set S3_CA_CERT to the authority's certificate"
	case errors.As(err, &hostname):
		d.text, d.remedy = hostname.Error(), "set S3_ENDPOINT to a name in the certificate"
	case errors.As(err, &invalid):
		d.text, d.remedy = invalid.Error(), "renew the store's certificate"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		d.text, d.remedy = "the store does not speak TLS on this port", "begin S3_ENDPOINT with http://"
	case errors.As(err, &alert):
		d.text = "TLS: " + alert.Error()
	default:
		return diagnosis{}, false
	}
	d.text = b.where() + ": " + d.text
	return d, true
}

// diagnoseKeys judges why there are no keys.
func (b *Bucket) diagnoseKeys(err *credentialsError) diagnosis {
	what := "get credentials"
	remedy := "set S3_ACCESS_KEY and S3_SECRET, or give this process a role"
	if err.role != "" {
		what = "assume role " + err.role
		remedy = "check S3_ARN and S3_EXTERNAL_ID, and allow these keys sts:AssumeRole on it"
	}
	got := answered(err.err)
	if got.code != "" {
		d := diagnosis{kind: kindOf(got), text: what + ": " + got.text()}
		if !d.kind.Retryable() {
			d.kind, d.remedy = fault.Denied, remedy
		}
		return d
	}
	if d, ok := b.diagnoseNetwork(err.err); ok && !instanceMetadata(err.err) {
		d.text, d.remedy = fmt.Sprintf("%s: %v", what, rootCause(err.err)), ""
		return d
	}
	if err.role == "" {
		// The chain's own error lists whatever it tried.
		return diagnosis{kind: fault.Denied, text: "no credentials in environment, profile or instance", remedy: remedy}
	}
	return diagnosis{kind: fault.Denied, text: fmt.Sprintf("%s: %v", what, rootCause(err.err)), remedy: remedy}
}

// instanceMetadata reports whether the request was to the address where cloud
// machines find their role: elsewhere there is nobody.
func instanceMetadata(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) {
		return false
	}
	addr, ok := op.Addr.(*net.TCPAddr)
	return ok && addr.IP.IsLinkLocalUnicast()
}

// rootCause is the innermost error of a chain.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
