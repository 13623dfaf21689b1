package email

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/alert"
	"github.com/longshore/longshore/internal/alert/internal/post"
	"github.com/longshore/longshore/pkg/fault"
)

// tlsPort is where a connection begins with TLS rather than asking for it.
const tlsPort = "465"

// Send implements alert.Channel.
func (c channel) Send(ctx context.Context, to string, m alert.Message) error {
	limited, cancel := context.WithTimeout(ctx, c.cfg.Limit())
	defer cancel()
	err := c.send(limited, to, m)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fault.New(fault.Canceled, "channel %s: %w", c.cfg.Name, ctx.Err())
	case limited.Err() != nil:
		return fault.New(fault.Temporary, "channel %s: no answer within %s", c.cfg.Name, c.cfg.Limit())
	}
	return c.refused(err)
}

func (c channel) send(ctx context.Context, to string, m alert.Message) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // whatever is waited for then ends
	defer stop()
	client, err := smtp.NewClient(conn, c.host)
	if err != nil {
		conn.Close()
		return err
	}
	defer client.Close()
	if err := c.greet(client); err != nil {
		return err
	}
	if err := client.Mail(c.from.Address); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(c.letter(to, m)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // it has been accepted
	return nil
}

func (c channel) dial(ctx context.Context) (net.Conn, error) {
	address := c.cfg.At(net.JoinHostPort(c.host, c.port))
	if c.port == tlsPort {
		return (&tls.Dialer{Config: &tls.Config{ServerName: c.host}}).DialContext(ctx, "tcp", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// greet encrypts the connection if the server can, and logs in if there is a
// user. It doesn't say a password over a line that isn't encrypted.
func (c channel) greet(client *smtp.Client) error {
	if ok, _ := client.Extension("STARTTLS"); ok {
		if err := client.StartTLS(&tls.Config{ServerName: c.host}); err != nil {
			return err
		}
	}
	user := c.cfg.Get("user")
	if user == "" {
		return nil
	}
	if _, encrypted := client.TLSConnectionState(); !encrypted && !local(c.host) {
		return fault.WithRemedy(fault.New(fault.Denied, "the server doesn't encrypt, so the password is not sent"), "use its port with TLS")
	}
	return client.Auth(smtp.PlainAuth("", user, c.cfg.Get("password"), c.host))
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// refused sorts an error by the server's answer.
func (c channel) refused(err error) error {
	var known *fault.Error
	var answer *textproto.Error
	switch {
	case errors.As(err, &known):
		return fault.New(fault.KindOf(err), "channel %s: %w", c.cfg.Name, err)
	case !errors.As(err, &answer):
		return fault.New(fault.Temporary, "channel %s: %s", c.cfg.Name, alert.Clip(post.Hide(c.cfg, err.Error()), 200))
	}
	text := alert.Clip(post.Hide(c.cfg, answer.Msg), 200)
	kind := kindOf(answer)
	if kind == fault.Throttled {
		return fault.New(kind, "channel %s answers %d %s: %w", c.cfg.Name, answer.Code, text, &alert.ThrottledError{After: time.Minute})
	}
	err = fault.New(kind, "channel %s answers %d %s", c.cfg.Name, answer.Code, text)
	if kind == fault.Denied {
		return fault.WithRemedy(err, "check the channel's user and password")
	}
	return err
}

// kindOf reads the codes of RFC 5321 and RFC 4954, and the class 7 (policy) of
// RFC 3463's in the text.
func kindOf(answer *textproto.Error) fault.Kind {
	switch {
	case answer.Code/100 == 4 && strings.HasPrefix(answer.Msg, "4.7."):
		return fault.Throttled
	case answer.Code/100 == 4:
		return fault.Temporary
	case answer.Code == 530, answer.Code == 534, answer.Code == 535, answer.Code == 538, strings.HasPrefix(answer.Msg, "5.7."):
		return fault.Denied
	case answer.Code == 550, answer.Code == 551, answer.Code == 553:
		return fault.NotFound
	}
	return fault.Invalid
}
