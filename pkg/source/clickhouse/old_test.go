package clickhouse

import (
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// TestOldServerIsRefused opens a server of 2018, which reads our queries wrong.
func TestOldServerIsRefused(t *testing.T) {
	_, err := Driver{}.Open(t.Context(), source.Config{Name: "shop", URL: "clickhouse://" + servertest.ClickHouse18(t)})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "18.16") {
		t.Errorf("got %v, want an old server refused", err)
	}
}

// TestWrongPassword is on a server that checks it.
func TestWrongPassword(t *testing.T) {
	_, err := Driver{}.Open(t.Context(), source.Config{
		Name: "shop", URL: "clickhouse://default:very-secret@" + servertest.ClickHouse18(t),
	})
	if !fault.Is(err, fault.Denied) || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("got %v of kind %v, want denied without the password", err, fault.KindOf(err))
	}
}

func TestClassify(t *testing.T) {
	for code, want := range map[int]fault.Kind{
		516: fault.Denied, 497: fault.Denied, 81: fault.NotFound, 60: fault.NotFound, 164: fault.Invalid, 62: fault.Invalid,
		153: fault.Invalid, 202: fault.Throttled, 241: fault.Temporary, 159: fault.Temporary, 394: fault.Temporary, 9999: fault.Unknown,
	} {
		if got, _ := classifyServer(proto.Error(code)); got != want {
			t.Errorf("%d: got %v, want %v", code, got, want)
		}
	}
}
