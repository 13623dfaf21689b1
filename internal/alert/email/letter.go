package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"github.com/longshore/longshore/internal/alert"
)

// maxSubject is the most characters of a subject line.
const maxSubject = 150

// letter is a message as it goes over the wire. It is the same each time, and so
// is its Message-ID; a recovery replies to its message, and so does a reminder.
func (c channel) letter(to string, m alert.Message) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", c.from.String())
	header("To", (&mail.Address{Address: to}).String())
	header("Subject", mime.QEncoding.Encode("utf-8", alert.Clip(alert.Headline(m), maxSubject)))
	header("Date", m.At.UTC().Format(time.RFC1123Z))
	header("Message-ID", c.messageID(m))
	if m.Resolved || m.Repeat != "" {
		began := m
		began.Resolved, began.Repeat = false, ""
		header("In-Reply-To", c.messageID(began))
		header("References", c.messageID(began))
	}
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	_, _ = body.Write([]byte(text(m))) // into memory
	_ = body.Close()
	return b.Bytes()
}

func text(m alert.Message) string {
	lines := []string{alert.Clip(alert.Headline(m), Driver{}.Traits().MaxText), "", "trigger  " + m.When, "status   " + alert.Status(m),
		"time     " + m.At.UTC().Format(time.RFC3339)}
	if m.Run != "" {
		lines = append(lines, "run      "+string(m.Run))
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func (c channel) messageID(m alert.Message) string {
	sum := sha256.Sum256([]byte(m.ID()))
	_, domain, _ := strings.Cut(c.from.Address, "@")
	return "<" + hex.EncodeToString(sum[:16]) + "@" + domain + ">"
}
