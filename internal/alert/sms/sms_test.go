package sms_test

import (
	"encoding/base64"
	"testing"

	"github.com/longshore/longshore/internal/alert/alerttest"
	"github.com/longshore/longshore/internal/alert/sms"
)

func TestConformance(t *testing.T) {
	const sid, token = "AC00000000000000000000000000004711", "twilio-token-4711"
	alerttest.Run(t, alerttest.Case{
		Driver: sms.Driver{}, Wait: true,
		Options: map[string]string{"account_sid": sid, "auth_token": token, "from": "+15550100", "to": "+15550101, +15550102"},
		Secrets: []string{sid, token, base64.StdEncoding.EncodeToString([]byte(sid + ":" + token))},
		Server:  alerttest.NewHTTP(t, func(quote string) string { return `{"code": 20003, "message": "Authenticate ` + quote + `"}` }, "Authorization"),
	})
}
