// Package alerttest is the conformance suite of alert channels. A driver passes
// it against a server on this machine that answers as the vendor's does.
package alerttest

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/pkg/fault"
)

var update = flag.Bool("update", false, "write the expected files anew")

// Answer is what a server is told to say.
type Answer int

// The answers.
const (
	Accept    Answer = iota
	Throttle         // not now, but in Wait, where the protocol can say so
	Break            // an error of the server
	Deny             // who are you
	Forbid           // you may not
	Misplaced        // there is no such receiver
	Hang             // nothing, until the caller goes
)

// Wait is how long a server that throttles asks to be left alone.
const Wait = 17 * time.Second

// Server plays a vendor. It quotes what it was sent in its refusals, as far as
// the protocol lets it.
type Server interface {
	// Endpoint is the address for alert.Config.
	Endpoint() string
	// Say sets the answers from now on.
	Say(Answer)
	// Received is what came in and was accepted, one text each.
	Received() []string
}

// Case is a driver to test.
type Case struct {
	Driver alert.Driver
	// Options are those of a definition. Those in Secrets must never be shown.
	Options map[string]string
	Secrets []string
	Server  Server
	// Address is an option that holds the server's address; empty where
	// alert.Config's Endpoint does.
	Address string
	// Wait is set where the protocol can say how long to wait.
	Wait bool
}

// Run tests a driver.
func Run(t *testing.T, c Case) {
	t.Helper()
	t.Run("payloads", c.testPayloads)
	t.Run("refusals", c.testRefusals)
	t.Run("timeout", c.testTimeout)
	t.Run("canceled", c.testCanceled)
	t.Run("unreachable", c.testUnreachable)
	t.Run("empty options", c.testEmptyOptions)
	t.Run("long text", c.testLongText)
}

// Messages are one of each shape; one is the recovery from the first, one its reminder.
func Messages() map[string]alert.Message {
	at := time.Date(2024, 5, 1, 6, 30, 5, 0, time.UTC)
	failed := alert.Message{
		Dedup: "sync/orders/failed/01HWS5XTA80000000000000000", Project: "shop", When: "failed",
		Subject: ledger.Subject{Kind: ledger.Export, Name: "orders"},
		Text:    `sync orders failed: connection db: column "näme" <id> & co`, Run: "01HWS5XTA80000000000000000", At: at,
	}
	over := failed
	over.Resolved, over.Text, over.Run, over.At = true, "sync orders succeeded again", "01HWS99AQ80000000000000001", at.Add(time.Hour)
	stale := alert.Message{
		Dedup: "datasource/events/freshness-24h/01HWS5XTA80000000000000002", When: "freshness",
		Subject: ledger.Subject{Kind: ledger.Ingest, Name: "events"},
		Text:    "datasource events has had no successful run for 25h,\r\nmore than 24h", At: at,
	}
	reminder := failed
	reminder.Repeat, reminder.Text, reminder.At = "01HWSKXZ280000000000000003", "still: "+failed.Text, at.Add(2*time.Hour)
	return map[string]alert.Message{"failed": failed, "recovered": over, "stale": stale, "reminder": reminder}
}

func (c Case) config(endpoint string) alert.Config {
	cfg := alert.Config{Name: "ops", Options: map[string]def.Secret{}, Endpoint: endpoint, Timeout: 20 * time.Second}
	for name, value := range c.Options {
		cfg.Options[name] = def.NewSecret(value)
	}
	if c.Address != "" {
		cfg.Endpoint = ""
		cfg.Options[c.Address] = def.NewSecret(endpoint + c.Options[c.Address])
	}
	return cfg
}

func (c Case) open(t *testing.T, cfg alert.Config) alert.Channel {
	t.Helper()
	channel, err := c.Driver.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// testPayloads compares what each receiver gets with the file of the message.
func (c Case) testPayloads(t *testing.T) {
	channel := c.open(t, c.config(c.Server.Endpoint()))
	for name, m := range Messages() {
		before := len(c.Server.Received())
		for _, to := range channel.Receivers() {
			if err := channel.Send(t.Context(), to, m); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		got := strings.Join(c.Server.Received()[before:], "\n--\n")
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// testRefusals wants each refusal to have its kind, and the channel to work
// again afterwards.
func (c Case) testRefusals(t *testing.T) {
	channel := c.open(t, c.config(c.Server.Endpoint()))
	for _, tt := range []struct {
		name   string
		answer Answer
		want   fault.Kind
	}{
		{"throttled", Throttle, fault.Throttled},
		{"broken", Break, fault.Temporary},
		{"denied", Deny, fault.Denied},
		{"forbidden", Forbid, fault.Denied},
		{"misplaced", Misplaced, fault.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.Server.Say(tt.answer)
			defer c.Server.Say(Accept)
			err := channel.Send(t.Context(), channel.Receivers()[0], Messages()["failed"])
			c.refused(t, err, tt.want)
			wait := alert.RetryAfter(err)
			if throttled := tt.answer == Throttle; throttled != (wait > 0) || throttled && c.Wait && wait != Wait {
				t.Errorf("got a wait of %s", wait)
			}
		})
	}
	if err := channel.Send(t.Context(), channel.Receivers()[0], Messages()["failed"]); err != nil {
		t.Errorf("after the refusals: %v", err)
	}
}

// refused wants an error of a kind that names the channel and no secret.
func (c Case) refused(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Fatalf("got %v, want kind %s", err, want)
	}
	t.Log(err)
	if !strings.Contains(err.Error(), "channel ops") || strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("got %q, want the channel's name, and one line", err)
	}
	for _, secret := range c.Secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows %q", err, secret)
		}
	}
}

func (c Case) testTimeout(t *testing.T) {
	cfg := c.config(c.Server.Endpoint())
	cfg.Timeout = 50 * time.Millisecond
	channel := c.open(t, cfg)
	c.Server.Say(Hang)
	defer c.Server.Say(Accept)
	c.refused(t, channel.Send(t.Context(), channel.Receivers()[0], Messages()["failed"]), fault.Temporary)
}

func (c Case) testCanceled(t *testing.T) {
	channel := c.open(t, c.config(c.Server.Endpoint()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.refused(t, channel.Send(ctx, channel.Receivers()[0], Messages()["failed"]), fault.Canceled)
}

func (c Case) testUnreachable(t *testing.T) {
	closed := "127.0.0.1:1" // a port that only root's own servers have
	if strings.HasPrefix(c.Server.Endpoint(), "http") {
		closed = "http://" + closed
	}
	channel := c.open(t, c.config(closed))
	c.refused(t, channel.Send(t.Context(), channel.Receivers()[0], Messages()["failed"]), fault.Temporary)
}

// testEmptyOptions wants a required option whose secret is empty to be named.
func (c Case) testEmptyOptions(t *testing.T) {
	cfg := c.config(c.Server.Endpoint())
	empty := 0
	for option := range cfg.Options {
		without := c.config(c.Server.Endpoint())
		delete(without.Options, option)
		if _, err := c.Driver.Open(without); err != nil {
			empty++
			c.refused(t, err, fault.Invalid)
		}
	}
	if empty == 0 {
		t.Error("the driver works without any option")
	}
}

// testLongText wants texts cut, not refused, and never within a character.
func (c Case) testLongText(t *testing.T) {
	channel := c.open(t, c.config(c.Server.Endpoint()))
	m := Messages()["failed"]
	limit := c.Driver.Traits().MaxText
	m.Text = strings.Repeat("x", 2*limit) + "\xff the end"
	before := len(c.Server.Received())
	if err := channel.Send(t.Context(), channel.Receivers()[0], m); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(c.Server.Received()[before], "=\n", "") // soft line breaks; a subject line has some, too
	if n := strings.Count(got, "x"); n > limit+200 || n < limit-50 || strings.Contains(got, "the end") {
		t.Errorf("got %d letters, want about %d", n, limit)
	}
}
