package connection

import (
	"github.com/longshore/longshore/internal/alert"
	channels "github.com/longshore/longshore/internal/alert/all"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Channel opens a channel of alerts. It holds nothing open.
func (o *Opener) Channel(c *def.Channel) (alert.Channel, error) {
	driver, err := channels.ByType(c.Type)
	if err != nil {
		return nil, err
	}
	cfg := alert.Config{Name: c.Name, Options: map[string]def.Secret{}}
	for option, value := range c.Options {
		if cfg.Options[option], err = value.Resolve(o.secrets.Lookup); err != nil {
			return nil, fault.New(fault.KindOf(err), "channel %s: %w", c.Name, err)
		}
	}
	return driver.Open(cfg)
}
