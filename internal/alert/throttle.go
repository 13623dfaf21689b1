package alert

import (
	"errors"
	"fmt"
	"time"
)

// ThrottledError says when a channel that was asked too much may be asked again.
type ThrottledError struct {
	After time.Duration
}

func (e *ThrottledError) Error() string { return fmt.Sprintf("try again after %s", e.After) }

// RetryAfter returns how long a channel asked to be left alone; zero if it
// didn't.
func RetryAfter(err error) time.Duration {
	var throttled *ThrottledError
	if errors.As(err, &throttled) {
		return throttled.After
	}
	return 0
}
