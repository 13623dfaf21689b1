// Package email sends messages by SMTP, encrypted wherever the server can.
package email

import (
	"net/mail"
	"strings"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/pkg/fault"
)

// Driver opens email channels. Options: host, port, user, password, from, to.
type Driver struct{}

// Traits implements alert.Driver.
func (Driver) Traits() alert.Traits { return alert.Traits{Type: def.Email, MaxText: 8000} }

// Open implements alert.Driver.
func (d Driver) Open(cfg alert.Config) (alert.Channel, error) {
	if err := cfg.Need("host", "from", "to"); err != nil {
		return nil, err
	}
	c := channel{cfg: cfg, host: cfg.Get("host"), port: cfg.Get("port")}
	if c.port == "" {
		c.port = "587"
	}
	from, err := mail.ParseAddress(cfg.Get("from"))
	if err != nil {
		return nil, fault.New(fault.Invalid, "channel %s: from is no address of email", cfg.Name) // err may quote it
	}
	to, err := mail.ParseAddressList(strings.Join(alert.List(cfg.Get("to")), ", "))
	if err != nil {
		return nil, fault.New(fault.Invalid, "channel %s: to is no list of addresses of email", cfg.Name)
	}
	c.from = *from
	for _, address := range to {
		c.to = append(c.to, address.Address)
	}
	return c, nil
}

type channel struct {
	cfg        alert.Config
	host, port string
	from       mail.Address
	to         []string
}

func (c channel) Receivers() []string { return c.to }
