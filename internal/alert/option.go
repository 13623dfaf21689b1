package alert

import (
	"net/url"

	"github.com/longshore/longshore/pkg/fault"
)

// Need returns an Invalid error when one of the options is empty: its secret is
// there, but has no text.
func (c Config) Need(options ...string) error {
	for _, option := range options {
		if c.Get(option) == "" {
			return fault.WithRemedy(fault.New(fault.Invalid, "channel %s: %s is empty", c.Name, option), "give it a value, or its secret one")
		}
	}
	return nil
}

// URL returns the option url, which must be an http or https one.
func (c Config) URL() (string, error) {
	if err := c.Need("url"); err != nil {
		return "", err
	}
	u, err := url.Parse(c.Get("url"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" { // the text is a secret, and err quotes it
		return "", fault.WithRemedy(fault.New(fault.Invalid, "channel %s: url is not a URL", c.Name), "begin it with https://")
	}
	return u.String(), nil
}

// At returns the vendor's address, or that of a test.
func (c Config) At(vendor string) string {
	if c.Endpoint != "" {
		return c.Endpoint
	}
	return vendor
}
