package s3

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/objstore"
)

// codes gives the kinds of the codes that stores answer with. Those that need
// more than a kind are in diagnoseAnswer.
var codes = map[string]fault.Kind{
	"BadDigest":                      fault.Temporary,
	"InternalError":                  fault.Temporary,
	"OperationAborted":               fault.Temporary,
	"ConditionalRequestConflict":     fault.Temporary,
	"RequestTimeout":                 fault.Temporary,
	"XAmzContentSHA256Mismatch":      fault.Temporary,
	"XAmzContentChecksumMismatch":    fault.Temporary,
	"XMinioStorageFull":              fault.Temporary,
	"SlowDown":                       fault.Throttled,
	"SlowDownRead":                   fault.Throttled,
	"SlowDownWrite":                  fault.Throttled,
	"ServiceUnavailable":             fault.Throttled,
	"TooManyRequests":                fault.Throttled,
	"RequestLimitExceeded":           fault.Throttled,
	"Throttling":                     fault.Throttled,
	"ThrottlingException":            fault.Throttled,
	"BandwidthLimitExceeded":         fault.Throttled,
	"AccountProblem":                 fault.Denied,
	"AllAccessDisabled":              fault.Denied,
	"InvalidObjectState":             fault.Denied, // archived: to be restored by its owner
	"QuotaExceeded":                  fault.Denied,
	"XMinioAdminBucketQuotaExceeded": fault.Denied,
	"NoSuchVersion":                  fault.NotFound,
	"PreconditionFailed":             fault.Conflict,
}

// keyCodes are the codes for keys that are wrong, as opposed to keys that may not.
var keyCodes = map[string]bool{
	"InvalidAccessKeyId": true, "SignatureDoesNotMatch": true, "InvalidToken": true, "InvalidTokenId": true,
	"XAdminUserNotFound": true, "ExpiredToken": true, "TokenRefreshRequired": true, "InvalidSecurity": true, "NotSignedUp": true,
}

func (b *Bucket) diagnoseAnswer(a action, err error) diagnosis {
	got := answered(err)
	d := diagnosis{kind: kindOf(got), text: got.text()}
	switch {
	case keyCodes[got.code]:
		d.kind, d.remedy = fault.Denied, "check S3_ACCESS_KEY and S3_SECRET"
	case got.code == "RequestTimeTooSkewed":
		d.kind, d.remedy = fault.Denied, "set this machine's clock"
	case got.code == "PermanentRedirect" || got.code == "TemporaryRedirect" || got.code == "IllegalLocationConstraintException" ||
		got.code == "AuthorizationHeaderMalformed" || got.status == http.StatusMovedPermanently || b.isElsewhere(got):
		return b.diagnoseRegion(got)
	case got.code == "InvalidPart" || got.code == "InvalidPartOrder":
		d.kind, d.is = fault.Conflict, objstore.ErrPieceChanged
	case got.code == "NoSuchUpload":
		d.kind, d.is = fault.NotFound, objstore.ErrNoUpload
	case got.code == "NoSuchBucket":
		d.kind, d.remedy = fault.NotFound, "create the bucket, or correct its name"
	case d.kind == fault.Conflict && a == getObject:
		d.kind, d.is = fault.NotFound, objstore.ErrChanged
		d.text = "the object was overwritten"
	case d.kind == fault.Denied && got.status == http.StatusForbidden && codes[got.code] == fault.Unknown:
		d.remedy = fmt.Sprintf("grant %s on %s", a.permission, a.resource(b.name))
	case d.kind == fault.Unknown:
		return b.diagnoseOther(err, got)
	}
	return d
}

// kindOf judges by the code and then by the status.
func kindOf(got answer) fault.Kind {
	if kind, ok := codes[got.code]; ok {
		return kind
	}
	switch got.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound, http.StatusGone:
		return fault.NotFound
	case http.StatusPreconditionFailed:
		return fault.Conflict
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return fault.Throttled
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusConflict:
		return fault.Temporary
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusLengthRequired, http.StatusRequestEntityTooLarge,
		http.StatusRequestedRangeNotSatisfiable, http.StatusNotImplemented:
		return fault.Invalid
	}
	return fault.Unknown
}

// isElsewhere recognizes a refusal because of the region where HEAD leaves no room
// for a code.
func (b *Bucket) isElsewhere(got answer) bool {
	region := got.header.Get("X-Amz-Bucket-Region")
	return got.status == http.StatusBadRequest && region != "" && region != b.region
}

func (b *Bucket) diagnoseRegion(got answer) diagnosis {
	d := diagnosis{kind: fault.Invalid, text: got.text(), remedy: "set S3_REGION to the bucket's region"}
	if region := got.header.Get("X-Amz-Bucket-Region"); region != "" {
		d.text = fmt.Sprintf("the bucket is in region %s, not in %s", region, b.region)
		d.remedy = "set S3_REGION to " + region
	}
	return d
}

// errNotS3 is an answer that says success and lacks what S3 always sends. The
// SDK takes any page for an empty answer.
var errNotS3 = errors.New("the answer is not S3's")

func (b *Bucket) diagnoseOther(err error, got answer) diagnosis {
	var garbled *smithy.DeserializationError
	if errors.Is(err, errNotS3) || errors.As(err, &garbled) && got.status != 0 {
		return diagnosis{
			kind: fault.Invalid, text: b.where() + " does not answer as S3 does",
			remedy: "set S3_ENDPOINT to the store's S3 API, not to its console",
		}
	}
	if got.code != "" || got.status != 0 {
		return diagnosis{kind: fault.Unknown, text: fmt.Sprintf("HTTP %d %s", got.status, got.text())}
	}
	return diagnosis{kind: fault.Unknown, text: err.Error()}
}
