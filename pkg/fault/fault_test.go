package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/longshore/longshore/pkg/fault"
)

func TestKindOf(t *testing.T) {
	denied := fault.New(fault.Denied, "put object: %w", io.ErrClosedPipe)
	tests := []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"nil", nil, fault.Unknown},
		{"plain", io.EOF, fault.Unknown},
		{"fault", denied, fault.Denied},
		{"wrapped by fmt", fmt.Errorf("export: %w", denied), fault.Denied},
		{"outer kind wins", fault.New(fault.Invalid, "row: %w", denied), fault.Invalid},
		{"remedy keeps the kind", fault.WithRemedy(denied, "grant it"), fault.Denied},
		{"joined", errors.Join(io.EOF, denied), fault.Denied},
		{"canceled", fmt.Errorf("read: %w", context.Canceled), fault.Canceled},
		{"deadline", context.DeadlineExceeded, fault.Temporary},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.KindOf(tt.err); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	err := fault.New(fault.Denied, "put %s: %w", "a.csv", io.ErrClosedPipe)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Error("the wrapped error is lost")
	}
	got := fault.WithRemedy(err, "grant %s", "s3:PutObject").Error()
	want := "put a.csv: io: read/write on closed pipe; grant s3:PutObject"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if fault.WithRemedy(nil, "nothing") != nil {
		t.Error("a remedy made an error of nil")
	}
}

func TestKindNamesRoundTrip(t *testing.T) {
	for k := fault.Unknown; k <= fault.Canceled; k++ {
		if got := fault.ParseKind(k.String()); got != k {
			t.Errorf("got %v, want %v", got, k)
		}
	}
}
