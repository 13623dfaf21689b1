package email_test

import (
	"encoding/base64"
	"testing"

	"github.com/longshore/longshore/internal/alert/alerttest"
	"github.com/longshore/longshore/internal/alert/email"
)

func TestConformance(t *testing.T) {
	const user, password = "mailer", "mail-password-4711"
	alerttest.Run(t, alerttest.Case{
		Driver: email.Driver{},
		Options: map[string]string{
			"host": "127.0.0.1", "user": user, "password": password,
			"from": "Longshore <longshore@example.com>", "to": "ann@example.com, Bob <bob@example.com>",
		},
		Secrets: []string{password, base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))},
		Server:  alerttest.NewSMTP(t),
	})
}
