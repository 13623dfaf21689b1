package servertest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// postgresPassword is the superuser's. A password is set so that tests can look for it where no secret may appear.
const postgresPassword = "postgres-test-secret"

// postgresFolders is where Debian keeps PostgreSQL's programs, which are not on PATH.
var postgresFolders = []string{"/usr/lib/postgresql/15/bin"}

var sharedPostgres = shared[string]{start: startPostgres}

// Postgres returns the URL of a fresh database on this test binary's PostgreSQL 15, as its superuser. The database
// is dropped at the end of the test.
func Postgres(t testing.TB) (url string) {
	t.Helper()
	admin := sharedPostgres.get(t, "PostgreSQL")
	name := "test_" + uniqueName()
	execPostgres(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { execPostgres(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	return withDatabase(admin, name)
}

// StartPostgres starts a PostgreSQL 15 for this test alone and returns the URL of its database "postgres".
func StartPostgres(t testing.TB) (url string, server *Server) {
	t.Helper()
	return own(t, "PostgreSQL", startPostgres)
}

func startPostgres() (string, *Server, error) {
	at, err := newSite("postgres", "postgres", postgresFolders...)
	if err != nil {
		return "", nil, err
	}
	owner, err := unprivileged("postgres")
	if err != nil {
		return "", nil, err
	}
	data, err := initPostgres(at.dir, owner)
	if err != nil {
		return "", nil, err
	}
	address := fmt.Sprintf("postgres://postgres:%s@%s/postgres?sslmode=disable", postgresPassword, at.addr)
	server := &Server{
		name:       "postgres",
		dir:        at.dir,
		stopSignal: syscall.SIGQUIT, // quick, and unlike SIGKILL it gives its shared memory back
		command: func() *exec.Cmd {
			cmd := exec.Command(at.program, "-D", data, "-p", strconv.Itoa(at.port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
				"-c", "fsync=off", "-c", "full_page_writes=off", // a killed process loses nothing, a power cut would
				"-c", "max_connections=200", "-c", "log_statement=none")
			cmd.Dir, cmd.SysProcAttr = at.dir, owner.attr()
			return cmd
		},
		ready: func(ctx context.Context) error {
			conn, err := pgx.Connect(ctx, address)
			if err != nil {
				return err
			}
			return conn.Close(ctx)
		},
	}
	return address, server, server.start(context.Background())
}

// initPostgres makes the data folder, owned by the user that the server runs as.
func initPostgres(dir string, owner account) (data string, err error) {
	program, err := binary("initdb", postgresFolders...)
	if err != nil {
		return "", err
	}
	data = filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return "", err
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(postgresPassword), 0o600); err != nil {
		return "", err
	}
	for _, path := range []string{data, password} {
		if err := owner.own(path); err != nil {
			return "", err
		}
	}
	cmd := exec.Command(program, "-D", data, "-U", "postgres", "--pwfile", password, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = dir, owner.attr()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return data, nil
}

// account is a user to run a server as; the zero account is the current user.
type account struct{ uid, gid uint32 }

// unprivileged is the named user when we are root, for servers that refuse to be root, and else the current user.
func unprivileged(name string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	found, err := user.Lookup(name)
	if err != nil {
		return account{}, fmt.Errorf("%w: run `make setup`", err)
	}
	uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
	if errUID != nil || errGID != nil {
		return account{}, fmt.Errorf("user %s has the ids %q, %q", name, found.Uid, found.Gid)
	}
	return account{uint32(uid), uint32(gid)}, nil
}

func (a account) attr() *syscall.SysProcAttr {
	if a == (account{}) {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
}

func (a account) own(path string) error {
	if a == (account{}) {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

func execPostgres(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.Background() // t.Context has ended in clean-ups
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// withDatabase is a database URL with another database's name.
func withDatabase(address, name string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		panic(err) // the address is made in this package
	}
	parsed.Path = "/" + name
	return parsed.String()
}
