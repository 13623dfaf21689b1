package clickhouse_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/longshore/longshore/internal/clickhouse"
	"github.com/longshore/longshore/internal/def"
	"github.com/longshore/longshore/internal/servertest"
	"github.com/longshore/longshore/pkg/fault"
)

// terminate puts TLS in front of a server. The certificate is for 127.0.0.1 and signs itself.
func terminate(t *testing.T, server string) (addr, certificate string) {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of its certificate
	t.Cleanup(lender.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			front, err := listener.Accept()
			if err != nil {
				return
			}
			go relay(front, server)
		}
	}()
	return listener.Addr().String(), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw}))
}

func relay(front net.Conn, server string) {
	defer front.Close()
	back, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(back, front)
		back.Close()
	}()
	_, _ = io.Copy(front, back)
}

func TestTLS(t *testing.T) {
	server := servertest.ClickHouse(t).Native
	database := servertest.ClickHouseDatabase(t, server)
	addr, certificate := terminate(t, server)
	tests := []struct {
		name string
		cfg  clickhouse.Config
		url  string // parameters
		want string // empty: it works
	}{
		{"verify", clickhouse.Config{TLS: "verify", CACert: certificate}, "", ""},
		{"URL", clickhouse.Config{CACert: certificate}, "?secure=true&compress=lz4", ""},
		{"require", clickhouse.Config{TLS: "require"}, "", ""},
		{"skip_verify", clickhouse.Config{}, "?secure=true&skip_verify=true", ""},
		{"unknown authority", clickhouse.Config{TLS: "verify"}, "", "set the connection's CA certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Name, tt.cfg.URL = "warehouse", def.NewSecret("clickhouse://default@"+addr+"/"+database+tt.url)
			c, err := clickhouse.Open(tt.cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			if tt.want != "" {
				both(t, c, func(err error) { wantFault(t, err, fault.Invalid, addr, tt.want) })
				return
			}
			exec(t, c, numbersTable)
			if err := c.Append(t.Context(), clickhouse.Insert{Table: "numbers", Block: numbers(0, 50_000)}); err != nil {
				t.Fatal(err)
			}
			if err := stream(t.Context(), c, clickhouse.Insert{Table: "numbers"}, numbers(0, 50_000), numbers(0, 50_000)); err != nil {
				t.Fatal(err)
			}
			if got := line(t, c, "SELECT toString(count()) FROM numbers"); got != "150000" {
				t.Errorf("got %s rows, want 150000", got)
			}
			exec(t, c, "DROP TABLE numbers")
		})
	}
}

func TestPlainTextToTLS(t *testing.T) {
	addr, _ := terminate(t, servertest.ClickHouse(t).Native)
	both(t, client(t, "clickhouse://default@"+addr+"/default"), func(err error) {
		wantFault(t, err, fault.KindOf(err), "connection warehouse")
		if kind := fault.KindOf(err); kind == fault.Unknown {
			t.Errorf("got kind %v: %v", kind, err)
		}
	})
}
