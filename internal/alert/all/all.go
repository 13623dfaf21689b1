// Package all is the list of channels that alerts can go to. A driver is in it
// or it doesn't exist: nothing registers itself.
package all

import (
	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/alert/email"
	"github.com/longshore/longshore/internal/alert/pagerduty"
	"github.com/longshore/longshore/internal/alert/slack"
	"github.com/longshore/longshore/internal/alert/sms"
	"github.com/longshore/longshore/internal/alert/webhook"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Drivers returns the drivers, in the order of the documentation.
func Drivers() []alert.Driver {
	return []alert.Driver{slack.Driver{}, pagerduty.Driver{}, sms.Driver{}, email.Driver{}, webhook.Driver{}}
}

// ByType returns the driver of a type of channel. The error is Invalid.
func ByType(t def.ChannelType) (alert.Driver, error) {
	for _, d := range Drivers() {
		if d.Traits().Type == t {
			return d, nil
		}
	}
	return nil, fault.New(fault.Invalid, "there is no channel of type %q", t)
}
