package post

import (
	"encoding/base64"
	"net/url"
	"slices"
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

// secrets are the options as they may be quoted, long ones first: they may hold
// short ones.
func secrets(cfg alert.Config) []string {
	var all []string
	add := func(text string, shortest int) {
		if len(text) >= shortest {
			all = append(all, text, url.QueryEscape(text), url.PathEscape(text), base64.StdEncoding.EncodeToString([]byte(text)))
		}
	}
	if sid := cfg.Get("account_sid"); sid != "" {
		add(sid+":"+cfg.Get("auth_token"), 1)
	}
	if user := cfg.Get("user"); user != "" {
		add("\x00"+user+"\x00"+cfg.Get("password"), 1)
	}
	for _, option := range cfg.Options {
		text := option.Reveal()
		add(text, shortest)
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			add(u.RequestURI(), shortest)
			add(u.Hostname(), shortest)
			for _, piece := range strings.FieldsFunc(u.RequestURI(), func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
				add(piece, shortest)
			}
			password, _ := u.User.Password()
			add(password, 1)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
