package servertest

import (
	"fmt"
	"os"
	"sync/atomic"
)

var names atomic.Int64

// uniqueName is a word of lower-case letters and digits that no other test uses for a bucket or database.
func uniqueName() string { return fmt.Sprintf("p%dn%d", os.Getpid(), names.Add(1)) }
