package s3

import (
	"strings"

	"github.com/longshore/longshore/pkg/fault"
)

// ParseURI splits s3://bucket/key. The key may be empty, and may be a pattern:
// nothing in it is unescaped.
func ParseURI(uri string) (bucket, key string, err error) {
	rest, found := strings.CutPrefix(uri, "s3://")
	if !found {
		return "", "", fault.New(fault.Invalid, "%q is not an S3 URI; write s3://bucket/key", uri)
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if bucket == "" {
		return "", "", fault.New(fault.Invalid, "%q names no bucket; write s3://bucket/key", uri)
	}
	return bucket, key, nil
}
