package all

import (
	"testing"

	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

func TestEachTypeHasADriver(t *testing.T) {
	types := []def.ChannelType{def.Slack, def.PagerDuty, def.SMS, def.Email, def.Webhook}
	for _, typ := range types {
		if d, err := ByType(typ); err != nil || d.Traits().Type != typ || d.Traits().MaxText == 0 {
			t.Errorf("%s: got %v, %v", typ, d, err)
		}
	}
	if len(Drivers()) != len(types) {
		t.Errorf("got %d drivers, want %d", len(Drivers()), len(types))
	}
	if _, err := ByType("pigeon"); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
}
