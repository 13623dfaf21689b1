package daemon_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/longshore/longshore/internal/alert/alerttest"
	"github.com/longshore/longshore/internal/ledger"
	"github.com/longshore/longshore/internal/ledger/ledgertest"
	"github.com/longshore/longshore/internal/servertest"
)

// alerts has a failing sync of a project of its own tell each channel of the page
// about its failure and about its recovery. The producer is a process that talks
// to the vendors as it does in the world: by their names, with TLS, through a
// proxy, at whose end the vendors are played.
func (p *page) alerts() {
	p.t.Helper()
	refusal := func(quote string) string { return quote }
	slack, pagerduty, sms := alerttest.NewHTTP(p.t, refusal), alerttest.NewHTTP(p.t, refusal), alerttest.NewHTTP(p.t, refusal, "Authorization")
	email := alerttest.NewSMTP(p.t)
	proxy, authority := vendors(p.t, map[string]string{"events.pagerduty.com": pagerduty.Endpoint(), "api.twilio.com": sms.Endpoint()})
	s := p.in(p.t)
	s.state, s.redis = s.store.NewBucket(p.t), servertest.Redis(p.t)
	s.ledger = ledger.New(ledgertest.Bucket(p.t, s.store, s.state), "", nil)
	host, port, err := net.SplitHostPort(email.Endpoint())
	if err != nil {
		p.t.Fatal(err)
	}
	files := ordersProject("csv", "alerts/x.csv")
	files["longshore.yaml"] = fmt.Sprintf(`channels:
  slack: {type: slack, url: '%s/services/T0/B0/slack-token'}
  pagerduty: {type: pagerduty, routing_key: routing-key}
  sms: {type: sms, account_sid: AC00, auth_token: twilio-token, from: '+15550100', to: '+15550101'}
  email: {type: email, host: %s, port: %s, from: longshore@example.com, to: ops@example.com}
alerts:
  - {when: failed, to: [slack, pagerduty, sms, email]}
`, slack.Endpoint(), host, port)
	s.push(files)
	s.start("producer", "HTTPS_PROXY="+proxy, "SSL_CERT_FILE="+authority)
	s.work()
	failed := s.ended(s.trigger(ledger.Export, "orders"))
	s.settled(failed.Subject)
	exec1(p.t, s.postgres(), fmt.Sprintf(orders, 10))
	s.done(ledger.Export, "orders")
	s.settled(failed.Subject)
	for _, c := range []struct {
		name         string
		server       alerttest.Server
		fired, ended []string
	}{
		{"Slack", slack, []string{"POST /services/T0/B0/slack-token", "sync orders failed: ", string(failed.ID)}, []string{"sync orders succeeded again"}},
		{"PagerDuty", pagerduty, []string{"POST /v2/enqueue", "sync orders failed: ", `"routing_key":"routing-key"`, `"event_action":"trigger"`}, []string{`"event_action":"resolve"`}},
		{"SMS", sms, []string{"POST /2010-04-01/Accounts/AC00/Messages.json", "To=+15550101", "sync orders failed: "}, []string{"sync orders succeeded again"}},
		{"email", email, []string{"RCPT TO:<ops@example.com>", "sync orders failed: "}, []string{"sync orders succeeded again"}},
	} {
		p.sub("Sync alerts/"+c.name, func(p *page) {
			got := c.server.Received()
			if failed.State != ledger.Failed || len(got) != 2 {
				p.t.Fatalf("run is %s, and got messages %q, want a failure and one message each of it and of the recovery", failed.State, got)
			}
			p.says(got[0], c.fired)
			p.says(got[1], c.ended)
		})
	}
}

// says looks for words in a message, whatever encoding its channel has.
func (p *page) says(message string, words []string) {
	p.t.Helper()
	if form, err := url.QueryUnescape(message); err == nil && strings.Contains(message, "Body=") {
		message = strings.ReplaceAll(form, "To= ", "To=+")
	}
	message = strings.ReplaceAll(message, "=\n", "")
	for _, want := range words {
		if !strings.Contains(message, want) {
			p.t.Errorf("got %q, want %q", message, want)
		}
	}
}

// vendors are servers under the names of the world's, behind a proxy for HTTPS.
// The authority is a file with the certificate that they show.
func vendors(t *testing.T, at map[string]string) (proxy, authority string) {
	t.Helper()
	routes := map[string]http.Handler{}
	var names []string
	for name, address := range at {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		routes[name] = httputil.NewSingleHostReverseProxy(u)
		names = append(names, name)
	}
	world := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := routes[r.Host]; h != nil {
			h.ServeHTTP(w, r)
		} else {
			http.NotFound(w, r)
		}
	}))
	certificate, authority := signed(t, names)
	world.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	world.StartTLS()
	t.Cleanup(world.Close)
	tunnels := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tunnel(w, r, world.Listener.Addr().String()) }))
	t.Cleanup(tunnels.Close)
	return tunnels.URL, authority
}

// tunnel answers CONNECT.
func tunnel(w http.ResponseWriter, r *http.Request, to string) {
	out, err := net.Dial("tcp", to)
	if err != nil || r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer out.Close()
	in, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer in.Close()
	io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { io.Copy(out, in); out.Close() }()
	io.Copy(in, out)
}

// signed is a certificate for names that is its own authority, and a file of it.
func signed(t *testing.T, names []string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
