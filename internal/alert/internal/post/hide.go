package post

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/longshore/longshore/internal/alert"
)

// shortest is the length from which a piece of an option is hidden. Shorter ones
// are words that occur anyway.
const shortest = 6

// Hide replaces what a text has of a channel's options: servers quote what they
// were sent.
func Hide(cfg alert.Config, text string) string {
	for _, secret := range secrets(cfg) {
		text = strings.ReplaceAll(text, secret, "**redacted**")
	}
	return text
}

// secrets are the options as they may be quoted, whole ones first.
func secrets(cfg alert.Config) []string {
	var whole, pieces []string
	add := func(to *[]string, text string, shortest int) {
		for _, form := range []string{text, url.QueryEscape(text), url.PathEscape(text), base64.StdEncoding.EncodeToString([]byte(text))} {
			if len(text) >= shortest {
				*to = append(*to, form)
			}
		}
	}
	if sid := cfg.Get("account_sid"); sid != "" {
		add(&whole, sid+":"+cfg.Get("auth_token"), 1)
	}
	if user := cfg.Get("user"); user != "" {
		add(&whole, "\x00"+user+"\x00"+cfg.Get("password"), 1)
	}
	for _, option := range cfg.Options {
		text := option.Reveal()
		add(&whole, text, 4)
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			add(&whole, u.RequestURI(), shortest)
			for _, piece := range strings.FieldsFunc(u.RequestURI(), func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
				add(&pieces, piece, shortest)
			}
			password, _ := u.User.Password()
			add(&pieces, password, 1)
		}
	}
	return append(whole, pieces...)
}
