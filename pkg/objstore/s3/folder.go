package s3

import (
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"
)

const (
	// folderTries is how often a write is made whose folder may have been removed
	// under it, and folderPause how long the first pause is; each is twice the one
	// before.
	folderTries = 5
	folderPause = 20 * time.Millisecond
)

// intoFolder makes an object visible. A store on a file system removes a folder
// with its last object, also while another object is put there: MinIO answers
// that with AccessDenied, versitygw with ExistingObjectIsDirectory. The same
// write works a moment later; where the grant is missing indeed, the answer stays.
func intoFolder[T any](ctx context.Context, write func() (T, error)) (out T, err error) {
	pause := folderPause
	for range folderTries - 1 {
		if out, err = write(); !folderGone(err) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, err
		case <-time.After(pause):
		}
		pause *= 2
	}
	return write()
}

func folderGone(err error) bool {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.ErrorCode() {
	case "AccessDenied", "ExistingObjectIsDirectory":
		return true
	}
	return false
}
