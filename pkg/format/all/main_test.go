package all_test

import (
	"testing"

	"github.com/longshore/longshore/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }
