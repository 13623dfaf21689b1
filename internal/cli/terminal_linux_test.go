package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/longshore/longshore/internal/cli"
	"github.com/longshore/longshore/internal/ledger"
)

// screen is a terminal: what a person sees and types, and the file that the
// command has.
type screen struct {
	person, command *os.File
	ear
}

// newScreen opens a terminal and listens to it.
func newScreen(t *testing.T) *screen {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 160}); err != nil {
		t.Fatal(err)
	}
	command, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{person: person, command: command}
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		_, _ = io.Copy(&s.ear, person) // ends with an error when the command's side closes
	}()
	t.Cleanup(func() {
		command.Close()
		<-listened
		person.Close()
	})
	return s
}

// answer waits for a question and types a line.
func (s *screen) answer(t *testing.T, question, line string) {
	t.Helper()
	s.hear(t, question)
	if _, err := s.person.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}

func TestCreateAsksAndDoesNotEcho(t *testing.T) {
	const secret = "hunter2-typed"
	dir, s := t.TempDir(), newScreen(t)
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), []string{"connection", "create", "shop-db", "--dir", dir}, s.command, s.command, s.command, options(nil))
	}()
	s.answer(t, "Type (", "postgres")
	s.answer(t, "POSTGRES_HOST", "db.example.com")
	s.answer(t, "POSTGRES_PORT", "")
	s.answer(t, "POSTGRES_DATABASE", "shop")
	s.answer(t, "POSTGRES_USER", "longshore")
	s.answer(t, "such as SHOP_DB_POSTGRES_PASSWORD", "=")
	s.answer(t, "(not shown): ", secret)
	s.answer(t, "POSTGRES_TLS", "")
	s.answer(t, "POSTGRES_CA_CERT", "")
	if code := <-ended; code != 0 {
		t.Errorf("got code %d: %s", code, s.String())
	}
	s.hear(t, "Next: longshore connection test shop-db")
	if strings.Contains(s.String(), secret) {
		t.Errorf("the secret was shown: %s", s.String())
	}
	got, err := os.ReadFile(filepath.Join(dir, "connections/shop-db.connection"))
	want := "TYPE postgres\nPOSTGRES_HOST db.example.com\nPOSTGRES_DATABASE shop\nPOSTGRES_USER longshore\nPOSTGRES_PASSWORD " + secret + "\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// On a terminal progress is a bar, which is gone when the run has ended.
func TestWaitShowsABar(t *testing.T) {
	s, api := newScreen(t), shop(t)
	run := api.Create(t, ledger.Export, "orders_daily")
	var stdout bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(t.Context(), []string{"run", "show", string(run.ID), "--wait"}, strings.NewReader(""), &stdout, s.command, options(reaching(api)))
	}()
	s.hear(t, "queued")
	api.Run(t, run.ID, 4)
	if err := api.Ledger.FinishPart(t.Context(), run.ID, 1, ledger.PartManifest{Part: 2, Totals: ledger.Totals{Rows: 2500, Bytes: 1 << 20}}); err != nil {
		t.Fatal(err)
	}
	s.hear(t, "1 of 4 parts, 2,500 rows, 1.0 MiB")
	s.hear(t, "=>")
	api.End(t, run.ID, ledger.Done, ledger.Totals{Rows: 10000}, nil)
	if code := <-ended; code != 0 || !strings.HasPrefix(stdout.String(), "done: 10,000 rows") {
		t.Errorf("got %d %s", code, stdout.String())
	}
}

// Colors are for terminals whose owner didn't ask for none.
func TestColor(t *testing.T) {
	api := shop(t)
	run := api.Create(t, ledger.Export, "orders_daily")
	api.End(t, run.ID, ledger.Done, ledger.Totals{}, nil)
	for _, test := range []struct {
		name, env string
		want      string
	}{{"terminal", "", "\x1b[32mdone\x1b[0m:"}, {"NO_COLOR", "1", "done:"}} {
		t.Run(test.name, func(t *testing.T) {
			s, env := newScreen(t), reaching(api)
			env["NO_COLOR"] = test.env
			if code := cli.Run(t.Context(), []string{"run", "show", string(run.ID), "--wait"}, strings.NewReader(""), s.command, io.Discard, options(env)); code != 0 {
				t.Errorf("got code %d", code)
			}
			s.hear(t, "written")
			if !strings.HasPrefix(s.String(), test.want) {
				t.Errorf("got %q, want %q", s.String(), test.want)
			}
		})
	}
}
